"""Tokens that no honest authority makes: a real one, signed anew by another certificate under the same root."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hashing.ledger.trusted_time.der import CONTEXT, INTEGER, OCTETS, SEQUENCE, SET, elements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.x509 import Certificate

    from hashing.ledger.trusted_time.der import DerElement

_SIGNING_CERTIFICATE_V2 = bytes.fromhex("2a864886f70d010910022f")


def resigned(
    reply: bytes, signer: Certificate, key: ec.EllipticCurvePrivateKey, *, named: Certificate | None = None
) -> bytes:
    """Return `reply` with the signature of `key`; the certificate that it says it was signed with may be another."""
    status, token = elements(reply)[0].children()
    kind, wrapped = token.children()
    version, digests, content, _, signers = wrapped.children()[0].children()
    certificate = signer.public_bytes(serialization.Encoding.DER)
    told = sha256((named or signer).public_bytes(serialization.Encoding.DER)).digest()
    info = _signer_info(signers.children()[0].children(), signer, key, told)
    signed = [version.whole, digests.whole, content.whole, _der(CONTEXT, certificate), _der(SET, info)]
    return _der(SEQUENCE, status.whole, _der(SEQUENCE, kind.whole, _der(CONTEXT, _der(SEQUENCE, *signed))))


def _signer_info(
    parts: Sequence[DerElement], signer: Certificate, key: ec.EllipticCurvePrivateKey, told: bytes
) -> bytes:
    version, _, digest, attributes, scheme, _ = parts[:6]
    serial = signer.serial_number
    number = _der(INTEGER, serial.to_bytes(serial.bit_length() // 8 + 1, "big"))
    content = b"".join(sorted(_attribute(each, told) for each in attributes.children()))
    signature = key.sign(_der(SET, content), ec.ECDSA(hashes.SHA256()))
    name = _der(SEQUENCE, signer.issuer.public_bytes(), number)
    signed = (_der(CONTEXT, content), scheme.whole, _der(OCTETS, signature))
    return _der(SEQUENCE, version.whole, name, digest.whole, *signed)


def _attribute(attribute: DerElement, told: bytes) -> bytes:
    name = attribute.children()[0]
    if name.content != _SIGNING_CERTIFICATE_V2:
        return attribute.whole
    certificate_id = _der(SEQUENCE, _der(OCTETS, told))
    return _der(SEQUENCE, name.whole, _der(SET, _der(SEQUENCE, _der(SEQUENCE, certificate_id))))


def _der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
