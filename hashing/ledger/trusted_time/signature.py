"""The signature of a token: CMS SignedData (RFC 5652) with the attributes that RFC 3161 demands.

The protocol's library checks it only together with a chain to a known root. A token must be judged without one as
well: before it is kept, and by whoever has no root at hand. It does not check the certificate against the signing
certificate attribute either, which binds the token to the very certificate (RFC 5035, RFC 5816).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hashing.ledger.trusted_time.der import CONTEXT, OCTETS, OID, SEQUENCE, SET, DerElement, child, elements
from hashing.ledger.trusted_time.errors import NotValid

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hashes import HashAlgorithm
    from cryptography.x509 import Certificate

# Object identifiers as they stand in DER. NIST's SHA-2 (2.16.840.1.101.3.4.2): RFC 5754; SHA-1 is left out on purpose.
_DIGESTS = {
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
}
# 1.2.840.113549.1.9.4 (RFC 5652 section 11.2), 1.9.16.2.12 (RFC 2634), 1.9.16.2.47 (RFC 5035), 1.1.10 (RSASSA-PSS, RFC
# 4055).
_MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")
_SIGNING_CERTIFICATE = bytes.fromhex("2a864886f70d010910020c")
_SIGNING_CERTIFICATE_V2 = bytes.fromhex("2a864886f70d010910022f")
_PSS = bytes.fromhex("2a864886f70d01010a")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerInfo:
    """What the one signer of a token has signed, and how; algorithms are named as hashlib names them."""

    content: bytes  # The TSTInfo, in DER.
    digest: str
    attributes: DerElement
    values: dict[bytes, DerElement]  # The signed attributes by their object identifier in DER, each with its one value.
    scheme: bytes
    signature: bytes

    @classmethod
    def parse(cls, token: bytes) -> SignerInfo:
        """Read a TimeStampToken. Raises NotValid, also for any number of signers but one (RFC 3161 section 2.4.2)."""
        # 1. ContentInfo → SignedData → EncapsulatedContentInfo → the TSTInfo as bytes (RFC 5652 sections 3, 5.1, 5.2).
        # They are what is hashed, so they are never decoded and written again.
        info = child(elements(token), 0, SEQUENCE).children()
        signed = child(child(info, 1, CONTEXT).children(), 0, SEQUENCE).children()
        encapsulated = child(signed, 2, SEQUENCE).children()
        content = child(child(encapsulated, 1, CONTEXT).children(), 0, OCTETS).content
        # 2. SignerInfos are the last field, behind certificates and revocation lists, which may both be missing.
        signers = child(signed, len(signed) - 1, SET).children()
        if len(signers) != 1:
            raise NotValid(f"{len(signers)} signatures, and a token has one")
        # 3. SignerInfo (section 5.3). Signed attributes are optional in CMS and must be there in a token: without them
        # the signature would not be bound to a certificate.
        signer = child(signers, 0, SEQUENCE).children()
        digest = _DIGESTS.get(child(child(signer, 2, SEQUENCE).children(), 0, OID).content)
        if digest is None:
            raise NotValid("signed with a hash algorithm that nobody should rely on")
        attributes = child(signer, 3, CONTEXT)
        return cls(
            content=content,
            digest=digest,
            attributes=attributes,
            values=_values(attributes),
            scheme=child(child(signer, 4, SEQUENCE).children(), 0, OID).content,
            signature=child(signer, 5, OCTETS).content,
        )

    def verify(self, certificate: Certificate) -> None:
        """Check that the key of `certificate` signed this content, and meant this certificate. Raises NotValid."""
        stated = self.values.get(_MESSAGE_DIGEST)
        if stated is None or stated.content != hashlib.new(self.digest, self.content).digest():
            raise NotValid("the signature is over other content")
        self._check_certificate(certificate)
        # What is signed is the SET of the attributes, under its own tag (RFC 5652 section 5.4).
        self._check_signature(certificate, bytes([SET]) + self.attributes.whole[1:])

    def _check_certificate(self, certificate: Certificate) -> None:
        """Compare the certificate with the hash in the signing certificate attribute (RFC 3161 section 2.4.1)."""
        from cryptography.hazmat.primitives.serialization import Encoding

        # Without this check, whoever holds a second certificate for the same key could present it in place of the
        # first.
        der = certificate.public_bytes(Encoding.DER)
        second = self.values.get(_SIGNING_CERTIFICATE_V2)
        first = self.values.get(_SIGNING_CERTIFICATE)
        # ESSCertIDv2: the algorithm may be left out, and is SHA-256 then (RFC 5035 section 4, DEFAULT).
        if second is not None:
            parts = _first_certificate_id(second)
            named = parts[0].children() if parts and parts[0].tag == SEQUENCE else None
            algorithm = _DIGESTS.get(child(named, 0, OID).content, "") if named is not None else "sha256"
            stated = child(parts, 0 if named is None else 1, OCTETS).content
        elif first is not None:
            # ESSCertID knows SHA-1 alone. To pass off another certificate takes one of the same hash for given bytes (a
            # second preimage), which is out of reach for SHA-1, too.
            algorithm, stated = "sha1", child(_first_certificate_id(first), 0, OCTETS).content
        else:
            raise NotValid("does not name the certificate it was signed with")
        if not algorithm or hashlib.new(algorithm, der, usedforsecurity=False).digest() != stated:
            raise NotValid("was signed with another certificate than the one in it")

    def _check_signature(self, certificate: Certificate, signed: bytes) -> None:
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

        algorithm = _algorithm(self.digest)
        try:
            key = certificate.public_key()
            if isinstance(key, rsa.RSAPublicKey):
                pss = padding.PSS(padding.MGF1(algorithm), padding.PSS.AUTO)
                key.verify(self.signature, signed, pss if self.scheme == _PSS else padding.PKCS1v15(), algorithm)
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(self.signature, signed, ec.ECDSA(algorithm))
            else:
                raise NotValid("signed with a kind of key that this goldenhour does not know")
        except InvalidSignature as error:
            raise NotValid("the signature does not hold") from error
        except (ValueError, UnsupportedAlgorithm) as error:
            raise NotValid(f"the signer's key cannot be used: {error}") from error


def _values(attributes: DerElement) -> dict[bytes, DerElement]:
    found: dict[bytes, DerElement] = {}
    for attribute in attributes.children():
        parts = attribute.children()
        name, values = child(parts, 0, OID).content, child(parts, 1, SET).children()
        if name in found or len(values) != 1:
            raise NotValid("an attribute of the signature stands there twice")
        found[name] = values[0]
    return found


def _first_certificate_id(attribute: DerElement) -> list[DerElement]:
    """Return the parts of the first ESSCertID, which is the signer's (RFC 5035 section 3)."""
    certificates = child(attribute.children(), 0, SEQUENCE)
    return child(certificates.children(), 0, SEQUENCE).children()


def _algorithm(name: str) -> HashAlgorithm:
    from cryptography.hazmat.primitives import hashes

    return {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[name]
