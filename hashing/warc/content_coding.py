"""Undoing a content coding (RFC 9110 section 8.4.1) a piece at a time: a bomb is small on the wire."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from hashing.errors import BadCoding, UnknownCoding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PIECE = 1 << 18
"""Bytes that are in memory at a time, coded and decoded."""

_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15, "identity": 0, "": 0}


def unpacker(coding: str) -> zlib._Decompress | None:
    """Return what undoes a coding, or None where there is nothing to undo. Raises UnknownCoding."""
    name = _name(coding)
    if name not in _WINDOW_BITS:
        raise UnknownCoding(f"coded as {name[:40]}")
    return zlib.decompressobj(_WINDOW_BITS[name]) if _WINDOW_BITS[name] else None


def unpacked(pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """Yield a body without its content coding. Raises BadCoding, UnknownCoding.

    What follows the end of the coded data is no part of the body: no further piece is taken then. That the data ends
    too early is no fault here, since a body that was cut off still says something.
    """
    undoing = unpacker(coding)
    if undoing is None:
        yield from pieces
        return
    try:
        for piece in pieces:
            rest = piece
            while plain := undoing.decompress(rest, PIECE):
                yield plain
                rest = undoing.unconsumed_tail
            if undoing.eof:
                return
    except zlib.error as error:
        raise BadCoding(f"not valid {_name(coding)} data") from error


def _name(coding: str) -> str:
    return coding.strip().lower()
