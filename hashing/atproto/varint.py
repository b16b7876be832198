"""Unsigned varints (https://github.com/multiformats/unsigned-varint): at most nine bytes, always the shortest form."""

from __future__ import annotations

from hashing.atproto.errors import Malformed

_LONGEST = 9
_MORE = 0x80


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Read the number that starts at offset `at`; return it, and the offset after it.

    Raises Malformed where the bytes end in it, where it has more than nine bytes, and where fewer would have done.
    """
    number = 0
    for index, byte in enumerate(data[at : at + _LONGEST]):
        number |= (byte & ~_MORE) << (7 * index)
        if byte < _MORE:
            if byte == 0 and index > 0:
                raise Malformed(f"a varint at byte {at} is longer than it need be")
            return number, at + index + 1
    raise Malformed(f"a varint at byte {at} does not end")
