"""What a file brings along that is signed: C2PA content credentials, and OpenPGP signatures as ProofMode makes them.

The bytes are hostile: run this in the sandbox. Nothing is fetched: not the manifest that a file names elsewhere, nor
what a certificate names. c2pa-python and pysequoia do the work; both are parts of the extra `proofs`. The signature of
a WACZ is checked as well.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm

LARGEST = 96 << 20  # Bytes of a file that is checked: it is in memory.
# What speaks of whom to trust, not of whether the file is as it was signed.
_TRUSTED, _UNTRUSTED = "signingCredential.trusted", "signingCredential.untrusted"
_OFFLINE = {"remote_manifest_fetch": False, "ocsp_fetch": False}
# A JUMBF box with the label `c2pa.signature` (ISO/IEC 19566-5), whose content is CBOR: a length, then COSE_Sign1.
_SIGNATURES = re.compile(rb"c2pa\.signature\0(....)cbor", re.DOTALL)
# The field `pad` of a COSE header, with the length of its byte string in CBOR.
_PADS = re.compile(rb"\x63pad(\x58.|\x59..|\x5a....)", re.DOTALL)
_LEAST_PADDING = 64
_NAMED = 5


class SignedClaim(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a check: whether there was anything to check, whether it holds, by whose key, or why not."""

    found: bool = False
    holds: bool = False
    by: str = ""
    trusted: bool = False  # Whether the signer stands on the list of trusted signers that was given.
    said: str = ""  # What the signer states beside: the program, the time.
    reason: str = ""


def content_credentials(file: BinaryIO, mime: str, trusted: str = "") -> SignedClaim:
    """Return whether a file is as its content credentials say that it was signed, and by whom.

    `trusted` are certificates in PEM: whether the signer has his from one of them is told, and is another question.
    """
    import c2pa

    # 1. Without these marks nothing stands in the file itself; its XMP may name what stands on a server.
    data = file.read(LARGEST)
    if b"jumb" not in data or b"c2pa" not in data:
        elsewhere = b"dcterms:provenance" in data  # where XMP names a manifest (C2PA, 11.4)
        return SignedClaim(found=elsewhere, reason="they stand on a server: nothing is fetched" if elsewhere else "")
    file.seek(0)
    try:
        # 2. Nothing is fetched while the library reads: an address in a file would tell its author that it is looked
        # at.
        settings: dict[str, dict[str, object]] = {"verify": {**_OFFLINE, "verify_trust": bool(trusted)}}
        if trusted:
            settings["trust"] = {"trust_anchors": trusted}
        context = c2pa.Context(c2pa.Settings.from_dict(settings))
        with c2pa.Reader(mime, file, context=context) as reader:
            store = json.loads(reader.json())
    except (c2pa.C2paError, ValueError, RecursionError) as error:
        return SignedClaim(found=True, reason=_plain(f"they cannot be read: {error}"))
    results = store.get("validation_results", {})
    # 3. Every failure counts, and so does padding that is not empty: it lies outside of what is signed.
    failures = [*dict.fromkeys(_failures(results)), *_padding(data)]
    good = {status.get("code") for status in results.get("activeManifest", {}).get("success", [])}
    manifest = store.get("manifests", {}).get(store.get("active_manifest"), {})
    signer = manifest.get("signature_info", {})
    tools = [str(each.get("name", "")) for each in manifest.get("claim_generator_info", [])]
    details = [
        f"made with {', '.join(tools)}" if any(tools) else "",
        f"signed {signer['time']}" if "time" in signer else "",
    ]
    names = [str(signer.get(name, "")) for name in ("common_name", "issuer")]
    return SignedClaim(
        found=True,
        holds=bool(signer) and not failures,
        by=_plain(" of ".join(filter(None, names))),
        trusted=_TRUSTED in good,
        said=_plain("; ".join(filter(None, details))),
        reason=_plain("; ".join(failures[:_NAMED])) or ("" if signer else "nothing in them is signed"),
    )


def _failures(results: dict[str, Any]) -> Iterator[str]:
    """Yield what does not hold, of the file itself and of what it was made from; whom to trust is another question."""
    parts = [results.get("activeManifest", {})]
    parts += [each.get("validationDeltas", {}) for each in results.get("ingredientDeltas", [])]
    for part in parts:
        for status in part.get("failure", []):
            if status.get("code") != _UNTRUSTED:
                yield f"{status.get('code')}: {status.get('explanation', '')}"


def _padding(data: bytes) -> Iterator[str]:
    """Yield what stands in the padding of signatures: no signature covers it, and it is to be zeros (C2PA, 13.2.3)."""
    for box in _SIGNATURES.finditer(data):
        signature = data[box.end() : box.end() + max(int.from_bytes(box[1], "big") - 8, 0)]
        pads = list(_PADS.finditer(signature))
        ends = [pad.end() + int.from_bytes(pad[1][1:], "big") for pad in pads]
        if any(any(signature[pad.end() : end]) for pad, end in zip(pads, ends, strict=True)) or (
            not pads and bytes(_LEAST_PADDING) in signature
        ):
            yield "something stands in the padding of its signature, which nobody has signed"


def openpgp_signature(data: BinaryIO, signature: BinaryIO, key: BinaryIO) -> SignedClaim:
    """Return whether a detached signature of OpenPGP holds over a file, by the key that came along with it."""
    import pysequoia

    try:
        certificate = pysequoia.Cert.from_bytes(key.read(LARGEST))
        own = pysequoia.Sig.from_bytes(signature.read(LARGEST))
        checked = pysequoia.verify(bytes=data.read(LARGEST), store=lambda _ids: [certificate], signature=own)
    except Exception as error:  # noqa: BLE001 - pysequoia raises bare exceptions
        return SignedClaim(found=True, reason=_plain(str(error)))
    made = f"signed {own.created:%Y-%m-%d %H:%M} UTC by its own word" if own.created is not None else ""
    holds = bool(checked.valid_sigs)
    return SignedClaim(
        found=True, holds=holds, by=str(certificate.fingerprint), said=made, reason="" if holds else "no"
    )


def wacz_signature(digest: BinaryIO, package: BinaryIO) -> SignedClaim:
    """Return whether the signature of a WACZ holds over its list of files (WACZ Signing and Verification 0.1.0)."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, utils

    try:
        package_digest = msgspec.json.decode(digest.read(LARGEST), type=_WaczDigest)
        signed = package_digest.signed_data
        if signed is None:
            return SignedClaim()
        key: object = (
            x509.load_pem_x509_certificates(signed.domain_cert.encode())[0].public_key()
            if signed.domain_cert
            else serialization.load_der_public_key(base64.b64decode(signed.public_key))
        )
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise TypeError("a key of another kind than ECDSA's")
        signature = base64.b64decode(signed.signature)
        # WebCrypto writes r and s side by side (IEEE P1363), OpenSSL as a DER sequence (RFC 3279).
        half = (key.key_size + 7) // 8
        if len(signature) == 2 * half:  # as browsers write it, and not as DER
            parts = (int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))
            signature = utils.encode_dss_signature(*parts)
        key.verify(signature, signed.hash.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return SignedClaim(found=True, reason="it is not of this key over this list")
    except (msgspec.DecodeError, ValueError, TypeError, IndexError, UnsupportedAlgorithm) as error:
        return SignedClaim(found=True, reason=_plain(f"it cannot be read: {error}"))
    own = f"sha256:{hashlib.sha256(package.read(LARGEST)).hexdigest()}"
    whole = own == signed.hash == package_digest.hash
    by = signed.domain or f"key {hashlib.sha256(signed.public_key.encode()).hexdigest()[:16]}…"
    made = "; ".join(filter(None, (f"created {signed.created}" if signed.created else "", signed.software)))
    return SignedClaim(
        found=True, holds=whole, by=_plain(by), said=_plain(made), reason="" if whole else "the list is another one"
    )


class _WaczSigned(msgspec.Struct, rename="camel"):
    hash: str
    signature: str
    created: str = ""
    software: str = ""
    public_key: str = ""
    domain: str = ""
    domain_cert: str = ""


class _WaczDigest(msgspec.Struct, rename="camel"):
    hash: str
    signed_data: _WaczSigned | None = None


def _plain(text: str) -> str:
    return " ".join(text.split())[:400].encode("utf-8", "replace").decode()
