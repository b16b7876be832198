"""The text files of a bundle's seal folder that hold Merkle proofs, each in one form only.

An inclusion or consistency proof is two numbers and its hashes in base64, a line each. `seal/consistency` is the length
of the sealed ledger, and then a line for each earlier length: the length, the root then, and the hashes of the proof.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hashing.errors import BadFormat
from hashing.ledger.keys import encode_base64
from hashing.ledger.note import decode_base64

_HASH_BYTES = 32


class Proof(msgspec.Struct, frozen=True):
    """A proof: for inclusion, the line's index and the ledger's length; for consistency, the two lengths."""

    first: int
    size: int
    hashes: tuple[bytes, ...]

    def write(self) -> bytes:
        """Write it as a file."""
        return "".join(f"{line}\n" for line in [self.first, self.size, *map(encode_base64, self.hashes)]).encode()


def read_proof(data: bytes) -> Proof:
    """Read a file that `Proof.write` wrote. Raises BadFormat for any other."""
    first, size, *hashes = _lines(data, 2)
    proof = Proof(_number(first), _number(size), tuple(map(_hash, hashes)))
    _demand_form(proof.write(), data)
    return proof


class EarlierSize(msgspec.Struct, frozen=True):
    """The ledger as it was when it had `size` lines: its root then, and the proof that the sealed one begins so."""

    size: int
    root: bytes
    hashes: tuple[bytes, ...]


class Consistency(msgspec.Struct, frozen=True):
    """What `seal/consistency` holds: the length of the sealed ledger, and proofs for earlier lengths."""

    size: int
    earlier: tuple[EarlierSize, ...]

    def write(self) -> bytes:
        """Write it as a file."""
        lines = [" ".join([str(each.size), *map(encode_base64, [each.root, *each.hashes])]) for each in self.earlier]
        return "".join(f"{line}\n" for line in [str(self.size), *lines]).encode()


def read_consistency(data: bytes) -> Consistency:
    """Read a file that `Consistency.write` wrote. Raises BadFormat for any other."""
    size, *lines = _lines(data, 1)
    found = Consistency(_number(size), tuple(map(_earlier, lines)))
    _demand_form(found.write(), data)
    return found


def _earlier(line: str) -> EarlierSize:
    size, *hashes = line.split(" ")
    if not hashes:
        raise BadFormat("a length without its root")
    root, *proof = map(_hash, hashes)
    return EarlierSize(_number(size), root, tuple(proof))


def _lines(data: bytes, least: int) -> Sequence[str]:
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise BadFormat("a proof is ASCII") from error
    if len(lines) <= least:
        raise BadFormat("shorter than any proof")
    return lines[:-1]


def _hash(text: str) -> bytes:
    data = decode_base64(text)
    if len(data) != _HASH_BYTES:
        raise BadFormat(f"a hash of {len(data)} bytes")
    return data


def _number(text: str) -> int:
    if not (text.isdecimal() and len(text) <= len(str(1 << 63))):
        raise BadFormat(f"{text[:40]!r} is not a number of lines")
    return int(text)


def _demand_form(written: bytes, data: bytes) -> None:
    if written != data:
        raise BadFormat("a proof in another form than goldenhour writes")
