"""Bytes that faults serve, and that tests compute again to compare."""

from __future__ import annotations

import functools
import hashlib
import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1 << 20


@functools.cache
def pattern() -> bytes:
    """Return the 1 MiB that /big repeats: always the same, not compressible, no part of it like another."""
    return hashlib.shake_256(b"golden hour").digest(MIB)


def big_body(size: int) -> Iterator[bytes]:
    """Yield the body of `/big?bytes=SIZE`, in pieces."""
    for _ in range(size // MIB):
        yield pattern()
    if rest := size % MIB:
        yield pattern()[:rest]


def filler(size: int) -> bytes:
    """Return the body that the small faults send, or begin to send."""
    return pattern()[:size]


def png(seed: str) -> bytes:
    """Return a valid PNG of 16 by 16 pixels; another seed gives other bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    colour = hashlib.sha256(seed.encode("utf-8", "surrogateescape")).digest()[:3]
    rows = (b"\0" + colour * 16) * 16
    header = struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)  # 8 bits a sample, RGB
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@functools.cache
def gzip_bomb(mebibytes: int = 256) -> bytes:
    """Return a gzip stream of zeros: one member, some 1 KiB for each MiB; made without ever holding the zeros."""
    zeros = bytes(MIB)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    # After a full flush the stream owes nothing to what came before, so the same block can stand there many times.
    block = deflate.compress(zeros) + deflate.flush(zlib.Z_FULL_FLUSH)
    crc = 0
    for _ in range(mebibytes):
        crc = zlib.crc32(zeros, crc)
    trailer = struct.pack("<II", crc, (mebibytes * MIB) & 0xFFFFFFFF)
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + block * mebibytes + deflate.flush() + trailer
