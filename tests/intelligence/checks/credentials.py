"""Signed photos, made here: with content credentials, and as ProofMode hands them on."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Mapping

_CAPTURED = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"


def with_credentials(photo: bytes) -> bytes:
    """Return a JPEG with content credentials, signed by a key that no list of trusted signers has."""
    return with_trusted_credentials(photo)[0]


def with_trusted_credentials(photo: bytes) -> tuple[bytes, bytes]:
    """Return a JPEG with content credentials, and the certificate of the authority that their signer has his from."""
    import c2pa

    root, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _certificate("Maker", root, root, authority=True)
    chain = _certificate("Camera 7", leaf, root, authority=False) + authority
    key = leaf.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(alg=b"es256", sign_cert=chain, private_key=key, ta_url=None))
    action = {"action": "c2pa.created", "digitalSourceType": _CAPTURED}
    told = {
        "claim_generator_info": [{"name": "goldenhour-test", "version": "1"}],
        "assertions": [{"label": "c2pa.actions", "data": {"actions": [action]}}],
    }
    out = io.BytesIO()
    c2pa.Builder(json.dumps(told)).sign(signer, "image/jpeg", io.BytesIO(photo), out)
    return out.getvalue(), authority


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: ec.EllipticCurvePrivateKey, *, authority: bool
) -> bytes:
    def _name(said: str) -> x509.Name:
        return x509.Name(
            [x509.NameAttribute(NameOID.COMMON_NAME, said), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tests")]
        )

    now = datetime.now(UTC)
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    usage = dict.fromkeys((*others, "encipher_only", "decipher_only"), False)
    built = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name("Maker"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=90))
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, **usage),
            critical=True,
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False)
    )
    if not authority:
        built = built.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return built.sign(issuer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def proof_mode(photo: bytes) -> Mapping[str, bytes]:
    """Return the files of a ProofMode bundle of one photo, by their names."""
    import pysequoia

    key = pysequoia.Tsk.generate("ProofMode <proof@example.org>")
    sha256 = hashlib.sha256(photo).hexdigest()
    signed = {
        sha256: photo,
        f"{sha256}.proof.csv": b"File Hash SHA256,Location.Latitude\n" + sha256.encode() + b",53.8008\n",
        f"{sha256}.proof.json": json.dumps({"File Hash SHA256": sha256}).encode(),
    }
    mode = pysequoia.SignatureMode.DETACHED
    signatures = {f"{name}.asc": pysequoia.sign(key.signer(), data, mode=mode) for name, data in signed.items()}
    del signed[sha256]
    return {"PXL.jpg": photo, "pubkey.asc": str(key.extract_certificate()).encode(), **signed, **signatures}


def signed_wacz(package: bytes, *, raw: bool) -> bytes:
    """Return datapackage-digest.json for a list of files, signed anonymously; `raw` as browsers write a signature."""
    key = ec.generate_private_key(ec.SECP384R1())
    digest = f"sha256:{hashlib.sha256(package).hexdigest()}"
    signature = key.sign(digest.encode(), ec.ECDSA(hashes.SHA256()))
    if raw:
        signature = b"".join(part.to_bytes(48, "big") for part in decode_dss_signature(signature))
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    signed = {
        "hash": digest,
        "signature": base64.b64encode(signature).decode(),
        "publicKey": base64.b64encode(key.public_key().public_bytes(*form)).decode(),
        "created": "2026-11-24T10:15:02Z",
        "software": "goldenhour-test",
    }
    return json.dumps({"path": "datapackage.json", "hash": digest, "signedData": signed}).encode()
