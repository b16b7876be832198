"""Certificates for loopback, good ones and bad ones, from a certificate authority that lives as long as a test."""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")
_2001 = dt.datetime(2001, 1, 1)  # noqa: DTZ001 - trustme takes UTC without a zone
_2002 = dt.datetime(2002, 1, 1)  # noqa: DTZ001 - see above
_2900 = dt.datetime(2900, 1, 1)  # noqa: DTZ001 - see above


class Certificate(enum.Enum):
    """The certificate that a server shows, seen by a client that trusts the test's own authority."""

    GOOD = "signed by the authority itself, for the right names"
    INTERMEDIATE = "good: signed by an intermediate authority, which is sent too"
    MISSING_INTERMEDIATE = "signed by an intermediate authority, which is not sent"
    WRONG_HOST = "for elsewhere.example"
    EXPIRED = "expired in 2002"
    NOT_YET_VALID = "valid from 2900 on"
    SELF_SIGNED = "for the right names, signed by itself"
    UNTRUSTED = "for the right names, signed by an authority that nobody trusts"


def issue(kind: Certificate, authority: trustme.CA, names: tuple[str, ...]) -> tuple[bytes, list[bytes]]:
    """Return a private key and the certificates to send, the server's own first, all in PEM."""
    if kind is Certificate.SELF_SIGNED:
        return _self_signed(names)
    if kind is Certificate.UNTRUSTED:
        authority = trustme.CA()
    elif kind in {Certificate.INTERMEDIATE, Certificate.MISSING_INTERMEDIATE}:
        authority = authority.create_child_ca()
    if kind is Certificate.WRONG_HOST:
        names = ("elsewhere.example",)
    leaf = authority.issue_cert(
        *names,
        not_before={Certificate.EXPIRED: _2001, Certificate.NOT_YET_VALID: _2900}.get(kind),
        not_after=_2002 if kind is Certificate.EXPIRED else None,
    )
    chain = [pem.bytes() for pem in leaf.cert_chain_pems]
    return leaf.private_key_pem.bytes(), chain[:1] if kind is Certificate.MISSING_INTERMEDIATE else chain


def _self_signed(names: tuple[str, ...]) -> tuple[bytes, list[bytes]]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "signed by itself")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_2001)
        .not_valid_after(_2900)
        .add_extension(x509.SubjectAlternativeName([_general_name(each) for each in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, [certificate.public_bytes(serialization.Encoding.PEM)]


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
