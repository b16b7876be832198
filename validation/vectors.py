"""The arithmetic of evidence against values that others have published.

SHA-256: NIST's examples for FIPS 180-4. Merkle roots: the reference tree of Certificate Transparency (RFC 6962).
Ed25519: RFC 8032, section 7.1, test 2, and the same with one bit changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from hashing.errors import BadSignature
from hashing.files.digest import Digest
from hashing.ledger.keys import PublicKey
from hashing.ledger.merkle import MerkleTree
from validation.check import ValidationCheck, check

PART = "published vectors"

_SHA256 = {
    b"": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    b"abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    b"a" * 1_000_000: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
}
_LEAVES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
_ROOT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
_KEY = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
_SIGNATURE = (
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def check_vectors() -> Iterator[ValidationCheck]:
    """Check each of them."""
    for data, expected in _SHA256.items():
        yield check(PART, f"SHA-256 of {len(data)} bytes", expected, Digest.of_bytes(data).hex)
    tree = MerkleTree()
    for leaf in _LEAVES:
        tree.append(bytes.fromhex(leaf))
    yield check(PART, "Merkle root of 8 leaves", _ROOT, tree.root().hex())
    signature = bytes.fromhex(_SIGNATURE)
    yield check(PART, "Ed25519: the signature holds", True, _holds(signature))
    yield check(PART, "Ed25519: one bit changed", False, _holds(bytes([signature[0] ^ 1]) + signature[1:]))


def _holds(signature: bytes) -> bool:
    try:
        PublicKey.parse(_KEY).verify(signature, b"\x72")
    except BadSignature:
        return False
    return True
