"""The block of a WARC's response record: an HTTP message as it came over the wire (RFC 9112), read once.

What a server sent as the body may stand there in chunks. Tools differ in what they call the payload of such a block:
the bytes as they stand there, or the body without its chunks. Both digests are taken here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from hashing.errors import BadFormat
from hashing.warc.http_head import parse_head, parse_status

# Servers end lines with LF alone; RFC 9112, section 2.2, has readers take it.
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_CHUNKED = re.compile(rb"chunked", re.IGNORECASE)
# A part that begins with a file's first byte: it may be all of it (RFC 9110, section 14.4).
_FROM_THE_FIRST = re.compile(r"bytes 0-[0-9]{1,18}/([0-9]{1,18})", re.ASCII)
_LONGEST_HEAD = 1 << 20
_LONGEST_LINE = 1 << 12


class HttpBlock:
    """Told a block piece by piece with `update`, it knows head, status and digests of what follows. Memory is bounded.

    A `resource` record has no head: with `headless` the whole block is the body. The digests are of the first `most`
    bytes, where that is given; the sizes are of all.
    """

    def __init__(self, *, headless: bool = False, most: int | None = None) -> None:
        self.head = b""
        self._most = most
        self.raw = _Digest(most)
        self._in_head = not headless
        self._chunks: _Chunks | None = None

    def update(self, piece: bytes) -> None:
        """Take the next bytes."""
        if self._in_head:
            piece = self._add_to_head(piece)
        if piece:
            self.raw.update(piece)
            if self._chunks is not None:
                self._chunks.update(piece)

    @property
    def body(self) -> _Digest:
        """The digest of the body without its chunks; where they are not valid, of what stands there."""
        whole = self._chunks is not None and self._chunks.ended
        return self._chunks.body if self._chunks is not None and whole else self.raw

    @property
    def chunked(self) -> bool:
        """Whether the head says that the body comes in chunks."""
        return self._chunks is not None

    @property
    def chunks(self) -> _Chunks | None:
        """The body as it comes out of its chunks; None where the head does not say that there are any."""
        return self._chunks

    @property
    def status(self) -> str:
        """The status of three digits; "" where the block does not begin as a response does."""
        try:
            return f"{parse_status(self.head):03d}"
        except BadFormat:
            return ""

    def is_piece(self, fields: Mapping[str, str]) -> bool:
        """Say whether there is more of it: a part of a file (RFC 9110, section 15.3.7), or a body that was cut.

        `fields` are those of its record.
        """
        found = _FROM_THE_FIRST.fullmatch(self.field("Content-Range").strip())
        is_part = self.status == "206" and (found is None or self.body.size != int(found[1]))
        return is_part or fields.get("warc-truncated") == "disconnect"

    def field(self, name: str) -> str:
        """Return a header field, values of several joined with commas; "" where there is none."""
        try:
            return parse_head(self.head).field(name)
        except BadFormat:
            return ""

    def _add_to_head(self, piece: bytes) -> bytes:
        """Add what belongs to the head; return what does not."""
        self.head += piece
        found = _HEAD_END.search(self.head)
        if found is None and len(self.head) <= _LONGEST_HEAD:
            return b""
        end = found.end() if found else 0  # without an end there is no head
        self.head, rest = self.head[:end], self.head[end:]
        self._in_head = False
        if _CHUNKED.search(self.head) and self._comes_in_chunks():
            self._chunks = _Chunks(self._most)
        return rest

    def _comes_in_chunks(self) -> bool:
        try:
            return parse_head(self.head).framing().chunked
        except BadFormat:
            return False


class _Digest:
    """SHA-256 of the bytes so far, or of the first `most` of them, and the number of all."""

    def __init__(self, most: int | None = None) -> None:
        self._sha256 = hashlib.sha256()
        self._most = most
        self.size = 0

    def update(self, piece: bytes | memoryview) -> None:
        """Take the next bytes."""
        if self._most is None or self.size + len(piece) <= self._most:
            self._sha256.update(piece)
        elif self.size < self._most:
            self._sha256.update(piece[: self._most - self.size])
        self.size += len(piece)

    @property
    def sha256(self) -> str:
        """The SHA-256 so far, in hexadecimal."""
        return self._sha256.hexdigest()


class _Chunks:
    """Takes chunked coding off (RFC 9112 section 7.1); `ended` once the last chunk has come."""

    def __init__(self, most: int | None = None) -> None:
        self.body = _Digest(most)
        self.ended = False
        self._line = b""
        self._left = 0
        self._broken = False

    def update(self, piece: bytes) -> None:
        """Take the next bytes."""
        rest = memoryview(piece)
        while rest and not (self.ended or self._broken):
            if self._left:
                part = rest[: self._left]
                self.body.update(part)
                self._left -= len(part)
                rest = rest[len(part) :]
            else:
                rest = self._size_line(rest)

    def _size_line(self, rest: memoryview) -> memoryview:
        """Read the bytes up to the end of a line with a size; the empty line before it ends the chunk before."""
        data = bytes(rest[:_LONGEST_LINE])
        end = data.find(b"\n")
        self._line += data if end < 0 else data[: end + 1]
        if end < 0:
            self._broken = len(self._line) > _LONGEST_LINE
            return rest[len(data) :]
        line, self._line = self._line.strip(), b""
        # RFC 9112 section 7.1: the size in hexadecimal, and extensions behind a semicolon that say nothing here.
        # Fifteen digits fit into 64 bits and are more than any file.
        if line:
            size = line.partition(b";")[0].strip()
            self._broken = not re.fullmatch(rb"[0-9a-fA-F]{1,15}", size)
            self._left = 0 if self._broken else int(size, 16)
            self.ended = not self._broken and self._left == 0
        return rest[end + 1 :]
