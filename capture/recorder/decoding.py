"""Undoing a content coding, so that what came compressed can be read; bounded, because a bomb is small on the wire."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from capture.errors import CaptureError
from hashing.errors import BadCoding, UnknownCoding
from hashing.warc.content_coding import PIECE, unpacked

LARGEST = 32 << 20  # Bytes of a page that are read for what it says; a larger one is kept all the same.
_GZIP_BEGINS, _MOST_UNSAID = b"\x1f\x8b\x08", 2


class NotDecoded(CaptureError):
    """A body could not be decoded, or is larger than what is read."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A body without its content coding, and whether the coded data ends before its own end."""

    data: bytes
    cut: bool


def decoded_body(file: BinaryIO, coding: str, largest: int = LARGEST) -> bytes:
    """Return what a file holds without its content coding. Raises NotDecoded."""
    return _joined(decoded_pieces(file, coding), largest)


def decoded_or_cut(file: BinaryIO, coding: str, largest: int = LARGEST) -> Decoded:
    """Return the same of a text, with a word on whether it is cut. Raises NotDecoded.

    No text begins as gzip does: such a body was packed once more than its head says.
    """
    cuts = list[bool]()
    data = _joined(decoded_pieces(file, coding, lambda: cuts.append(True)), largest)
    for _ in range(_MOST_UNSAID):
        if data.startswith(_GZIP_BEGINS):
            data = _joined(decoded_pieces(io.BytesIO(data), "gzip", lambda: cuts.append(True)), largest)
    return Decoded(data, bool(cuts))


def decoded_pieces(file: BinaryIO, coding: str, cut: Callable[[], None] = lambda: None) -> Iterator[bytes]:
    """Yield what a file holds without its content coding, a piece at a time. Raises NotDecoded."""
    file.seek(0)
    try:
        yield from unpacked(iter(lambda: file.read(PIECE), b""), coding, cut)
    except OSError as error:
        raise NotDecoded(f"the disk could not be read: {error.strerror}") from error
    except UnknownCoding as error:
        raise NotDecoded(f"{error}, which goldenhour does not decode") from error
    except BadCoding as error:
        raise NotDecoded(str(error)) from error


def decoded_sha256(file: BinaryIO, coding: str) -> tuple[str, str]:
    """Return the SHA-256 in hexadecimal of what a file holds without its content coding, or else why there is none."""
    digest, cuts = hashlib.sha256(), list[bool]()
    try:
        for piece in decoded_pieces(file, coding, lambda: cuts.append(True)):
            digest.update(piece)
    except NotDecoded as error:
        return "", str(error)
    return ("", f"its {coding} data ends inside") if cuts else (digest.hexdigest(), "")


def _joined(pieces: Iterable[bytes], largest: int) -> bytes:
    """Return pieces as one. Raises NotDecoded where they are larger than what is read."""
    plain = bytearray()
    for piece in pieces:
        plain += piece
        if len(plain) > largest:
            raise NotDecoded(f"larger than {largest >> 20} MiB when decoded: not read further")
    return bytes(plain)
