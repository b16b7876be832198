"""The proof of a record: that an account's key signed a repository which holds it, or lacks it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hashing.atproto.car import read_car
from hashing.atproto.cid import Cid
from hashing.atproto.commit import Commit, read_commit
from hashing.atproto.errors import AtprotoError, Malformed, NotProven
from hashing.atproto.mst import find_record
from hashing.atproto.multikey import AtprotoKey, Curve

# https://atproto.com/specs/nsid and https://atproto.com/specs/record-key, with their longest lengths.
_COLLECTION = re.compile(r"(?=.{1,317}\Z)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+){2,}", re.ASCII)
_RECORD_KEY = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._:~-]{1,512}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordProof:
    """What a CAR file proves of one record. Look at `present` first: a proof of absence is a proof, too."""

    did: str
    collection: str
    rkey: str
    rev: str  # The revision of the repository, as it claims; a TID.
    commit_cid: str
    record_cid: str | None  # None where the repository has no such record.
    # The record's block, in DAG-CBOR, as signed; None where there is none. `record_as_json` reads it.
    record: bytes | None
    curve: Curve
    key: str  # The key that signed, as did:key.

    @property
    def present(self) -> bool:
        """Whether the repository holds the record. If not, it was deleted or never there: no proof tells which."""
        return self.record_cid is not None


def verify_record(car: bytes, *, did: str, key: str, collection: str, rkey: str) -> RecordProof:
    """Check the CAR file that `com.atproto.sync.getRecord` served for `at://did/collection/rkey`.

    `key` is the account's signing key, a did:key or a Multikey. Every block is hashed, the commit's signature checked,
    and the path through the tree followed to where the record is or would be.

    It does not prove when: the revision is the server's word, and an old proof stays valid after the record has gone.
    It does not prove who: as a rule the account's server holds the key, not its user. It does not prove that `key` is
    the account's: that is for `verify_plc_log` or `read_did_document`. Nor is the record read: `record_as_json` does
    that.

    Raises Malformed for bytes that are not what their format demands, NotProven where hash, signature, account or path
    do not match or a block of the path is missing.
    """
    path = _record_path(collection, rkey)
    public_key = AtprotoKey.parse(key)
    try:
        commit_cid, commit, record_cid, record = _follow(car, did, public_key, path)
    except AtprotoError as error:
        # The kind of error says whether bytes are malformed or something is not proven, and so stays.
        raise type(error)(f"at://{did}/{collection}/{rkey}: {error}") from error
    return RecordProof(
        did=did,
        collection=collection,
        rkey=rkey,
        rev=commit.rev,
        commit_cid=str(commit_cid),
        record_cid=None if record_cid is None else str(record_cid),
        record=record,
        curve=public_key.curve,
        key=public_key.did_key,
    )


def _follow(car: bytes, did: str, key: AtprotoKey, path: bytes) -> tuple[Cid, Commit, Cid | None, bytes | None]:
    # 1. The blocks, each under its own hash, so that a link leads to what was meant or to nothing.
    archive = read_car(car)
    if not archive.root.is_dag_cbor:
        raise Malformed(f"a commit is named by {archive.root}, which is not of the form that the AT Protocol uses")
    # 2. The commit: of this account, and signed with its key.
    commit = read_commit(archive.block(archive.root, "commit"))
    if commit.did != did:
        raise NotProven(f"the commit is one of {commit.did[:140]!r}, not of {did}")
    commit.verify(key)
    # 3. From the commit's root down the tree to where the record is, or would be.
    record_cid = find_record(archive, commit.data, path)
    return archive.root, commit, record_cid, None if record_cid is None else archive.block(record_cid, "record")


def _record_path(collection: str, rkey: str) -> bytes:
    if not _COLLECTION.fullmatch(collection):
        raise Malformed(f"{collection[:140]!r} is not the name of a collection")
    if not _RECORD_KEY.fullmatch(rkey):
        raise Malformed(f"{rkey[:140]!r} is not a record key")
    return f"{collection}/{rkey}".encode()
