"""A time-stamping authority (RFC 3161) on loopback: `openssl ts` behind a server, under a root of its own."""

from __future__ import annotations

import datetime as dt
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.servers.head import small_answer, whole
from tests.servers.raw import RawServer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.servers.connection import Connection
    from tests.servers.seen import Seen

POLICY = "1.3.6.1.4.1.99999.1.1"
_CONFIGURATION = f"""\
[ tsa ]
default_tsa = one
[ one ]
serial = serial
crypto_device = builtin
signer_cert = signer.pem
signer_key = signer.key
signer_digest = sha256
default_policy = {POLICY}
digests = DIGESTS
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""
_LONG_AGO = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)
_FAR_AWAY = dt.datetime(2900, 1, 1, tzinfo=dt.UTC)
_REPLY = "application/timestamp-reply"


class TimeAuthority(RawServer):
    """An authority, as a context manager. `root` is the PEM file that vouches for it.

    `answer`, where it is set, makes the answer to a query instead. Its certificate is valid until `until`; a query over
    a hash that `digests` does not name is rejected. With an `intermediate` of this name its certificate stands under
    that one, which it sends along.
    """

    def __init__(
        self,
        folder: Path,
        name: str = "Test Authority",
        *,
        until: dt.datetime = _FAR_AWAY,
        digests: str = "sha256, sha512",
        intermediate: str = "",
    ) -> None:
        super().__init__(self._respond)
        folder.mkdir(parents=True, exist_ok=True)
        self.root = folder / "root.pem"
        self.answer: Callable[[bytes], bytes] | None = None
        self.folder = folder
        self._one_at_a_time = threading.Lock()
        (folder / "tsa.cnf").write_text(_CONFIGURATION.replace("DIGESTS", digests))
        (folder / "serial").write_text("1000\n")
        _issue(folder, name, until)
        if intermediate:
            _issue_below(folder, name, intermediate)

    def reply(self, query: bytes) -> bytes:
        """Have openssl answer a query."""
        with self._one_at_a_time, tempfile.TemporaryDirectory() as scratch:
            asked, answered = Path(scratch, "query"), Path(scratch, "reply")
            asked.write_bytes(query)
            command = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", str(asked), "-out", str(answered)]
            subprocess.run(command, cwd=self.folder, capture_output=True, check=True)
            return answered.read_bytes()

    def _respond(self, connection: Connection, seen: Seen) -> None:
        if seen.header("Content-Type") != "application/timestamp-query":
            connection.send(small_answer(415, "a timestamp query, please\n"))
            return
        connection.send(whole(200, _REPLY, (self.answer or self.reply)(seen.body)))


def certify(
    folder: Path,
    name: str,
    *,
    until: dt.datetime = _FAR_AWAY,
    usages: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.TIME_STAMPING,),
    critical: bool = True,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Return a certificate, and its key, under the root that stands in `folder`."""
    root = x509.load_pem_x509_certificate((folder / "root.pem").read_bytes())
    root_key = serialization.load_pem_private_key((folder / "root.key").read_bytes(), None)
    assert isinstance(root_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    signer = (
        _certificate(_name(name), root.subject, key, until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=critical)
        .sign(root_key, hashes.SHA256())
    )
    return signer, key


def _issue(folder: Path, name: str, until: dt.datetime) -> None:
    root_key, root_name = ec.generate_private_key(ec.SECP256R1()), _name(f"{name} Root")
    root = (
        _certificate(root_name, root_name, root_key, _FAR_AWAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    _write(folder, "root", root, root_key)
    _write(folder, "signer", *certify(folder, name, until=until))


def _issue_below(folder: Path, name: str, intermediate: str) -> None:
    """Put an intermediate certificate between the root and the signer, and into every answer."""
    root, root_key = (folder / "root.pem").read_bytes(), (folder / "root.key").read_bytes()
    issuer = serialization.load_pem_private_key(root_key, None)
    assert isinstance(issuer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    between = (
        _certificate(_name(intermediate), x509.load_pem_x509_certificate(root).subject, key, _FAR_AWAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(issuer, hashes.SHA256())
    )
    _write(folder, "root", between, key)
    _write(folder, "signer", *certify(folder, name))
    (folder / "root.pem").rename(folder / "chain.pem")
    (folder / "root.pem").write_bytes(root)
    (folder / "root.key").write_bytes(root_key)
    configuration = (folder / "tsa.cnf").read_text()
    (folder / "tsa.cnf").write_text(f"{configuration}certs = chain.pem\n")


def _write(folder: Path, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / f"{name}.key").write_bytes(private)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, until: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_LONG_AGO)
        .not_valid_after(until)
    )
