"""Undoing a content coding, so that what came compressed can be read; bounded, because a bomb is small on the wire."""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING

from capture.errors import CaptureError
from hashing.storage import read_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST = 32 << 20
"""Bytes of a page that are read for what it says; a larger one is kept all the same."""

_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15, "identity": 0, "": 0}
_PIECE = 1 << 18


class NotDecoded(CaptureError):
    """A body could not be decoded, or is larger than what is read."""


def read_decoded(path: Path, coding: str, largest: int = LARGEST) -> bytes:
    """Return a stored body without its content coding. Raises NotDecoded, Unreadable."""
    plain = bytearray()
    for piece in _decoded(path, coding):
        plain += piece
        if len(plain) > largest:
            raise NotDecoded(f"larger than {largest >> 20} MiB when decoded: not read further")
    return bytes(plain)


def decoded_sha256(path: Path, coding: str) -> str:
    """Return the SHA-256 in hexadecimal of a stored body without its content coding. Raises NotDecoded, Unreadable."""
    digest = hashlib.sha256()
    for piece in _decoded(path, coding):
        digest.update(piece)
    return digest.hexdigest()


def decoded_sample(sample: bytes, coding: str) -> bytes:
    """Return what the first bytes of a coded body begin with when decoded; the bytes as they are where nothing does."""
    bits = _WINDOW_BITS.get(coding.strip().lower(), 0)
    if not bits:
        return sample
    try:
        return zlib.decompressobj(bits).decompress(sample, len(sample))
    except zlib.error:
        return sample


def _decoded(path: Path, coding: str) -> Iterator[bytes]:
    """Yield a body a piece at a time; what follows the end of the coded data is no part of it, and is not read."""
    coding = coding.strip().lower()
    if coding not in _WINDOW_BITS:
        raise NotDecoded(f"coded as {coding[:40]}, which goldenhour does not decode")
    unpacker = zlib.decompressobj(_WINDOW_BITS[coding]) if _WINDOW_BITS[coding] else None
    try:
        with path.open("rb") as file:
            while not (unpacker and unpacker.eof) and (piece := file.read(_PIECE)):
                if unpacker is None:
                    yield piece
                    continue
                while plain := unpacker.decompress(piece, _PIECE):
                    yield plain
                    piece = unpacker.unconsumed_tail
    except OSError as error:
        raise read_error(path, error) from error
    except zlib.error as error:
        raise NotDecoded(f"not valid {coding} data") from error
