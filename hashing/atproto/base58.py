"""Base58 with Bitcoin's alphabet, as multibase `z` (draft-msporny-base58)."""

from __future__ import annotations

from hashing.atproto.errors import Malformed

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_LONGEST = 200  # Characters. Reading takes the square of the length; the longest key has 89.


def encode_base58(data: bytes) -> str:
    """Write bytes in base58."""
    number = int.from_bytes(data)
    letters = []
    while number:
        number, value = divmod(number, 58)
        letters.append(_ALPHABET[value])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return _ALPHABET[0] * zeros + "".join(reversed(letters))


def decode_base58(text: str) -> bytes:
    """Read base58. Raises Malformed for other letters, and for more of them than a key has."""
    if len(text) > _LONGEST or not set(text) <= _VALUES.keys():
        raise Malformed(f"{text[:140]!r} is not a key in base58")
    number = 0
    for letter in text:
        number = number * 58 + _VALUES[letter]
    zeros = len(text) - len(text.lstrip(_ALPHABET[0]))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)
