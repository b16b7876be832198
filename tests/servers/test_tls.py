"""TLS before the servers, good and bad."""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import socket
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from tests.patience import PATIENCE
from tests.servers import Certificate, MisbehavingServer, SceneServer, TlsServer
from tests.servers.asking import body_of, read_all, read_some, read_to_the_end, request
from tests.servers.faults.content import big_body

if TYPE_CHECKING:
    from tests.servers import RawServer

FILES = {"/": b"<!doctype html><title>Secured</title>"}


def fetch(server: TlsServer[RawServer], path: str = "/", host: str = "127.0.0.1") -> bytes:
    """Fetch a path over TLS, trusting the server's authority alone."""
    connection = http.client.HTTPSConnection(host, server.inner.port, timeout=PATIENCE, context=server.client_context())
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


@pytest.mark.parametrize("certificate", [Certificate.GOOD, Certificate.INTERMEDIATE])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_good_certificates(certificate: Certificate, host: str) -> None:
    """A client that trusts the authority is served under both names, and both sides are kept as before TLS."""
    with TlsServer(SceneServer(FILES), certificate) as server:
        assert fetch(server, host=host) == FILES["/"]
        assert [seen.path for seen in server.requests] == ["/"]
        assert body_of(server.sent["/"][0].data) == FILES["/"]
        assert server.url("/x", host=host) == f"https://{host}:{server.inner.port}/x"
        assert server.inner.url("/") == server.url()


@pytest.mark.parametrize(
    ("certificate", "reason"),
    [
        (Certificate.WRONG_HOST, "IP address mismatch"),
        (Certificate.EXPIRED, "certificate has expired"),
        (Certificate.NOT_YET_VALID, "certificate is not yet valid"),
        (Certificate.SELF_SIGNED, "self-signed certificate"),
        (Certificate.UNTRUSTED, "unable to get local issuer certificate"),
        (Certificate.MISSING_INTERMEDIATE, "unable to get local issuer certificate"),
    ],
)
def test_bad_certificates(certificate: Certificate, reason: str) -> None:
    """A client that checks refuses for the very reason meant; one that does not is served all the same."""
    with TlsServer(SceneServer(FILES), certificate) as server:
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            fetch(server)
        assert reason.lower() in caught.value.verify_message.lower().replace("self signed", "self-signed")
        assert server.requests == []
        unchecked = ssl.create_default_context()
        unchecked.check_hostname = False
        unchecked.verify_mode = ssl.CERT_NONE
        with (
            socket.create_connection(server.inner.address, timeout=PATIENCE) as plain,
            unchecked.wrap_socket(plain) as client,
        ):
            assert client.getpeercert(binary_form=True) == server.chain[0]
            client.sendall(request("/"))
            assert body_of(read_all(client)) == FILES["/"]


def test_the_chain_is_what_openssl_sees() -> None:
    """The chain handed out is the one on the wire, its own certificate first, each signed by the next."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    with TlsServer(SceneServer(FILES), Certificate.INTERMEDIATE) as server:
        at = f"127.0.0.1:{server.inner.port}"
        shown = subprocess.run(
            ["openssl", "s_client", "-connect", at, "-showcerts", "-CAfile", server.ca_file],
            input=b"", capture_output=True, check=True,
        ).stdout.decode()  # fmt: skip
    pems = [f"{part.partition('-----END')[0]}" for part in shown.split("-----BEGIN CERTIFICATE-----")[1:]]
    seen = [ssl.PEM_cert_to_DER_cert(f"-----BEGIN CERTIFICATE-----{pem}-----END CERTIFICATE-----") for pem in pems]
    unique = list(dict.fromkeys(seen))  # s_client prints the server's own once more
    assert [hashlib.sha256(each).hexdigest() for each in unique] == [
        hashlib.sha256(each).hexdigest() for each in server.chain
    ]
    leaf, intermediate = (x509.load_der_x509_certificate(each) for each in server.chain)
    leaf.verify_directly_issued_by(intermediate)
    assert "Verify return code: 0 (ok)" in shown


def test_programs_trust_it_by_environment() -> None:
    """curl, as any program that heeds SSL_CERT_FILE, trusts the authority by that and not without it."""
    if shutil.which("curl") is None:
        pytest.skip("no curl here")
    with TlsServer(SceneServer(FILES)) as server:
        command = ["curl", "--silent", "--noproxy", "*", server.url()]
        bare = {"PATH": os.environ["PATH"]}
        trusting = {**bare, "SSL_CERT_FILE": str(server.ca_file)}
        assert subprocess.run(command, env=trusting, capture_output=True, check=True).stdout == FILES["/"]
        assert subprocess.run(command, env=bare, capture_output=True, check=False).returncode == 60  # not verified


def test_servers_may_share_an_authority_and_bear_other_names() -> None:
    """Two servers of one authority are trusted by one file; a certificate may be for any name."""
    with (
        TlsServer(SceneServer(FILES)) as one,
        TlsServer(SceneServer(FILES), names=("scene.example",), authority=one.authority) as two,
        socket.create_connection(two.inner.address, timeout=PATIENCE) as plain,
        one.client_context().wrap_socket(plain, server_hostname="scene.example") as client,
    ):
        client.sendall(request("/"))
        assert body_of(read_all(client)) == FILES["/"]


def test_faults_work_behind_tls() -> None:
    """Bodies, big ones too, closes and resets are the same behind TLS, and the end of a body is a proper TLS end."""
    with TlsServer(MisbehavingServer()) as server:
        assert fetch(server, "/big?bytes=3000000") == b"".join(big_body(3_000_000))
        assert fetch(server, "/big?bytes=3000000&by=sendfile") == b"".join(big_body(3_000_000))
        with pytest.raises(http.client.IncompleteRead):
            fetch(server, "/truncated")
        # Python's TLS reports a reset as an end of file (3.11) or as what it is.
        with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
            fetch(server, "/reset")
        with socket.create_connection(server.inner.address, timeout=PATIENCE) as plain:
            strict = server.client_context()
            with strict.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False) as client:
                client.sendall(request("/no-length"))
                assert len(body_of(read_all(client))) == 300_000


def test_mistakes_in_the_handshake_are_no_fault() -> None:
    """A client that speaks no TLS, leaves in the handshake, or stays silent disturbs nobody, nor the stop."""
    with socket.socket() as idle, TlsServer(SceneServer(FILES)) as server:
        with socket.create_connection(server.inner.address, timeout=PATIENCE) as plain:
            plain.sendall(request("/"))
            read_to_the_end(plain)
        socket.create_connection(server.inner.address).close()
        idle.connect(server.inner.address)
        assert fetch(server) == FILES["/"]
    assert not server.ca_file.exists()


def test_a_secured_client_may_stall() -> None:
    """A stall behind TLS is a stall, and ends with the server."""
    with socket.socket() as plain:
        plain.settimeout(PATIENCE)
        with TlsServer(MisbehavingServer()) as server:
            plain.connect(server.inner.address)
            with server.client_context().wrap_socket(plain, server_hostname="localhost") as client:
                client.sendall(request("/stall"))
                read_some(client, 200_000)
                server.inner.__exit__(None, None, None)
