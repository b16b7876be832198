"""Fingerprints: the part of a SHA-256 value that people read aloud, write in a notebook and compare by eye."""

from __future__ import annotations

from hashing.errors import BadFormat

_SHA256_BYTES = 32
# 160 of 256 bits: short enough to be read out over a radio, and beyond what anyone could find a second key for.
_DIGITS = 40
_GROUP = 4


def fingerprint(sha256_value: bytes) -> str:
    """Write the first 160 bits of a SHA-256 value as ten groups of four, such as `7f3a 91c2 …`.

    These are the first forty digits that `sha256sum` prints for the same bytes.

    Why 160 bits: whoever makes the material may also choose it, and could look for two versions with the same
    fingerprint, one to write down now and one to show later. Finding such a pair takes about 2^80 attempts, which is
    out of reach; with half the length it would take 2^40, which a laptop does overnight.

    `sha256_value` has 32 bytes. Raises BadFormat otherwise.
    """
    if len(sha256_value) != _SHA256_BYTES:
        raise BadFormat(f"a SHA-256 value has {_SHA256_BYTES} bytes, not {len(sha256_value)}")
    digits = sha256_value.hex()[:_DIGITS]
    return " ".join(digits[start : start + _GROUP] for start in range(0, _DIGITS, _GROUP))
