"""The forward proxy."""

from __future__ import annotations

import base64
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.patience import PATIENCE
from tests.servers import ForwardProxy, MisbehavingServer, SceneServer, TlsServer
from tests.servers.asking import ask, body_of, read_some, request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = {"/": b"<!doctype html><title>Beyond</title>", "/a?b=c": b"query"}


@pytest.fixture
def scene() -> Iterator[SceneServer]:
    """Run a server behind the proxy."""
    with SceneServer(FILES) as server:
        yield server


def curl(proxy: ForwardProxy, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    """Run curl through a proxy."""
    if shutil.which("curl") is None:
        pytest.skip("no curl here")
    command = ["curl", "--silent", "--noproxy", "", "--max-time", "10", "--proxy", proxy.url(), *arguments]
    return subprocess.run(command, capture_output=True, check=False)


def test_absolute_form(scene: SceneServer) -> None:
    """A plain request comes with its whole URL, goes on in origin form, and the answer comes back byte for byte."""
    with ForwardProxy() as proxy:
        sent = request(scene.url("/a?b=c"), "Proxy-Connection: x", "X-Mine: yes")
        got = ask(proxy, sent)
    assert got == scene.sent["/a?b=c"][0].data
    assert [seen.path for seen in proxy.requests] == [scene.url("/a?b=c")]
    assert proxy.requests[0].raw == sent
    (seen,) = scene.requests
    assert (seen.path, seen.header("X-Mine"), seen.header("Proxy-Connection")) == ("/a?b=c", "yes", "")


def test_connect(scene: SceneServer) -> None:
    """CONNECT opens a tunnel, through which TLS goes untouched."""
    with ForwardProxy() as proxy, TlsServer(SceneServer(FILES)) as secured:
        done = curl(proxy, "--cacert", secured.ca_file, secured.url())
        assert (done.returncode, done.stdout) == (0, FILES["/"])
        assert [(seen.method, seen.path) for seen in proxy.requests] == [("CONNECT", f"127.0.0.1:{secured.inner.port}")]
        assert curl(proxy, "--proxytunnel", scene.url()).stdout == FILES["/"]


def test_authentication(scene: SceneServer) -> None:
    """Without the right name and password the answer is 407, and nothing goes on; the proxy's are not passed on."""
    with ForwardProxy(user="me", password="s:ecret") as proxy:  # noqa: S106 - it protects nothing
        assert ask(proxy, request(scene.url())).startswith(b"HTTP/1.1 407 ")
        assert ask(proxy, request(scene.url(), "Proxy-Authorization: Basic bWU6")).startswith(b"HTTP/1.1 407 ")
        assert ask(proxy, request("127.0.0.1:1", method="CONNECT")).startswith(b"HTTP/1.1 407 ")
        assert scene.requests == []
        right = base64.b64encode(b"me:s:ecret").decode()
        assert body_of(ask(proxy, request(scene.url(), f"Proxy-Authorization: Basic {right}"))) == FILES["/"]
        assert scene.requests[0].header("Proxy-Authorization") == ""
        assert curl(proxy, "--proxy-user", "me:s:ecret", scene.url()).stdout == FILES["/"]


def test_the_proxy_resolves(scene: SceneServer) -> None:
    """A host that only the proxy knows is reached through it, whatever the port."""
    with ForwardProxy(routes={"scene.example": scene.address}) as proxy:
        assert body_of(ask(proxy, request("http://scene.example/"))) == FILES["/"]
        assert curl(proxy, "--proxytunnel", "http://scene.example:8080/").stdout == FILES["/"]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/", 400),
        ("https://127.0.0.1/", 400),
        ("file:///etc/passwd", 400),
        ("http://", 400),
        ("http://127.0.0.1:99999/", 400),
        ("http://[::1/", 400),
        ("http://127.0.0.1:1/", 502),
        ("http://%s/" % ("a" * 70), 502),
    ],
)
def test_what_cannot_be_forwarded(target: str, status: int) -> None:
    """A target that is none, or cannot be reached, is answered so, and harms nobody."""
    with ForwardProxy() as proxy:
        assert ask(proxy, request(target)).startswith(b"HTTP/1.1 %d " % status)
        assert ask(proxy, request("nonsense", method="CONNECT"))[9:12] in {b"400", b"502"}


def test_faults_come_through() -> None:
    """What breaks behind the proxy breaks before it, and a stall there does not hold up the proxy's end."""
    with MisbehavingServer() as server, socket.socket() as client, socket.socket() as tunnel:
        client.settimeout(PATIENCE)
        tunnel.settimeout(PATIENCE)
        with ForwardProxy() as proxy:
            assert len(body_of(ask(proxy, request(server.url("/truncated"))))) == 300_000
            assert ask(proxy, request(server.url("/no-answer"))) == b""
            client.connect(proxy.address)
            client.sendall(request(server.url("/stall")))
            tunnel.connect(proxy.address)
            tunnel.sendall(request(f"127.0.0.1:{server.port}", method="CONNECT") + request("/stall"))
            for each in (client, tunnel):
                read_some(each, 200_000)
