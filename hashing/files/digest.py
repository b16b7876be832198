"""Digests: a hash value that always carries the name of its algorithm."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from hashing.errors import BadFormat

SHA256 = "sha256"

# Each algorithm that goldenhour knows, with the length of its value in hexadecimal digits.
HEX_DIGITS = {"md5": 32, "sha1": 40, SHA256: 64, "sha512": 128, "blake2b": 128}


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """One hash value; prints as `sha256:<hex>`.

    `hex` is lower case and has the length that the algorithm gives. Raises BadFormat otherwise.
    """

    algorithm: str
    hex: str

    def __post_init__(self) -> None:
        if self.algorithm not in HEX_DIGITS:
            raise BadFormat(f"{self.algorithm!r} is not a hash algorithm goldenhour knows")
        if len(self.hex) != HEX_DIGITS[self.algorithm] or self.hex.strip("0123456789abcdef"):
            raise BadFormat(f"{self.hex[:140]!r} is not a {self.algorithm} value in hexadecimal")

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Read `algorithm:hex`. Raises BadFormat."""
        algorithm, colon, value = text.partition(":")
        if not colon:
            raise BadFormat(f"{text[:140]!r} is not a digest such as sha256:9f86…")
        return cls(algorithm, value.lower())

    @classmethod
    def of_bytes(cls, data: bytes | bytearray | memoryview, algorithm: str = SHA256) -> Digest:
        """Hash bytes that are in memory already."""
        return cls(algorithm, new_hash(algorithm).update_with(data).hexdigest())


class Hasher:
    """A hash in the making: feed it bytes in order, ask for the digest at the end."""

    __slots__ = ("_hash", "algorithm", "size")

    def __init__(self, algorithm: str = SHA256) -> None:
        self.algorithm = algorithm
        self.size = 0
        # A checksum of evidence, not a password store: MD5 and SHA-1 are only ever extra.
        self._hash = hashlib.new(algorithm, usedforsecurity=False)

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Add the next bytes."""
        self._hash.update(data)
        self.size += len(data)

    def update_with(self, data: bytes | bytearray | memoryview) -> Hasher:
        """Add the next bytes and return this hasher."""
        self.update(data)
        return self

    def hexdigest(self) -> str:
        """Return the value so far, in hexadecimal."""
        return self._hash.hexdigest()

    def digest(self) -> Digest:
        """Return the digest of everything fed so far."""
        return Digest(self.algorithm, self.hexdigest())


def new_hash(algorithm: str = SHA256) -> Hasher:
    """Start a hash. Raises BadFormat for an algorithm that goldenhour does not know."""
    if algorithm not in HEX_DIGITS:
        raise BadFormat(f"{algorithm!r} is not a hash algorithm goldenhour knows: {', '.join(HEX_DIGITS)}")
    return Hasher(algorithm)


def known_algorithms(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names in the order given, each once. Raises BadFormat for an unknown one."""
    ordered = tuple(dict.fromkeys(name.strip().lower() for name in names))
    for name in ordered:
        new_hash(name)
    return ordered
