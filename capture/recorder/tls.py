"""TLS: whom we trust, and the certificate chain of the very connection that a response came over."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Sequence

from hashing.case.events import Tls

EndedUnsaid = ssl.SSLEOFError
"""The other side, or somebody on the way, has ended the connection without TLS's own end (RFC 8446 section 6.1)."""
_DER = 2  # _ssl.ENCODING_DER


def client_context(*, insecure: bool) -> ssl.SSLContext:
    """Return a context that trusts the system's certificate store, or certifi's where the system has none."""
    # Also where certificates are not verified: the chain is recorded, and the report says that nobody checked it.
    context = ssl.create_default_context()
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif not _system_has_store():
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _system_has_store() -> bool:
    paths = ssl.get_default_verify_paths()
    return paths.cafile is not None or paths.capath is not None


def sent_chain(connection: ssl.SSLSocket) -> list[bytes]:
    """Return the certificates that the server sent on this connection, its own first, in DER."""
    public = getattr(connection, "get_unverified_chain", None)  # from Python 3.13 on
    if public is not None:
        return list(public())
    # Until then the same call stands one layer down; without it only the server's own certificate could be kept.
    inner = connection._sslobj  # type: ignore[attr-defined]  # noqa: SLF001 - see above
    return [certificate.public_bytes(_DER) for certificate in inner.get_unverified_chain() or ()]


def describe(connection: ssl.SSLSocket, chain: Sequence[bytes], *, verified: bool) -> Tls:
    """Return the facts of a secured connection."""
    cipher = connection.cipher()
    return Tls(
        version=connection.version() or "",
        cipher=cipher[0] if cipher else "",
        verified=verified,
        chain=tuple(hashlib.sha256(certificate).hexdigest() for certificate in chain),
    )


def plain_reason(error: ssl.SSLError) -> str:
    """Say in plain words why a TLS connection failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the server's certificate is not to be trusted ({error.verify_message or error.reason})"
    return f"no TLS connection ({(error.reason or str(error)).replace('_', ' ').lower()})"
