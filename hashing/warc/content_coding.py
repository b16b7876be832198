"""Undoing a content coding (RFC 9110 section 8.4.1) a piece at a time: a bomb is small on the wire."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator

from hashing.errors import BadCoding, UnknownCoding

PIECE = 1 << 18  # Bytes that are in memory at a time, coded and decoded.

_GZIP, _DEFLATE, _IDENTITY = "gzip", "deflate", "identity"
_NAMES = {
    "gzip": _GZIP, "x-gzip": _GZIP, "deflate": _DEFLATE,
    # Names of charsets, transfers and none at all, which browsers pass over, too.
    **dict.fromkeys(("identity", "", "none", "utf-8", "utf8", "binary", "8bit", "7bit", "aws-chunked"), _IDENTITY),
}  # fmt: skip
# zlib's codes: 16 + 15 is a gzip wrapper, 15 a zlib wrapper (RFC 1950), and -15 bare deflate (RFC 1951), which some
# servers send in its place.
_WINDOW_BITS = {_GZIP: 31, _DEFLATE: 15}
_RAW = -15
_GZIP_BEGINS = b"\x1f\x8b"
_HEADER = 2
# RFC 1950 section 2.2: the lower half of the first byte is 8, and both bytes as a number are a multiple of 31.
_ZLIB_METHOD, _ZLIB_CHECK = 8, 31
# Servers send one, rarely two; each further one multiplies what a bomb can do.
_MOST_CODINGS = 4
_MOST_MEMBERS = 10_000  # Of gzip in one body: each costs a copy of what follows it.


def unpacked(pieces: Iterable[bytes], coding: str, cut: Callable[[], None] = lambda: None) -> Iterator[bytes]:
    """Yield a body without its content coding. Raises BadCoding, UnknownCoding.

    Several members of gzip are one body (RFC 1952 section 2.2); `deflate` is read with the zlib format around it, and
    without (RFC 9110 section 8.4.1.2). Which of them it is the first bytes say, where they are those of another. What
    follows the end of the coded data is no part of the body: no further piece is taken then. That the data ends too
    early is no fault here, since a body that was cut off still says something: `cut` is called then, at the end.
    """
    for name in reversed(_codings(coding)):
        pieces = _undone(pieces, name, cut)
    yield from pieces


def unpacked_sample(sample: bytes, coding: str) -> bytes:
    """Return what the first bytes of a body begin with when decoded, no more than they are; b"" on a fault."""
    plain = bytearray()
    try:
        for piece in unpacked([sample], coding):
            plain += piece
            if len(plain) >= len(sample):
                break
    except (UnknownCoding, BadCoding):
        return bytes(plain)
    return bytes(plain[: len(sample)])


def _codings(coding: str) -> list[str]:
    """Return the codings of a body in the order in which they were applied. Raises UnknownCoding."""
    names = [name.strip(" \t\"'").lower() for name in coding.split(",")]
    unknown = next((name for name in names if name not in _NAMES), "")
    if unknown or len(names) > _MOST_CODINGS:
        raise UnknownCoding(f"coded as {(unknown or coding)[:40]}")
    return [_NAMES[name] for name in names if _NAMES[name] != _IDENTITY]


def _undone(pieces: Iterable[bytes], name: str, cut: Callable[[], None]) -> Iterator[bytes]:
    """Yield a body without one coding."""
    undoing: zlib._Decompress | None = None
    members, rest = 0, b""
    for piece in pieces:
        rest += piece
        # Two bytes tell a zlib wrapper from bare deflate, so a member begins only when both are there.
        while rest and (undoing is not None or len(rest) >= _HEADER):
            if undoing is None:
                # RFC 1952 section 2.2: gzip members may follow each other. What follows and is none is padding, as for
                # browsers.
                if members and not (name == _GZIP and rest.startswith(_GZIP_BEGINS)):
                    return
                if members == _MOST_MEMBERS:
                    raise BadCoding(f"more than {_MOST_MEMBERS:,} members of {name}")
                members, undoing = members + 1, zlib.decompressobj(_window_bits(name, rest))
            yield from _inflated(undoing, rest, name)
            rest = undoing.unused_data
            undoing = None if undoing.eof else undoing
    # Within a member, or before the first could begin, the end came too early.
    if undoing is not None or (rest and not members):
        cut()


def _inflated(undoing: zlib._Decompress, data: bytes, name: str) -> Iterator[bytes]:
    """Yield what coded data holds, up to the end of a member."""
    try:
        while plain := undoing.decompress(data, PIECE):
            yield plain
            data = undoing.unconsumed_tail
    except zlib.error as error:
        raise BadCoding(f"not valid {name} data") from error


def _window_bits(name: str, head: bytes) -> int:
    """Return how zlib is to read a coding: as its first two bytes say, where these are of another that is known."""
    if head.startswith(_GZIP_BEGINS):
        return _WINDOW_BITS[_GZIP]
    if head[0] & 15 == _ZLIB_METHOD and (head[0] << 8 | head[1]) % _ZLIB_CHECK == 0:
        return _WINDOW_BITS[_DEFLATE]
    return _RAW if name == _DEFLATE else _WINDOW_BITS[name]
