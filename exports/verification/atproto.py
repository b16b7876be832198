"""Checking signed proofs of the AT Protocol again, offline, from the captured files alone.

A proof holds where the identity leads to a key, that key signed the repository, the path through the repository leads
to the record (or shows that there is none), and the record as it was served says the same. It proves no time, and not
who held the key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from exports.errors import NotCheckable
from exports.format.unpacked import unpacked
from exports.verification.check import Check
from exports.verification.items import Items
from hashing.atproto import AtprotoError, blob_cid
from hashing.atproto.blob_url import promised_sha256
from hashing.atproto.record_proof import verify_record
from hashing.atproto.served import LARGEST_SERVED, AccountKey, check_served, read_account_key
from hashing.case.events import Item, ProofRead
from hashing.warc.content_coding import PIECE

_LIMITS = "checked offline; it proves no time, nor who held the key"


def check_proofs(check: Check, prefix: str, items: Items, proofs: Iterable[ProofRead]) -> None:
    """Check every proof of one capture, and every blob by the identifier that it was asked for by.

    A file that is not as it was sealed is left to the comparison of digests, which names it.
    """
    again = _Again(check, prefix, items)
    for event in proofs:
        again.check_proof(event)
    for item in items:
        again.check_blob(item)
    again.note()


class _Unavailable(Exception):
    """A file is missing or altered, which is said elsewhere."""


@dataclass(slots=True)
class _Again:
    """One capture's proofs under check: one proof, one list of records, and the accounts' keys in memory."""

    check: Check
    prefix: str
    items: Items
    keys: dict[tuple[str, str], AccountKey | AtprotoError] = field(default_factory=dict)
    listed: tuple[str, bytes] = ("", b"")
    held: int = 0
    lacked: int = 0
    unproven_keys: int = 0
    faulty: int = 0
    blobs: int = 0

    def check_proof(self, event: ProofRead) -> None:
        """Check one proof, and what the ledger says of it."""
        item = self.items.get(event.ref)
        if item is None:
            self.check.problem(f"{self.prefix}ledger.jsonl", f"a proof of {event.ref}, which the ledger does not hold")
            return
        name = f"{self.prefix}{item.path}"
        try:
            problem = self._fault(event, item)
        except _Unavailable:
            return
        except NotCheckable as error:
            self.check.unchecked(name, str(error))
            return
        if event.problem:
            self.faulty += 1
            if not problem:
                self.check.problem(name, "the proof holds, and the ledger says that it does not")
        elif problem:
            self.check.problem(name, f"the proof does not hold: {problem}")
        else:
            self.held += bool(event.record_cid)
            self.lacked += not event.record_cid

    def check_blob(self, item: Item) -> None:
        """Check a photo or video against the content identifier in its address."""
        promised = promised_sha256(item.url)
        if not promised or item.partial or item.error_page:
            return  # where a server sent something else, the capture says so
        name = f"{self.prefix}{item.path}"
        try:
            found = self._plain_sha256(item) if item.content_encoding else item.sha256
        except _Unavailable:
            return
        except NotCheckable as error:
            self.check.unchecked(name, str(error))
            return
        if found != promised:
            cid = blob_cid(promised)
            self.check.problem(name, f"not the file that {cid} names: the record's photo or video is another")
        else:
            self.blobs += 1

    def note(self) -> None:
        """Say what was proven, and what that means."""
        counted = (
            (self.held, "records proven", f"the account's key signed a repository that holds each: {_LIMITS}"),
            (self.lacked, "records proven absent", f"the account's key signed a repository without each: {_LIMITS}"),
            (self.unproven_keys, "proofs by a key that no log proves", "the word of the host of the DID document"),
            (self.blobs, "photos and videos proven", "each has the content identifier by which it was asked for"),
            (self.faulty, "signed proofs that did not hold when they were captured", "the ledger says why"),
        )
        where = f"{self.prefix.rstrip('/')}: " if self.prefix else ""
        for count, what, means in counted:
            if count:
                self.check.findings.notes.append(f"{where}{what}: {count:,} ({means})")

    def _fault(self, event: ProofRead, item: Item) -> str:
        """Return why a proof does not hold, or "". Raises _Unavailable, NotCheckable."""
        uri = f"at://{event.did}/{event.collection}/{event.rkey}"
        car = self._bytes(item)
        try:
            key = self._key(event)
            proof = verify_record(car, did=event.did, key=key.key, collection=event.collection, rkey=event.rkey)
            said = (key.key, proof.rev, proof.record_cid or "")
            if not event.problem and said != (event.key, event.rev, event.record_cid):
                return f"{uri}: the ledger names another key, revision or record"
            if event.post:
                check_served(proof, self._served(event))
        except AtprotoError as error:
            if type(error) is AtprotoError:  # the root itself: this computer lacks the means
                raise NotCheckable(str(error)) from error
            return str(error)
        self.unproven_keys += not (key.proven or event.problem)
        return ""

    def _key(self, event: ProofRead) -> AccountKey:
        """Return the account's key; each is proven once. Raises AtprotoError, _Unavailable, NotCheckable."""
        place = (event.identity, event.did)
        if place not in self.keys:
            data = self._bytes(self._item(event.identity, "the account's key"))
            try:
                self.keys[place] = read_account_key(data, did=event.did)
            except AtprotoError as error:
                self.keys[place] = error
        found = self.keys[place]
        if isinstance(found, AtprotoError):
            raise found
        return found

    def _served(self, event: ProofRead) -> bytes:
        """Return the record as it was served: an item, or the part of a list; a list is read once for all in it."""
        if self.listed[0] != event.post:
            self.listed = (event.post, self._bytes(self._item(event.post, "the record as served")))
        data = self.listed[1]
        return data[event.offset : event.offset + event.size] if event.size else data

    def _item(self, ref: str, what: str) -> Item:
        item = self.items.get(ref)
        if item is None:
            raise NotCheckable(f"{what} is in {ref or 'no item'}, which is not of this capture")
        return item

    def _bytes(self, item: Item) -> bytes:
        """Return an item without its content coding. Raises _Unavailable, NotCheckable."""
        data = bytearray()
        for piece in self._pieces(item):
            data += piece
            if len(data) > LARGEST_SERVED:
                raise NotCheckable(f"{item.path}: larger than {LARGEST_SERVED >> 20} MiB: its proof was not checked")
        return bytes(data)

    def _plain_sha256(self, item: Item) -> str:
        digest = hashlib.sha256()
        for piece in self._pieces(item):
            digest.update(piece)
        return digest.hexdigest()

    def _pieces(self, item: Item) -> Iterator[bytes]:
        """Yield an item without its content coding, a piece at a time.

        Raises _Unavailable where it is not there, or at its end where it is not as it was sealed; NotCheckable.
        """
        name, sealed = f"{self.prefix}{item.path}", hashlib.sha256()
        if not self.check.is_file(name):
            raise _Unavailable
        try:
            with self.check.tree.open(name) as file:
                pieces = _hashed(iter(lambda: file.read(PIECE), b""), sealed)
                yield from unpacked(pieces, item.content_encoding)
                for _ in pieces:  # behind the end of the coded data: no part of the body, and yet of what was sealed
                    pass
        except NotCheckable as error:
            raise NotCheckable(f"{item.path}: {error}") from error
        except OSError as error:
            raise _Unavailable from error
        if sealed.hexdigest() != item.sha256:
            raise _Unavailable


def _hashed(pieces: Iterable[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for piece in pieces:
        digest.update(piece)
        yield piece
