"""Reading WARC files that somebody hands in: each answer's body an item. Run this in the sandbox.

`hashing.warc` reads what goldenhour writes, and refuses all else; here any version is read, compressed or not.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import urlsplit

from hashing.case.facts import Fact
from hashing.errors import BadCoding, BadFormat
from hashing.warc.content_coding import unpacked
from hashing.warc.http_head import parse_head
from intelligence.intake.pieces import PIECE, Budget, HeldFile, PastBounds, Piece, plain, whole

_LARGEST = 64 << 20  # Bytes of a record that is held in memory; a larger one is named.
_LONGEST_HEAD = 1 << 18
_SHOWN = {"response", "resource"}


def warc_pieces(file: BinaryIO, size: int) -> Iterator[Piece]:
    """Yield the bodies of a WARC's answers and its resources, with the address and time that it claims for each."""
    budget = Budget(size)
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    opened: io.BufferedIOBase | BinaryIO = gzip.GzipFile(fileobj=file) if packed else file
    try:
        # Every byte is charged, also those that are skipped: a gzip of zeros is otherwise work without end.
        while (fields := _fields(opened)) is not None:
            length = _length(fields)
            wanted = fields.get("warc-type") in _SHOWN
            if wanted and length <= _LARGEST:
                budget.member()
                yield from _member(fields, budget.charge(_exactly(opened, length)))
            else:
                left = length
                while left:
                    left -= len(budget.charge(_exactly(opened, min(left, PIECE))))
                if wanted:
                    reason = f"larger than {_LARGEST >> 20} MiB: it stands in the archive alone"
                    yield Piece(failed=reason, name=plain(fields.get("warc-target-uri", "")))
    except PastBounds as error:
        yield Piece(failed=str(error))
    except (BadFormat, OSError, EOFError, ValueError, zlib.error) as error:
        yield Piece(failed=f"not a WARC that can be read to its end: {plain(str(error))[:200]}")


def _fields(opened: io.BufferedIOBase | BinaryIO) -> dict[str, str] | None:
    """Return the next record's fields, their names in lower case; None at the file's end. Raises BadFormat."""
    line = b"\r\n"
    while line.strip() == b"" and line:
        line = opened.readline(_LONGEST_HEAD)
    if not line:
        return None
    if not line.startswith(b"WARC/"):
        raise BadFormat("something else stands where a record must begin")
    fields, taken = dict[str, str](), 0
    while (line := opened.readline(_LONGEST_HEAD)).strip():
        taken += len(line)
        if taken > _LONGEST_HEAD:
            raise BadFormat("a record's head has no end")
        name, _, value = line.decode("utf-8", "replace").partition(":")
        fields[name.strip().lower()] = value.strip()
    return fields


def _length(fields: dict[str, str]) -> int:
    text = fields.get("content-length", "")
    if not (text.isascii() and text.isdigit() and len(text) < len("1" * 16)):
        raise BadFormat("a record without a length")
    return int(text)


def _exactly(opened: io.BufferedIOBase | BinaryIO, count: int) -> bytes:
    data = opened.read(count)
    if len(data) < count:
        raise BadFormat("it is cut off")
    return data


def _member(fields: dict[str, str], block: bytes) -> Iterator[Piece]:
    """Yield a record's body, without chunks and content coding as far as these can be undone."""
    url = plain(fields.get("warc-target-uri", "").strip("<>"))
    facts = [
        Fact("archived address", url, "WARC-Target-URI"),
        Fact("archived", fields.get("warc-date", "")[:40], "WARC-Date"),
    ]
    mime, body = fields.get("content-type", ""), block
    if fields.get("warc-type") == "response":
        head, _, body = block.partition(b"\r\n\r\n")
        try:
            answer = parse_head(head + b"\r\n\r\n")
        except BadFormat:
            yield Piece(failed="an answer without a head that can be read", name=url)
            return
        facts.append(Fact("archived status", answer.status, "WARC"))
        mime = answer.field("content-type")
        # Chunks first, coding second: the order in which a client undoes them (RFC 9112 section 7; RFC 9110 section
        # 8.4).
        if answer.framing().chunked:
            body = _without_chunks(body)
        if coding := answer.field("content-encoding"):
            try:
                body = b"".join(unpacked(iter([body]), coding))
            except BadCoding as error:
                facts.append(Fact("content coding", f"{coding[:50]}, not undone: {error}", "goldenhour"))
    if not body:
        yield Piece(skipped="an answer without a body", name=url)
        return
    name = _name_of(url)
    yield from whole(HeldFile(name=name, mime=mime[:200], facts=tuple(facts)), body)


def _name_of(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "page"
    return f"{parts.netloc}{parts.path}".rstrip("/") or "page"


def _without_chunks(body: bytes) -> bytes:
    """Return a chunked body without its chunks; as it is, where it is not in chunks."""
    out, place = bytearray(), 0
    while place < len(body):
        line, found, _ = body[place : place + 200].partition(b"\r\n")
        try:
            count = int(line.partition(b";")[0], 16)
        except ValueError:
            return body
        if not found or count < 0:
            return body
        place += len(line) + 2
        if count == 0:
            break
        out += body[place : place + count]
        place += count + 2
    return bytes(out)
