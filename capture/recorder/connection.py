"""urllib3 connections that ask the guard before they connect and remember whom they reached."""

from __future__ import annotations

import socket
import ssl
import threading
import weakref
from contextlib import suppress
from ipaddress import ip_network
from typing import TYPE_CHECKING

import urllib3
import urllib3.connection

from capture.errors import NotFetched
from capture.recorder.address_guard import AddressGuard
from capture.recorder.exchange import Peer, current
from capture.recorder.tls import describe, plain_reason, sent_chain
from capture.recorder.wire import RecordingResponse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from urllib3._base_connection import BaseHTTPConnection
    from urllib3.response import HTTPResponse

    from capture.recorder.stopping import Stop

open_connections: weakref.WeakSet[_Recorded] = weakref.WeakSet()
"""Every connection that may be waiting for a server, so that a stop can wake it."""
_registering = threading.Lock()


PROXY_GUARD = AddressGuard(allow_private=True, networks=tuple(map(ip_network, ("0.0.0.0/0", "::/0"))))
"""For the way to the proxy that the user named."""


class _Recorded(urllib3.connection.HTTPConnection):
    """What plain and TLS connections have in common."""

    response_class = RecordingResponse
    peer = Peer()
    stop: Stop
    """Of the recorder that it belongs to."""
    opening: socket.socket | None = None
    """What is being connected, before it is `sock`."""
    _connecting = False

    def _new_conn(self) -> socket.socket:
        exchange = current.get()
        shared = exchange.shared
        # The user named the proxy, which may well stand on this computer; what it fetches is judged by name before.
        guard = PROXY_GUARD if shared.settings.proxy else shared.guard
        named_by_public = exchange.named_by_public and not shared.settings.proxy
        self.stop = shared.stop
        with _registering:
            open_connections.add(self)
        try:
            self.opening = connection = guard.connect(
                self._dns_host,
                self.port or self.default_port,
                shared.settings.timeout,
                named_by_public=named_by_public,
                stop=shared.stop,
                opening=self._opens,
            )
        except OSError as error:
            raise NotFetched(f"{self.host}: could not connect ({(error.strerror or str(error)).lower()})") from error
        try:
            address = connection.getpeername()
        except OSError as error:  # it is gone again, or a stop has shut it down
            connection.close()
            shared.stop.check()
            raise NotFetched(f"{self.host}: the connection broke as soon as it was made", again=True) from error
        self.peer = Peer(ip=str(address[0]), port=int(address[1]))
        return connection

    def _opens(self, connection: socket.socket) -> None:
        self.opening = connection
        self.stop.check()  # it may have been too early for the wake-up

    def connect(self) -> None:
        self._connecting = True
        try:
            super().connect()
        finally:
            self._connecting = False

    def send(self, data: bytes | bytearray | Iterable[bytes]) -> None:  # type: ignore[override]  # requests sends bytes
        """Send, and keep what was sent as the exchange's request (a proxy's CONNECT is not part of it)."""
        exchange = current.get()
        if isinstance(data, bytes | bytearray) and not self._connecting:
            if self.sock is not None and not exchange.request and not exchange.proxy:
                # A connection that is kept open was judged for the request that opened it, not for this one.
                exchange.shared.guard.demand(self.host, [self.peer.ip], named_by_public=exchange.named_by_public)
            exchange.request += data
        try:
            super().send(data)
        except OSError as error:
            raise NotFetched("the connection broke while the request was sent", again=True) from error

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # urllib3's own return type
        exchange = current.get()
        exchange.peer = self.peer
        exchange.request_sent()
        return super().getresponse()


class RecordedConnection(_Recorded):
    """A plain connection."""


class _WokenSocket(ssl.SSLSocket):
    """A TLS socket whose handshake ends when the capture is to end."""

    def do_handshake(self, block: bool = False) -> None:
        """Shake hands. Raises OSError, also where a stop shuts the socket."""

        def _shut(_: str) -> None:
            with suppress(OSError):
                socket.socket.shutdown(self, socket.SHUT_RDWR)

        # Nobody else can: the plain socket lost its descriptor to this one, which its connection does not know yet.
        with current.get().shared.stop.heeded(_shut):
            super().do_handshake(block)


class RecordedTlsConnection(_Recorded, urllib3.connection.HTTPSConnection):
    """A TLS connection: its chain is taken from it, not from another one."""

    def connect(self) -> None:
        """Connect and keep the certificate chain. Raises NotFetched."""
        shared = current.get().shared
        self.ssl_context = shared.tls_context()
        self.ssl_context.sslsocket_class = _WokenSocket
        try:
            super().connect()
        except (OSError, urllib3.exceptions.SSLError) as error:
            shared.stop.check()  # which shuts the socket under us: say that instead
            raise self._not_connected(error) from error
        self.opening = self.sock  # a response that is the connection's last is read after this has let go of it
        if isinstance(self.sock, ssl.SSLSocket):
            chain = sent_chain(self.sock)
            self.peer.chain = tuple(chain)
            self.peer.tls = describe(self.sock, chain, verified=not shared.settings.insecure)

    def _not_connected(self, error: Exception) -> NotFetched:
        """Say why there is no TLS connection."""
        match error:
            case ssl.SSLError():
                return NotFetched(f"{self.host}: {plain_reason(error)}")
            case urllib3.exceptions.SSLError():
                return NotFetched(f"{self.host}: no TLS connection ({error})")
            case _:
                return NotFetched(f"{self.host}: the connection broke during the TLS handshake", again=True)


class RecordedPool(urllib3.HTTPConnectionPool):
    """A pool of plain connections."""

    ConnectionCls = RecordedConnection


class RecordedTlsPool(urllib3.HTTPSConnectionPool):
    """A pool of TLS connections."""

    ConnectionCls = RecordedTlsConnection

    def _validate_conn(self, conn: BaseHTTPConnection) -> None:
        """Connect early, as urllib3 does, without its warning: that TLS is not verified stands in every record."""
        if conn.is_closed:
            conn.connect()


POOLS = {"http": RecordedPool, "https": RecordedTlsPool}


def wake_all(stop: Stop) -> None:
    """Shut down every socket of the recorder with this stop, so that no thread of it waits for a server."""
    with _registering:
        known = list(open_connections)
    for connection in known:
        for waiting in {connection.sock, connection.opening} if connection.stop is stop else ():
            if waiting is not None:
                with suppress(OSError):  # closed meanwhile
                    waiting.shutdown(socket.SHUT_RDWR)
