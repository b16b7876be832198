from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from capture.browser.guard import BrowserGuard
from capture.recorder.settings import NetworkSettings
from capture.recorder.stopping import Stop
from tests.servers import ForwardProxy, SceneServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Asked = Callable[[BrowserGuard, str, int], tuple[socket.socket, int]]

OPEN = NetworkSettings(allow_private=True)


@pytest.fixture
def asked() -> Iterator[Asked]:
    """Return a function that asks the guard as Chromium does, for the connection and the guard's word."""
    ways = []

    def _ask(guard: BrowserGuard, host: str, port: int) -> tuple[socket.socket, int]:
        way = socket.create_connection(("127.0.0.1", guard.port), timeout=60)
        ways.append(way)
        way.sendall(b"\x05\x01\x00")
        assert way.recv(2) == b"\x05\x00"
        name = host.encode()
        way.sendall(b"\x05\x01\x00\x03" + bytes([len(name)]) + name + port.to_bytes(2, "big"))
        return way, way.recv(10)[1]

    yield _ask
    for way in ways:
        way.close()


@pytest.fixture
def server() -> Iterator[SceneServer]:
    """Return a server that says hello."""
    with SceneServer({"/": b"hello"}) as running:
        yield running


def fetched(way: socket.socket) -> bytes:
    """Return what a request over a way brings."""
    way.sendall(b"GET / HTTP/1.1\r\nHost: scene\r\nConnection: close\r\n\r\n")
    data = b""
    while piece := way.recv(1 << 16):
        data += piece
    return data


def test_a_way_that_is_allowed(server: SceneServer, asked: Asked) -> None:
    """Bytes go both ways, and where they went is known by the browser's own port."""
    guard = BrowserGuard(OPEN, Stop(), lambda *_: False)
    way, word = asked(guard, "localhost", server.port)
    assert word == 0
    found = guard.where(way.getsockname()[1])
    assert found is not None
    assert (found.host, found.port, found.ip) == ("localhost", server.port, "127.0.0.1")
    assert fetched(way).endswith(b"hello")
    guard.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "localhost", "169.254.169.254", "::1"])
def test_private_addresses_are_refused_and_listed(server: SceneServer, host: str, asked: Asked) -> None:
    """As the recorder does, in every spelling; nothing reaches the server."""
    guard = BrowserGuard(NetworkSettings(), Stop(), lambda *_: False)
    _, word = asked(guard, host, server.port)
    ((name, reason, count),) = guard.refused
    assert (word, name, count) == (2, f"{host}:{server.port}", 1)
    assert "not fetched" in reason or "never fetched" in reason
    assert server.requests == []
    guard.close()


def test_what_a_public_server_named_leads_to_no_private_address(server: SceneServer, asked: Asked) -> None:
    """Not even where private addresses are opened for the scene."""
    guard = BrowserGuard(OPEN, Stop(), lambda *_: True)
    assert asked(guard, "127.0.0.1", server.port)[1] == 2
    assert "named by a server at a public address" in guard.refused[0][1]
    guard.close()


def test_the_browsers_maker_is_not_called(asked: Asked) -> None:
    """What the browser asks for by itself is refused unasked; a page that asks for such a host is judged like any."""
    hosts = set[str]()
    guard = BrowserGuard(OPEN, Stop(), lambda *_: False, asked=hosts)
    assert asked(guard, "update.googleapis.com", 443)[1] == 2
    assert guard.refused[0][1] == "the browser calls its maker, and the page does not ask for that"
    hosts.add("nowhere.google.com")
    asked(guard, "nowhere.google.com", 443)
    assert "maker" not in guard.refused[1][1]
    guard.close()


def test_the_proxy_of_the_user_is_asked(server: SceneServer, asked: Asked) -> None:
    """Every connection goes through it."""
    with ForwardProxy() as proxy:
        network = NetworkSettings(allow_private=True, proxy=f"http://127.0.0.1:{proxy.port}")
        guard = BrowserGuard(network, Stop(), lambda *_: False)
        way, word = asked(guard, "localhost", server.port)
        assert word == 0
        assert fetched(way).endswith(b"hello")
        guard.close()


def test_a_guard_that_is_closed_lets_nothing_through(server: SceneServer, asked: Asked) -> None:
    """Ways that were open are shut."""
    guard = BrowserGuard(OPEN, Stop(), lambda *_: False)
    way, _ = asked(guard, "localhost", server.port)
    guard.close()
    assert way.recv(10) == b""
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", guard.port), timeout=60)
