"""Verification methods of a DID document (https://atproto.com/specs/did#representation-of-public-keys)."""

from __future__ import annotations

from dataclasses import dataclass

from hashing.atproto.errors import Malformed
from hashing.atproto.multikey import AtprotoKey, Curve, read_multibase

MULTIKEY = "Multikey"
_LEGACY: dict[str, Curve] = {
    "EcdsaSecp256k1VerificationKey2019": "k256",
    "EcdsaSecp256r1VerificationKey2019": "p256",
}
_UNCOMPRESSED = 65


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationMethod:
    """A key as a DID document states it."""

    id: str
    type: str
    controller: str
    public_key_multibase: str

    def public_key(self) -> AtprotoKey:
        """Read the key: a Multikey, or one of the two older types, whose point stands bare and uncompressed.

        Raises Malformed for another type, and for what is no key of its type.
        """
        if self.type == MULTIKEY:
            return AtprotoKey.parse(self.public_key_multibase)
        if self.type not in _LEGACY:
            raise Malformed(f"{self.type[:140]!r} is not a type of key that the AT Protocol uses")
        point = read_multibase(self.public_key_multibase)
        if len(point) != _UNCOMPRESSED:
            raise Malformed(f"{self.public_key_multibase[:140]!r} is not a key with an uncompressed point")
        return AtprotoKey.from_point(_LEGACY[self.type], point)
