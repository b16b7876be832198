"""Connections that ask the guard before they connect, and remember whom they reached."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from base64 import b64encode
from contextlib import suppress
from ipaddress import ip_network
from typing import TYPE_CHECKING, NamedTuple, Self, cast
from urllib.parse import unquote, urlsplit

from capture.errors import NotFetched, Stopped
from capture.recorder.address_guard import AddressGuard
from capture.recorder.exchange import Peer
from capture.recorder.tls import describe, plain_reason, sent_chain
from capture.recorder.wire import RecordingResponse

if TYPE_CHECKING:
    from capture.recorder.exchange import OpenExchange, RecorderContext

# For the way to the proxy that the user named.
PROXY_GUARD = AddressGuard(allow_private=True, networks=tuple(map(ip_network, ("0.0.0.0/0", "::/0"))))
_MOST_IDLE = 64  # Connections that wait for another request; the one that has waited longest is closed.
_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Whom a request goes to (RFC 6454): scheme, host (IPv6 without brackets), and port."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Self:
        """Return the server of a web address. Raises ValueError where there is none."""
        parts = urlsplit(url)
        return cls(parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme])

    @property
    def authority(self) -> str:
        """The host and the port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def named(self) -> str:
        """What a Host field says: the host, and the port where it is not the scheme's own."""
        return self.authority if self.port != _PORTS[self.scheme] else self.authority.rpartition(":")[0]


class Connection:
    """A connection to a server, by way of the user's proxy if there is one."""

    def __init__(self, server: Origin, shared: RecorderContext) -> None:
        self.server = server
        self.exchange: OpenExchange | None = None
        """Whom it serves, or served last."""
        self._shared = shared
        self._peer = Peer()
        self._socket: socket.socket | None = None  # What is being opened, or is open, and what a stop shuts down.
        self._way: socket.socket | None = None  # What is spoken over, once it is open.
        # For which names, public servers' or the user's, the peer was judged: the verdict is always the same.
        self._judged: set[bool] = set()

    def ask(self, exchange: OpenExchange, request: bytes) -> RecordingResponse:
        """Send a request, and return the response once its head has arrived. Raises NotFetched, AddressRefused.

        What came before a failure is kept in the exchange.
        """
        self.exchange = exchange
        if self._way is None:
            self._way = self._connect(exchange)
        elif exchange.named_by_public not in self._judged and not exchange.proxy:
            # A connection that is kept open was judged for the request that opened it, not for this one.
            named_by_public = exchange.named_by_public
            self._shared.guard.demand(self.server.host, [self._peer.ip], named_by_public=named_by_public)
            self._judged.add(named_by_public)
        exchange.request += request
        try:
            self._way.sendall(request)
        except OSError as error:
            self._shared.stop.check()  # which shuts the socket under us: say that instead
            raise NotFetched("the connection broke while the request was sent", again=True) from error
        exchange.peer = self._peer
        exchange.request_sent()
        response = RecordingResponse(self._way, exchange)
        response.begin()
        return response

    @property
    def quiet(self) -> bool:
        """Whether nothing has come that nobody asked for: as a rule, the server's end of the connection."""
        if self._socket is None:
            return False
        if (inner := getattr(self._way, "incoming", None)) is not None and inner.pending:  # TLS within TLS reads ahead
            return False
        if not hasattr(select, "poll"):  # Windows
            return not select.select([self._socket], [], [], 0)[0]
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)

    def wake(self) -> None:
        """Shut it down, so that nobody waits for its server."""
        waiting = self._socket
        if waiting is not None:
            with suppress(OSError):  # closed meanwhile
                # Not the method of a TLS socket: it drops TLS first, and a thread that has just been about to read or
                # send would then take cipher text for the body, or send its request in the clear.
                socket.socket.shutdown(waiting, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close it. More than once does no harm."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()

    def _connect(self, exchange: OpenExchange) -> socket.socket:
        proxy = self._shared.settings.proxy
        # 1. To the server, or to the proxy, which the user named and which may well stand on this computer; what it
        # fetches is judged by name before.
        to = Origin.of(proxy) if proxy else self.server
        plain = self._reached(to, PROXY_GUARD if proxy else self._shared.guard, exchange)
        self._judged.add(exchange.named_by_public)
        try:
            address = plain.getpeername()
        except OSError as error:  # it is gone again, or a stop has shut it down
            self._shared.stop.check()
            raise NotFetched(f"{to.host}: the connection broke as soon as it was made", again=True) from error
        self._peer = Peer(ip=str(address[0]), port=int(address[1]))
        # 2. Behind a proxy, a tunnel to a server with TLS; then TLS with the server itself.
        way = self._secured(plain, to.host) if proxy and to.scheme == "https" else plain
        if self.server.scheme == "http":
            return way
        if proxy:
            self._tunnel(way, exchange)
        secured = self._secured(way, self.server.host)
        seen = getattr(secured, "sslobj", secured)
        chain = sent_chain(seen)
        self._peer.chain = tuple(chain)
        self._peer.tls = describe(seen, chain, verified=not self._shared.settings.insecure)
        return secured

    def _reached(self, to: Origin, guard: AddressGuard, exchange: OpenExchange) -> socket.socket:
        named_by_public = exchange.named_by_public and guard is not PROXY_GUARD
        settings, stop = self._shared.settings, self._shared.stop
        try:
            return guard.connect(
                to.host, to.port, settings.timeout, named_by_public=named_by_public, stop=stop, opening=self._opens
            )
        except OSError as error:
            raise NotFetched(f"{to.host}: could not connect ({(error.strerror or str(error)).lower()})") from error

    def _opens(self, opening: socket.socket) -> None:
        self._socket = opening
        self._shared.stop.check()  # it may have been too early for the wake-up

    def _tunnel(self, proxy: socket.socket, exchange: OpenExchange) -> None:
        """Ask a proxy for a way to the server (RFC 9110 section 9.3.6): no part of the exchange. Raises NotFetched."""
        name = self.server.authority
        fields = [
            f"CONNECT {name} HTTP/1.1",
            f"Host: {name}",
            *(f"{field}: {value}" for field, value in proxy_login(self._shared.settings.proxy)),
        ]
        try:
            proxy.sendall("\r\n".join([*fields, "", ""]).encode("latin-1"))
        except OSError as error:
            self._shared.stop.check()
            raise NotFetched(f"{self.server.host}: the proxy broke off", again=True) from error
        answer = RecordingResponse(proxy, exchange)
        try:
            answer.begin(recorded=False)
        except Stopped:
            raise
        except NotFetched as error:
            raise NotFetched(f"{self.server.host}: no way through the proxy ({error})", again=error.again) from error
        if answer.head.status not in range(200, 300):
            raise NotFetched(f"{self.server.host}: the proxy refused: {answer.head.status} {answer.head.reason[:100]}")

    def _secured(self, way: socket.socket, host: str) -> ssl.SSLSocket:
        """Speak TLS; a second time inside that with a proxy. Raises NotFetched."""
        context, name = self._shared.tls_context(), host.partition("%")[0].rstrip(".")
        try:
            if isinstance(way, ssl.SSLSocket):
                from urllib3.util.ssltransport import SSLTransport

                bounded = cast("ssl.SSLSocket", _Bounded(way, self))
                return cast("ssl.SSLSocket", SSLTransport(bounded, context, name, suppress_ragged_eofs=False))
            # The handshake is a step of its own: until then a stop shuts this socket down, from whatever thread.
            secured = context.wrap_socket(
                way, server_hostname=name, do_handshake_on_connect=False, suppress_ragged_eofs=False
            )
            self._opens(secured)
            secured.do_handshake()
        except OSError as error:
            self._shared.stop.check()  # which shuts the socket under us: say that instead
            if isinstance(error, ssl.SSLError):
                raise NotFetched(f"{host}: {plain_reason(error)}") from error
            if isinstance(error, TimeoutError):
                raise NotFetched(f"{host}: no TLS connection within the time allowed", again=True) from error
            raise NotFetched(f"{host}: the connection broke during the TLS handshake", again=True) from error
        return secured


class _Bounded:
    """What TLS within TLS stands on: it waits for a whole record, so that each piece of one must be worth the wait."""

    def __init__(self, way: ssl.SSLSocket, connection: Connection) -> None:
        self.fileno, self.sendall, self.close = way.fileno, way.sendall, way.close
        self._way = way
        self._connection = connection

    def recv(self, size: int) -> bytes:
        """Return what has come. Raises as `OpenExchange.before_read`, and OSError."""
        if self._connection.exchange is not None:
            self._connection.exchange.before_read()
        return self._way.recv(size)


class Connections:
    """The connections of one recorder. Safe for several threads; close them when done."""

    def __init__(self, shared: RecorderContext) -> None:
        self._shared = shared
        self._lock = threading.Lock()
        self._all: set[Connection] = set()
        self._idle: list[Connection] = []

    def get(self, server: Origin) -> Connection:
        """Return a connection to a server that nobody else has: one that was kept, or a new one, which is not open."""
        while (kept := self._kept(server)) is not None:
            if kept.quiet:
                return kept
            self.drop(kept)
        made = Connection(server, self._shared)
        with self._lock:
            self._all.add(made)
        return made

    def keep(self, connection: Connection) -> None:
        """Take a connection back whose last response came to its end."""
        with self._lock:
            self._idle.append(connection)
            oldest = self._idle.pop(0) if len(self._idle) > _MOST_IDLE else None
        if oldest is not None:
            self.drop(oldest)

    def drop(self, connection: Connection) -> None:
        """Close a connection."""
        with self._lock:
            self._all.discard(connection)
        connection.close()

    def wake(self) -> None:
        """Shut down every connection, so that no thread waits for a server."""
        with self._lock:
            known = list(self._all)
        for connection in known:
            connection.wake()

    def close(self) -> None:
        """Close those that nobody has."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            self.drop(connection)

    def _kept(self, server: Origin) -> Connection | None:
        with self._lock:
            for place in range(len(self._idle) - 1, -1, -1):
                if self._idle[place].server == server:
                    return self._idle.pop(place)
        return None


def proxy_login(proxy: str) -> list[tuple[str, str]]:
    """Return the field with the user name and password of a proxy's address, if it has any (RFC 7617)."""
    parts = urlsplit(proxy)
    if not parts.username:
        return []
    return [basic_login("Proxy-Authorization", unquote(parts.username), unquote(parts.password or ""))]


def basic_login(field: str, user: str, password: str) -> tuple[str, str]:
    """Return a field for Basic authentication (RFC 7617), in UTF-8 where Latin-1 has not all of it."""
    login = f"{user}:{password}"
    coding = "latin-1" if max(login) <= "\xff" else "utf-8"
    return field, f"Basic {b64encode(login.encode(coding)).decode()}"
