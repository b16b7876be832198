"""Comparing exchange files with the ledger: every record of a WARC is one that the ledger names, and says the same.

A file is read once, from its first byte to its last, a piece at a time. What is compared of each record: its place, its
block, its address and time, and of a response the status and the body, which must be the bytes that the exchange's
digest is of. A record that no exchange names is a fault; so is a byte between records or behind them.

What it does not show: header fields of a response are compared with nothing but the block's digest.
"""

from __future__ import annotations

import binascii
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

from exports.errors import NotCheckable, TooMuch
from exports.format.lookup import Lookup
from exports.format.tree import EvidenceTree
from exports.verification.check import Check, RecordsRead
from hashing.case.events import Exchange, Item, WarcPlace
from hashing.errors import BadFormat
from hashing.warc.http_block import HttpBlock
from hashing.warc.record import BODY_DIGEST, BODY_FILE, WarcRecord, read_records

# What WARC-Truncated says where no body came and more than is held was announced: nothing stands elsewhere either.
_TOO_LARGE = "length"
_CHAIN = "application/pem-certificate-chain"
_LARGEST_CHAIN = 1 << 20
_LONGEST_START = 1 << 16
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+)-----END CERTIFICATE-----\n")
_MOST_OF_CHAINS = 32 << 20  # Bytes of certificate chains that are kept of one capture: real ones have a few hundred.
_MOST_FAULTS = 100  # Faults of one file that are named.


class _RecordedExchange(msgspec.Struct, array_like=True, gc=False):
    """What the ledger says of an exchange."""

    number: int
    url: str
    method: str
    started: str
    status: int
    size: int
    sha256: bytes
    cut: bool
    close_delimited: bool
    body_file: str = ""  # The item's file that has the body.


class _Place(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where a record of an exchange must stand, and the digest of its block; -1 for a record that was moved."""

    number: int  # Among those of its file.
    offset: int
    block_sha256: bytes
    exchange: int
    request: bool


_encode = msgspec.json.Encoder().encode
_exchange = msgspec.json.Decoder(_RecordedExchange).decode
_place = msgspec.json.Decoder(_Place).decode


@dataclass(slots=True)
class RecordsSaid:
    """What a capture's ledger says of its exchange files; `add` takes each exchange, `close` each finished file.

    In a disclosure all records that are there were moved to the file `moved`.
    """

    moved: str = ""
    _exchanges: Lookup[int, bytes] = field(default_factory=lambda: Lookup(int))  # What is said of each, by number.
    # Where each of these stands there, by its WARC-Record-ID: known once they are read.
    offsets: dict[str, int] = field(default_factory=dict)
    _places: Lookup[str, bytes] = field(default_factory=lambda: Lookup(str))  # By file and record id.
    _files: Lookup[str, int] = field(default_factory=lambda: Lookup(str))  # How many places are in each.
    _counts: Lookup[str, int] = field(default_factory=lambda: Lookup(str))  # Records by finished file.
    _chains: set[tuple[str, ...]] = field(default_factory=set)
    _left: int = _MOST_OF_CHAINS

    def add(self, event: Exchange) -> None:
        """Take what an exchange's line says. Raises BadFormat for what is no digest."""
        if event.tls is not None and not self.moved and event.tls.chain not in self._chains:
            self._chains.add(event.tls.chain)
            self._left -= sum(map(sys.getsizeof, event.tls.chain))
            if self._left < 0:
                raise TooMuch("more certificate chains than goldenhour checks at once")
        said = _RecordedExchange(
            number=event.exchange,
            url=" ".join(event.url.split()),  # as a field of a record is written
            method=event.method,
            started=event.started,
            status=event.status,
            size=event.size,
            sha256=_digest(event.sha256),
            cut=bool(event.cut),
            close_delimited=event.close_delimited,
        )
        self._exchanges[event.exchange] = _encode(said)
        for place, request in ((event.warc, False), (event.request_warc, True)):
            if place is not None:
                self._add(place, event.exchange, request=request)

    def add_item(self, item: Item) -> None:
        """Take which file has the body of an exchange; an excerpt is the body of none."""
        if item.excerpt is None and item.size and (said := self.said(item.exchange)) is not None:
            said.body_file = item.path
            self._exchanges[item.exchange] = _encode(said)

    def body(self, exchange: int) -> tuple[str, int] | None:
        """Return SHA-256 and size of what an exchange brought; None where the ledger holds none of this number."""
        said = self.said(exchange)
        return (said.sha256.hex(), said.size) if said is not None else None

    def said(self, exchange: int) -> _RecordedExchange | None:
        """Return what the ledger says of an exchange."""
        found = self._exchanges.get(exchange)
        return _exchange(found) if found is not None else None

    def place(self, file: str, record: str) -> _Place | None:
        """Return where a record must stand; None where the ledger does not name it."""
        found = self._places.get(f"{_below(file)}{record}")
        return _place(found) if found is not None else None

    def places(self, file: str) -> Iterator[_Place]:
        """Yield where the records of a file must stand."""
        return (_place(found) for _, found in self._places.pairs(_below(file)))

    @property
    def on_disk(self) -> bool:
        """Whether there is so much that a copy of this process cannot look it up."""
        return any(each.on_disk for each in (self._exchanges, self._places, self._files, self._counts))

    def _add(self, place: WarcPlace, exchange: int, *, request: bool) -> None:
        file = self.moved or place.file
        key, number = f"{_below(file)}{place.record}", self._files.get(file, 0)
        if key in self._places:
            raise BadFormat(f"names the record {place.record[:60]} twice")
        offset = -1 if self.moved else place.offset
        self._places[key] = _encode(_Place(number, offset, _digest(place.block_sha256), exchange, request))
        self._files[file] = number + 1

    def close(self, path: str, records: int) -> None:
        """Take how many records a finished file has."""
        self._counts[path] = records

    def files(self, check: Check, prefix: str) -> list[_File]:
        """Return the exchange files of a capture that are here."""
        names = (name for of in (self._files, self._counts) for name in of if check.is_file(f"{prefix}{name}"))
        moved = [self.moved] if self.moved and check.is_file(f"{prefix}{self.moved}") else []
        return [
            _File(self, prefix, name, self._files.get(name, 0), self._chains, self._counts.get(name), self.moved)
            for name in sorted({*names, *moved})
        ]

    def read(self, tree: EvidenceTree, files: Sequence[_File]) -> RecordsRead:
        """Read these exchange files; return what is wrong, by file."""
        for file in files:
            file.read(tree)
            self.offsets |= file.offsets
        return RecordsRead(
            faults={file.name: file.told() for file in files if file.faults},
            unread={file.name: file.unread for file in files if file.unread},
        )


def _below(file: str) -> str:
    """Return what the keys of a file's records begin with, and those of no other, whatever a stranger calls a file."""
    return f"{len(file)}:{file}:"


def _digest(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise BadFormat(f"{text[:80]!r} is not a digest") from error


@dataclass(slots=True)
class _File:
    """One exchange file under check."""

    said: RecordsSaid
    prefix: str
    path: str
    wanted: int  # Records that the ledger names.
    chains: set[tuple[str, ...]]
    count: int | None  # Records, where the ledger counts them: it does as soon as the file is finished.
    moved: str
    faults: list[str] = field(default_factory=list)
    unread: str = ""
    _more: int = 0
    offsets: dict[str, int] = field(default_factory=dict)
    _seen: bytearray = field(default_factory=bytearray)  # Which of these were found, by their numbers.
    _place: _Place | None = None  # Where the record at hand must stand.
    _of: _RecordedExchange | None = None
    _block: _Block = field(init=False)

    @property
    def name(self) -> str:
        """The file's path in the tree."""
        return f"{self.prefix}{self.path}"

    def read(self, tree: EvidenceTree) -> None:
        """Read all records.

        A file that is not finished may be growing at this moment: there, what follows the last record that the ledger
        names is not looked at.
        """
        found, left = 0, self.wanted
        self._seen = bytearray(self.wanted)
        try:
            with tree.open(self.name) as file:
                for record in read_records(file, self._watch):
                    found += 1
                    for reason in self._faults(record):
                        self._note(f"the record at offset {record.offset} {reason}")
                    if self._place is not None:
                        left -= not self._seen[self._place.number]
                        self._seen[self._place.number] = 1
                        self.offsets |= {record.record_id: record.offset} if self.moved else {}
                    if self._growing and not left:
                        break
        except BadFormat as error:
            self._note(str(error))
            return
        except (NotCheckable, OSError) as error:
            self.unread = str(error)
            return
        for reason in self._missing():
            self._note(reason)
        if self.count not in {None, found}:
            self._note(f"holds {found} records, and the ledger counts {self.count}")

    @property
    def _growing(self) -> bool:
        """Whether the file is not finished, by the ledger."""
        return self.count is None and not self.moved

    def told(self) -> list[str]:
        """Return the faults in words."""
        return [*self.faults, *([f"{self._more} more faults of this kind"] if self._more else [])]

    def _note(self, reason: str) -> None:
        """Keep a fault in words, where there are no more already than can be read."""
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(reason)
        else:
            self._more += 1

    def _missing(self) -> Iterator[str]:
        for place in self.said.places(self.path) if 0 in self._seen else ():
            if not self._seen[place.number]:
                yield f"holds no record of exchange {place.exchange} ({'request' if place.request else 'answer'})"

    def _watch(self, fields: dict[str, str]) -> Callable[[bytes], object]:
        self._place = self.said.place(self.path, fields.get("warc-record-id", ""))
        self._of = self.said.said(self._place.exchange) if self._place is not None else None
        answer = self._of if self._place is not None and not self._place.request else None
        self._block = _Block(fields, answer, request=self._place is not None and self._place.request)
        return self._block.update

    def _faults(self, record: WarcRecord) -> Iterator[str]:
        if record.claimed_sha256 != record.sha256 and "warc-block-digest" in record.fields:
            yield "does not match its own digest"
        place, said = self._place, self._of
        if place is None or said is None or self._seen[place.number]:
            if reason := self._of_no_exchange(record):
                yield reason
            return
        fields = record.fields
        if place.offset not in {-1, record.offset} or record.sha256 != place.block_sha256.hex():
            yield f"is not what the ledger says of exchange {said.number}"
        if fields.get("warc-target-uri") != said.url:
            yield f"names another address than exchange {said.number}"
        if fields.get("warc-date") != said.started:
            yield f"names another time than exchange {said.number}"
        yield from self._block.faults(said, request=place.request, growing=self._growing)

    def _of_no_exchange(self, record: WarcRecord) -> str:
        """Say what is wrong with a record that no exchange names; "" for those that a file has besides."""
        if record.fields.get("warc-type") == "warcinfo" and record.offset == 0:
            return ""
        if record.fields.get("content-type") == _CHAIN and self._block.chain() in self.chains:
            return ""
        return "is of no exchange disclosed" if self.moved else "is of no exchange in the ledger"


class _Block:
    """Sees a record's block pass, and keeps of it what can be compared."""

    def __init__(self, fields: Mapping[str, str], answer: _RecordedExchange | None, *, request: bool) -> None:
        self._fields = fields
        self._start = bytearray()
        self._http: HttpBlock | None = None
        self._most = 0
        if answer is not None:
            self._http = HttpBlock(headless=fields.get("warc-type") == "resource", most=answer.size)
        elif request:
            self._most = _LONGEST_START
        elif fields.get("content-type") == _CHAIN:
            self._most = _LARGEST_CHAIN

    def update(self, piece: bytes) -> None:
        """Take the next bytes."""
        if self._http is not None:
            self._http.update(piece)
        elif len(self._start) < self._most:
            self._start += piece[: self._most - len(self._start)]

    def chain(self) -> tuple[str, ...]:
        """Return the SHA-256 of each certificate in a chain; nothing where the block holds anything else."""
        found = _CERTIFICATE.findall(self._start)
        if _CERTIFICATE.sub(b"", self._start):
            return ()
        try:
            return tuple(sha256(binascii.a2b_base64(each)).hexdigest() for each in found)
        except binascii.Error:
            return ()

    def faults(self, said: _RecordedExchange, *, request: bool, growing: bool) -> Iterator[str]:
        """Yield what in the block is not what the ledger says of the exchange."""
        kind = self._fields.get("warc-type")
        if request:
            if kind != "request" or not self._start.startswith(f"{said.method} ".encode()):
                yield f"is not the request of exchange {said.number}"
            return
        if kind not in {"response", "resource"} or self._http is None:
            yield f"is not the answer of exchange {said.number}"
            return
        if (status := self._http.status) not in {"", str(said.status)}:
            yield f"has the status {status}, and exchange {said.number} has {said.status}"
        claimed = self._fields.get("warc-payload-digest", "")
        if claimed and claimed != f"sha256:{said.sha256.hex()}":
            yield f"states another payload than exchange {said.number}"
        yield from self._body_faults(self._http, said, growing=growing)

    def _body_faults(self, http: HttpBlock, said: _RecordedExchange, *, growing: bool) -> Iterator[str]:
        """Yield what is wrong with the body, or with where the record says that it is."""
        file = self._fields.get(BODY_FILE.lower(), "")
        # The item's line follows that of its exchange: a power cut between the two leaves the first alone.
        if file != said.body_file and (said.body_file or not growing):
            yield f"says that its body is in {file[:200] or 'no file'}, the ledger: in {said.body_file or 'no file'}"
        if file and self._fields.get(BODY_DIGEST.lower()) != f"sha256:{said.sha256.hex()}":
            yield f"states another body than exchange {said.number}"
        if file or self._fields.get("warc-truncated") == _TOO_LARGE:
            if http.raw.size:
                yield "holds a body, and says that it is elsewhere"
            if said.size and not file:
                yield f"has no body, and no item has the one that exchange {said.number} brought"
        elif not any(self._is_body(said, *each) for each in self._readings(http)):
            yield f"does not hold the body that exchange {said.number} brought"

    def _readings(self, http: HttpBlock) -> Sequence[tuple[str, int, bool]]:
        """Return the ways to read the body: digest of its first bytes, size, and whether it ends where it says so.

        Where the head says that it comes in chunks it was read so as a rule, and as it stands where they are not valid.
        """
        plain = (http.raw.sha256, http.raw.size, not http.field("Content-Length"))
        chunks = http.chunks
        return [(chunks.body.sha256, chunks.body.size, chunks.ended), plain] if chunks is not None else [plain]

    def _is_body(self, said: _RecordedExchange, digest: str, size: int, exact: bool) -> bool:
        """Say whether a body begins with the bytes that the exchange brought.

        More may stand behind them where the reading was cut off, or where a server sends more than it announced.
        """
        whole = exact and said.close_delimited and not said.cut
        return digest == said.sha256.hex() and size >= said.size and (size == said.size or not whole)
