"""A forward proxy on loopback: plain requests in absolute form, and tunnels by CONNECT."""

from __future__ import annotations

import base64
import selectors
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.servers.head import small_answer
from tests.servers.raw import RawServer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.servers.connection import Connection
    from tests.servers.seen import Seen

_PIECE = 1 << 16
_HOP_BY_HOP = {"proxy-authorization", "proxy-connection", "connection", "keep-alive"}


class ForwardProxy(RawServer):
    """Forwards what it is asked to, and keeps it in `requests` as it came (absolute URL, or host and port of CONNECT).

    With a `user`, Basic authentication is demanded (407). `routes` says where a host really is, whatever the port:
    `{"scene.example": server.address}`; any other host is looked up as usual. Answers are passed on byte for byte.
    A host that cannot be reached is a 502.
    """

    def __init__(
        self, *, user: str = "", password: str = "", routes: Mapping[str, tuple[str, int]] | None = None
    ) -> None:
        super().__init__(self._forward)
        self._demanded = ""
        if user:
            self._demanded = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self._routes = dict(routes or {})

    def _forward(self, connection: Connection, seen: Seen) -> None:
        if self._demanded not in {"", seen.header("Proxy-Authorization")}:
            demand = ("Proxy-Authenticate", 'Basic realm="proxy"')
            connection.send(small_answer(407, "who are you?\n", [demand]))
            return
        try:
            target = urlsplit(f"//{seen.path}" if seen.method == "CONNECT" else seen.path)
            host, port = target.hostname, target.port or 80
        except ValueError:
            host = None
        if not host or (seen.method != "CONNECT" and target.scheme != "http"):
            connection.send(small_answer(400, "not a target for a proxy\n"))
            return
        try:
            upstream = socket.create_connection(self._routes.get(host, (host, port)), timeout=10)
        except (OSError, UnicodeError) as error:
            connection.send(small_answer(502, f"could not reach {host}: {error}\n"))
            return
        with upstream:
            upstream.settimeout(None)
            connection.adopt(upstream)
            if seen.method == "CONNECT":
                connection.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _tunnel(connection, upstream)
            else:
                upstream.sendall(_origin_form(seen))
                while data := upstream.recv(_PIECE):
                    connection.send(data)
        connection.close()


def _origin_form(seen: Seen) -> bytes:
    target = urlsplit(seen.path)
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    headers = [(name, value) for name, value in seen.headers if name.lower() not in _HOP_BY_HOP]
    lines = [f"{seen.method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + seen.body


def _tunnel(connection: Connection, upstream: socket.socket) -> None:
    """Pass bytes both ways until either side is at its end."""
    if connection.has_more:  # a client that did not wait for our answer to CONNECT
        upstream.sendall(connection.receive())
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        selector.register(upstream, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is upstream:
                    if not (data := upstream.recv(_PIECE)):
                        return
                    connection.send(data)
                else:
                    if not (data := connection.receive()):
                        return
                    upstream.sendall(data)
