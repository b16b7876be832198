"""Undoing the content coding of an item that is checked, never more than a piece at a time."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from exports.errors import NotCheckable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PIECE = 1 << 20
"""Bytes that are in memory at a time: a bomb is small on the wire."""

_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


def unpacked(pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """Yield a body without its content coding; "" is none. Raises NotCheckable."""
    if not coding:
        yield from pieces
        return
    if coding not in _WINDOW_BITS:
        raise NotCheckable(f"coded as {coding}: what is in it was not checked")
    unpacker = zlib.decompressobj(_WINDOW_BITS[coding])
    try:
        for piece in pieces:
            rest = b"" if unpacker.eof else piece  # what follows the end is no part of the body, and is not kept
            while plain := unpacker.decompress(rest, PIECE):
                yield plain
                rest = unpacker.unconsumed_tail
    except zlib.error as error:
        raise NotCheckable(f"not valid {coding} data") from error
