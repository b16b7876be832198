"""Any of the servers behind TLS, with a certificate that is good or bad in a known way."""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Self, TypeVar

import trustme

from tests.servers.certificates import LOOPBACK_NAMES, Certificate, issue
from tests.servers.raw import RawServer

if TYPE_CHECKING:
    from types import TracebackType

    from tests.servers.seen import Seen
    from tests.servers.sent import Sent

Inner_co = TypeVar("Inner_co", bound=RawServer, covariant=True)


class TlsServer(Generic[Inner_co]):
    """Puts TLS before a server: `with TlsServer(SceneServer({…})) as server: …server.url("/"), server.ca_file…`.

    `ca_file` is the root that a client is to trust, in PEM; a program started with `SSL_CERT_FILE` set to it trusts
    nothing else. `chain` is what the server sends, in DER, its own certificate first. `context` may be changed before
    the server is entered, to bound the TLS version for instance. Servers that share an `authority` share their root.
    """

    def __init__(
        self,
        inner: Inner_co,
        certificate: Certificate = Certificate.GOOD,
        *,
        names: tuple[str, ...] = LOOPBACK_NAMES,
        authority: trustme.CA | None = None,
    ) -> None:
        self.inner = inner
        self.authority = authority or trustme.CA()
        self._folder = tempfile.TemporaryDirectory(prefix="tls-", ignore_cleanup_errors=True)
        key, chain = issue(certificate, self.authority, names)
        self.chain = tuple(ssl.PEM_cert_to_DER_cert(pem.decode()) for pem in chain)
        folder = Path(self._folder.name)
        self.ca_file = folder / "ca.pem"
        self.authority.cert_pem.write_to_path(self.ca_file)
        (folder / "server.pem").write_bytes(key + b"".join(chain))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / "server.pem")
        inner.tls = self.context

    def __enter__(self) -> Self:
        self.inner.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.inner.__exit__(kind, error, trace)
        self._folder.cleanup()

    def client_context(self) -> ssl.SSLContext:
        """Return a context for clients that trusts this server's authority and no other."""
        return ssl.create_default_context(cafile=self.ca_file)

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        """Return the https URL of a path, under any name that leads here."""
        return f"https://{host}:{self.inner.port}{path}"

    @property
    def requests(self) -> list[Seen]:
        """Every request so far, as it was before TLS."""
        return self.inner.requests

    @property
    def sent(self) -> dict[str, list[Sent]]:
        """By path: the answers, as they were before TLS."""
        return self.inner.sent
