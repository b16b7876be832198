"""WARC/1.1 records (ISO 28500:2017): the form in which exchanges are kept, written by capture and read by verify.

Each record is a gzip member of its own, so that a file can be read from any record's offset. What is compressed
already (photos, video) is stored in its member without deflating it again.
"""

from __future__ import annotations

import hashlib
import re
import uuid
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO, TypeAlias

import msgspec

from hashing.errors import BadFormat

STORED = 0  # Deflate level for what is compressed already: measured at a thirtieth of the time of level 1.
# zlib's own default: beyond it text becomes hardly smaller, and takes much longer.
DEFLATED = 6

# Fields of our own in a response whose body stands in an item's file alone: its path in the capture, its SHA-256.
BODY_FILE, BODY_DIGEST = "Goldenhour-Body-File", "Goldenhour-Body-Digest"

RECORDED = "Goldenhour-Recorded"  # Another, in what our recorder did not take off the wire itself: how it was recorded.

_GZIP = 31  # zlib's window bits for a gzip wrapper
_CHUNK = 1 << 18
_FIRST_WINDOW = 1 << 10
_LONGEST_HEADER = 1 << 20
_ONCE = frozenset({
    "warc-type", "warc-record-id", "warc-target-uri", "warc-date", "content-length", "content-type", "warc-truncated",
    "warc-block-digest", "warc-payload-digest", BODY_FILE.lower(), BODY_DIGEST.lower(),
})  # fmt: skip
"""Fields that may not be repeated (ISO 28500:2017, section 5.1): one reader would take the first, another the last."""
_NAMES = {
    name: name.lower()
    for name in (
        "WARC-Type", "WARC-Record-ID", "WARC-Date", "WARC-Target-URI", "WARC-IP-Address", "WARC-Protocol",
        "WARC-Cipher-Suite", "WARC-Concurrent-To", "WARC-Truncated", "WARC-Block-Digest", "WARC-Payload-Digest",
        "Content-Type", "Content-Length", BODY_FILE, BODY_DIGEST,
    )
}  # fmt: skip
"""Fields as they are nearly always written, in lower case."""
_VERSIONS = {"WARC/1.1", "WARC/1.0"}  # Ours are of 1.1; what others hand over may be of 1.0, which is read alike.


def new_record_id() -> str:
    """Return a fresh WARC-Record-ID."""
    return f"<urn:uuid:{uuid.uuid4()}>"


def block_digest(block: Sequence[bytes | bytearray | memoryview]) -> str:
    """Return the SHA-256 of a block given in pieces, in hexadecimal."""
    digest = hashlib.sha256()
    for piece in block:
        digest.update(piece)
    return digest.hexdigest()


def encode_record(
    fields: Sequence[tuple[str, str]],
    block: Sequence[bytes | bytearray | memoryview],
    level: int = DEFLATED,
    *,
    sha256: str = "",
) -> bytes:
    """Return one record as a gzip member.

    `fields` are the named fields but Content-Length and WARC-Block-Digest, which are added here; `block` is the
    record's block in pieces, `sha256` its digest where the caller knows it already. A field's value cannot hold a
    line break: it would become another field.
    """
    named = [*fields, ("WARC-Block-Digest", f"sha256:{sha256 or block_digest(block)}")]
    return b"".join(stream_record(named, block, sum(map(len, block)), level))


def stream_record(
    fields: Sequence[tuple[str, str]], block: Iterable[bytes | bytearray | memoryview], length: int, level: int = STORED
) -> Iterator[bytes]:
    """Yield one record as a gzip member, a piece at a time, for a block that is too large for memory.

    `fields` are the named fields but Content-Length, which is the `length` of the block in bytes; a digest of the
    block is stated only where the caller knows it.
    """
    named = [*fields, ("Content-Length", str(length))]
    head = "".join(f"{name}: {' '.join(value.split())}\r\n" for name, value in named)
    packer = zlib.compressobj(level, zlib.DEFLATED, _GZIP)
    yield packer.compress(f"WARC/1.1\r\n{head}\r\n".encode())
    for piece in block:
        yield packer.compress(piece)
    yield packer.compress(b"\r\n\r\n") + packer.flush()


class WarcRecord(msgspec.Struct, frozen=True):
    """One record as read back: its gzip member from `offset` to `end`, its fields in lower case, its block's hash."""

    offset: int
    end: int
    fields: dict[str, str]
    size: int
    sha256: str

    @property
    def record_id(self) -> str:
        """The WARC-Record-ID."""
        return self.fields.get("warc-record-id", "")

    @property
    def claimed_sha256(self) -> str:
        """The block's digest as the record states it, in hexadecimal; "" where it states none."""
        return self.fields.get("warc-block-digest", "").removeprefix("sha256:")


# Told a record's fields, in lower case, it returns what is to see its block, piece by piece, or None.
Watch: TypeAlias = "Callable[[dict[str, str]], Callable[[bytes], object] | None]"


class _Members:
    """A file of gzip members as one stream of plain bytes that knows where each member begins."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._raw = b""
        self._used = 0  # Bytes of `_raw` that are unpacked.
        self._position = file.tell()
        self._unpacker = zlib.decompressobj(_GZIP)
        self._window = _FIRST_WINDOW
        self._plain = bytearray()

    @property
    def position(self) -> int:
        """Offset in the file of the next byte that has not been unpacked."""
        return self._position

    def begin(self) -> int | None:
        """Start the next member; return its offset, or None at the end of the file."""
        self._unpacker, self._window = zlib.decompressobj(_GZIP), _FIRST_WINDOW
        self._plain.clear()
        return self._position if self._fill() else None

    def read(self, wanted: int) -> bytes:
        """Return up to `wanted` plain bytes of this member; nothing at its end. Memory stays bounded."""
        while not self._plain and not self._unpacker.eof:
            if not self._fill():
                raise BadFormat(f"the record at offset {self._position} is cut off")
            window = self._raw[self._used : self._used + self._window]
            # zlib copies what stands behind a member: most are small, so it is shown more only as it goes on.
            self._window = min(self._window * 8, _CHUNK)
            try:
                self._plain += self._unpacker.decompress(window, _CHUNK)
            except zlib.error as error:
                raise BadFormat(f"not a gzip member at offset {self._position}: {error}") from error
            # Before the member's end only one of them is filled, at its end only the other.
            taken = len(window) - len(self._unpacker.unused_data or self._unpacker.unconsumed_tail)
            self._used += taken
            self._position += taken
        piece = bytes(self._plain[:wanted])
        del self._plain[:wanted]
        return piece

    def _fill(self) -> bool:
        """Say whether there is more to unpack, and have it at hand."""
        if self._used == len(self._raw):
            self._raw, self._used = self._file.read(_CHUNK), 0
        return bool(self._raw)


def read_records(file: BinaryIO, watch: Watch | None = None) -> Iterator[WarcRecord]:
    """Yield every record from where the file stands, hashing each block; `watch` may look at blocks on the way.

    Raises BadFormat at the first fault.
    """
    # 1. Head, block and the two empty lines behind it (section 4) all stand in one gzip member, read in pieces: a block
    # may have gigabytes.
    members = _Members(file)
    while (offset := members.begin()) is not None:
        fields, rest = _read_head(members, offset)
        size = _content_length(fields, offset)
        see = watch(fields) if watch is not None else None
        digest = hashlib.sha256(rest[:size])
        if see is not None:
            see(rest[:size])
        left = size - len(rest[:size])
        tail = rest[size:]
        while left:
            piece = members.read(min(left, _CHUNK))
            if not piece:
                raise BadFormat(f"the record at offset {offset} is shorter than it says")
            digest.update(piece)
            if see is not None:
                see(piece)
            left -= len(piece)
        # 2. Whatever stands in the member beyond the stated length would be seen by one reader and not by another.
        while piece := members.read(_CHUNK):
            tail += piece
            if len(tail) > len(b"\r\n\r\n"):
                break
        if tail != b"\r\n\r\n":
            raise BadFormat(f"the record at offset {offset} does not end as a record does")
        yield WarcRecord(offset, members.position, fields, size, digest.hexdigest())


def _read_head(members: _Members, offset: int) -> tuple[dict[str, str], bytes]:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = members.read(4096)
        if not piece or len(head) > _LONGEST_HEADER:
            raise BadFormat(f"the record at offset {offset} has no complete header")
        head += piece
    head, _, rest = head.partition(b"\r\n\r\n")
    text = head.decode("utf-8", "replace")
    if "\r\n " in text or "\r\n\t" in text:  # a line that begins with white space continues the one before it
        text = re.sub(r"\r\n[ \t]+", " ", text)
    first, *lines = text.split("\r\n")
    if first not in _VERSIONS:
        raise BadFormat(f"no WARC/1.1 record at offset {offset}")
    parts = [line.partition(":") for line in lines]
    fields = {_NAMES.get(name) or name.strip().lower(): value.strip() for name, _, value in parts}
    # Fewer names than lines: some field stands there twice. Only then is it worth asking which.
    if len(fields) < len(lines):
        _demand_once([line.partition(":")[0].strip().lower() for line in lines], offset)
    return fields, rest


def _demand_once(names: Sequence[str], offset: int) -> None:
    twice = [name for place, name in enumerate(names) if name in _ONCE and name in names[:place]]
    if twice:
        raise BadFormat(f"the record at offset {offset} has {twice[0]} twice")


def _content_length(fields: dict[str, str], offset: int) -> int:
    text = fields.get("content-length", "")
    if not (text.isascii() and text.isdigit() and len(text) < len("1" * 19)):
        raise BadFormat(f"the record at offset {offset} has no length")
    return int(text)


def check_records(file: BinaryIO) -> int:
    """Read a WARC to its end and return how many records it holds. Raises BadFormat for any that is not whole."""
    count = 0
    for record in read_records(file):
        if record.sha256 != record.claimed_sha256:
            raise BadFormat(f"the record at offset {record.offset} does not match its own digest")
        count += 1
    return count
