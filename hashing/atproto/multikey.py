"""Public keys and signatures of the AT Protocol (https://atproto.com/specs/cryptography): ECDSA over k256 or p256.

Keys are written as did:key or Multikey (https://www.w3.org/TR/cid-1.0/#Multikey): the curve and the compressed point in
base58.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hashing.atproto.base58 import decode_base58, encode_base58
from hashing.atproto.errors import AtprotoError, Malformed, NotProven

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

Curve = Literal["k256", "p256"]  # k256 is secp256k1, p256 is NIST P-256.

_CODECS: dict[Curve, bytes] = {"k256": b"\xe7\x01", "p256": b"\x80\x24"}
# The number of points of each curve (SEC 2). A signature with an s above half of it has a twin that verifies too, so
# only the lower one is taken (https://atproto.com/specs/cryptography).
_ORDERS: dict[Curve, int] = {
    "k256": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    "p256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
}
_DID_KEY = "did:key:"
# SEC 1, section 2.3.3: the sign of y in one byte, then x.
_COMPRESSED = 33
_HALF = 32


@dataclass(frozen=True, slots=True)
class AtprotoKey:
    """A public key: its curve, and its point in the compressed form of SEC 1 (33 bytes)."""

    curve: Curve
    point: bytes

    @property
    def did_key(self) -> str:
        """The key as did:key, the one form in which keys are compared."""
        return f"{_DID_KEY}z{encode_base58(_CODECS[self.curve] + self.point)}"

    @classmethod
    def parse(cls, text: str) -> AtprotoKey:
        """Read a did:key or a Multikey. Raises Malformed for another form, another curve, or no point of the curve."""
        raw = read_multibase(text.removeprefix(_DID_KEY))
        for curve, codec in _CODECS.items():
            if raw.startswith(codec):
                if len(raw) != len(codec) + _COMPRESSED:
                    raise Malformed(f"{text[:140]!r} is not a key with a compressed point")
                return cls.from_point(curve, raw.removeprefix(codec))
        raise Malformed(f"{text[:140]!r} is not a key of the curves k256 and p256")

    @classmethod
    def from_point(cls, curve: Curve, point: bytes) -> AtprotoKey:
        """Read the encoded point of SEC 1, compressed or not. Raises Malformed where it is not on the curve."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        key = _load(curve, point)
        return cls(curve, key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint))

    def verify(self, signature: bytes, message: bytes, what: str) -> None:
        """Check an ECDSA signature over SHA-256 of the message: r and s, 32 bytes each.

        Only the lower of the two possible values of s is taken, so that a signed block cannot be had in two forms.
        Raises NotProven, naming `what` was signed.
        """
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
        from cryptography.hazmat.primitives.hashes import SHA256

        r, s = int.from_bytes(signature[:_HALF]), int.from_bytes(signature[_HALF:])
        # Before the library, which takes either s.
        if len(signature) != 2 * _HALF or s > _ORDERS[self.curve] // 2:
            raise NotProven(f"{what}: the signature is not of the one form that is valid (64 bytes, low S)")
        try:
            _load(self.curve, self.point).verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
        except InvalidSignature as error:
            raise NotProven(f"{what}: not signed by the key {self.did_key}, or altered since") from error


def read_multibase(text: str) -> bytes:
    """Read base58 with its multibase letter `z`. Raises Malformed."""
    if not text.startswith("z"):
        raise Malformed(f"{text[:140]!r} is not a key in multibase base58")
    return decode_base58(text[1:])


def _load(curve: Curve, point: bytes) -> ec.EllipticCurvePublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(
            ec.SECP256K1() if curve == "k256" else ec.SECP256R1(), point
        )
    except ValueError as error:
        raise Malformed(f"{point[:65].hex()} is not a point of the curve {curve}") from error
    except UnsupportedAlgorithm as error:
        raise AtprotoError(f"the cryptography of this computer does not know the curve {curve}") from error
