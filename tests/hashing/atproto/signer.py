"""Keys that sign as the AT Protocol demands, so that tests can make what no server would."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hashing.atproto.multikey import AtprotoKey, Curve

ORDERS: dict[Curve, int] = {
    "k256": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    "p256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
}


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key, made from a small number."""

    curve: Curve
    secret: int

    @property
    def _key(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(self.secret, ec.SECP256K1() if self.curve == "k256" else ec.SECP256R1())

    @property
    def point(self) -> bytes:
        """The uncompressed point of the public key."""
        return self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def did_key(self) -> str:
        """The public key."""
        return AtprotoKey.from_point(self.curve, self.point).did_key

    def sign(self, message: bytes, *, high_s: bool = False) -> bytes:
        """Sign with the low s, or with the high one that is not allowed."""
        r, s = decode_dss_signature(self._key.sign(message, ec.ECDSA(SHA256())))
        order = ORDERS[self.curve]
        if (s > order // 2) != high_s:
            s = order - s
        return r.to_bytes(32) + s.to_bytes(32)
