"""The only way from the browser to the network: a SOCKS5 server (RFC 1928) on 127.0.0.1, with the recorder's guard.

The browser hands over names, so that it asks no DNS itself; each is resolved, judged and connected to here, as for
the recorder. It calls its maker now and then, whatever it is told: a host of a maker's is reached only where the page
itself has asked for it. What is refused is told the browser, and listed. Whoever else on this computer finds the port
gets no further than the guard lets the browser.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from capture.errors import AddressRefused, NotFetched
from capture.recorder.address_kinds import is_public

if TYPE_CHECKING:
    from capture.recorder.settings import NetworkSettings
    from capture.recorder.stopping import Stop

_PIECE = 256 << 10
_MAKERS = re.compile(
    r"(?:.*\.)?(?:google|googleapis|googleusercontent|gstatic|gvt1|chromium|chrome|microsoft|msn|bing|skype)\.(?:com|org)"
)
_PAGE_LAGS, _LOOK_AGAIN = 1.5, 0.05
_NAME, _IPV4 = 3, 1
_DONE, _NOT_ALLOWED, _UNREACHABLE = 0, 2, 4
_MOST_REFUSED = 500  # Hosts that are listed: a hostile page has no end of them.
_MOST_OPEN = 512
_LONGEST_REPLY = 16 << 10


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a connection of the browser led."""

    host: str
    port: int
    ip: str
    remote_port: int


class BrowserGuard:
    """Listens until it is closed. `named_by_public` says of a host and port whether a public server named it."""

    def __init__(
        self,
        network: NetworkSettings,
        stop: Stop,
        named_by_public: Callable[[str, int], bool],
        reached: Callable[[Reached], None] = lambda _: None,
        *,
        asked: Collection[str] = (),
    ) -> None:
        self._network = network
        self._asked = asked  # Hosts that the page has asked for, as it goes on.
        self._stop = stop
        self._named_by_public = named_by_public
        self._told = reached
        self._reached: dict[int, Reached] = {}
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._refused: Counter[tuple[str, str]] = Counter()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._listen, name="browser-guard", daemon=True).start()

    def where(self, port: int) -> Reached | None:
        """Return where the browser's connection from this port of its own led."""
        return self._reached.get(port)

    @property
    def refused(self) -> list[tuple[str, str, int]]:
        """The hosts that were not connected to, why, and how often each was asked for."""
        with self._lock:
            return [(host, reason, count) for (host, reason), count in self._refused.items()]

    def close(self) -> None:
        """Let nothing through any more."""
        with self._lock:
            waiting = [*self._open]
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        for each in (self._listening, *waiting):
            _shut(each)
        self._listening.close()

    def _listen(self) -> None:
        while True:
            try:
                browser = self._listening.accept()[0]
            except OSError:
                return
            with self._lock:
                full = len(self._open) >= _MOST_OPEN
            if full:
                browser.close()
                continue
            threading.Thread(target=self._serve, args=(browser,), name="browser-way", daemon=True).start()

    def _serve(self, browser: socket.socket) -> None:
        with self._kept(browser), suppress(OSError, ValueError):
            host, port = _asked(browser)
            port_of_browser = browser.getpeername()[1]
            try:
                server = self._connect(host, port)
            except NotFetched as error:
                self._refuse(host, port, str(error))
                refused = isinstance(error, AddressRefused)
                browser.sendall(bytes([5, _NOT_ALLOWED if refused else _UNREACHABLE, 0, 1, *bytes(6)]))
                return
            with self._kept(server):
                peer = server.getpeername()
                self._reached[port_of_browser] = found = Reached(host, port, str(peer[0]), int(peer[1]))
                self._told(found)
                browser.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                browser.sendall(bytes([5, _DONE, 0, 1, *bytes(6)]))
                back = threading.Thread(target=_copy, args=(server, browser), name="browser-back", daemon=True)
                back.start()
                _copy(browser, server)
                back.join()

    def _connect(self, host: str, port: int) -> socket.socket:
        """Open a connection where the address guard allows it. Raises AddressRefused, NotFetched."""
        if _MAKERS.fullmatch(host.lower()) and not self._asked_for(host.lower()):
            raise AddressRefused(f"{host}: the browser calls its maker, and the page does not ask for that")
        public, guard = self._named_by_public(host, port), self._network.guard
        if not self._network.proxy:
            server = guard.connect(host, port, self._network.timeout, named_by_public=public, stop=self._stop)
        else:
            guard.check_name(host, named_by_public=public)
            server = _through_proxy(self._network, host, port, self._stop)
        server.settimeout(None)
        return server

    def _asked_for(self, host: str) -> bool:
        """Say whether the page asks for a host; its word for it may come behind the browser's connection."""
        deadline = time.monotonic() + _PAGE_LAGS
        while host not in self._asked and time.monotonic() < deadline and not self._stop.reason:
            time.sleep(_LOOK_AGAIN)
        return host in self._asked

    def _refuse(self, host: str, port: int, reason: str) -> None:
        with self._lock:
            key = (f"{host}:{port}"[:300], reason.removeprefix(f"{host}: ")[:300])
            if key in self._refused or len(self._refused) < _MOST_REFUSED:
                self._refused[key] += 1

    def _kept(self, each: socket.socket) -> _Kept:
        return _Kept(self._open, self._lock, each)


class _Kept:
    """A socket that `close` of the guard shuts, and that is closed at the end."""

    def __init__(self, among: set[socket.socket], lock: threading.Lock, each: socket.socket) -> None:
        self._among, self._lock, self._each = among, lock, each

    def __enter__(self) -> None:
        with self._lock:
            self._among.add(self._each)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._among.discard(self._each)
        _shut(self._each)
        self._each.close()


def _shut(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)


def _asked(browser: socket.socket) -> tuple[str, int]:
    """Read whom the browser wants to reach. Raises ValueError for what is no SOCKS5, OSError at its end."""
    browser.settimeout(30)
    version, methods = _exactly(browser, 2)
    _exactly(browser, methods)
    if version != 5:  # noqa: PLR2004 - the protocol's version
        raise ValueError
    browser.sendall(b"\x05\x00")
    kind = _exactly(browser, 4)[3]
    if kind == _NAME:
        host = _exactly(browser, _exactly(browser, 1)[0]).decode("ascii")
    else:
        family, length = (socket.AF_INET, 4) if kind == _IPV4 else (socket.AF_INET6, 16)
        host = socket.inet_ntop(family, _exactly(browser, length))
    port = int.from_bytes(_exactly(browser, 2), "big")
    browser.settimeout(None)
    return host, port


def _exactly(source: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = source.recv(count - len(data))
        if not piece:
            raise OSError
        data += piece
    return data


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Hand everything on, and then that it is over; the other direction goes on."""
    view = memoryview(bytearray(_PIECE))
    with suppress(OSError):
        while count := source.recv_into(view):
            target.sendall(view[:count])
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _through_proxy(network: NetworkSettings, host: str, port: int, stop: Stop) -> socket.socket:
    """Ask the user's HTTP proxy for a way to a host (RFC 9110 section 9.3.6). Raises NotFetched."""
    from capture.recorder.connection import PROXY_GUARD

    parts = urlsplit(network.proxy)
    server = PROXY_GUARD.connect(parts.hostname or "", parts.port or 80, network.timeout, stop=stop)
    name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {name} HTTP/1.1", f"Host: {name}"]
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        lines.append(f"Proxy-Authorization: Basic {b64encode(login).decode()}")
    try:
        server.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        reply = b""
        while b"\r\n\r\n" not in reply and len(reply) < _LONGEST_REPLY:
            reply += _exactly(server, 1)
    except OSError as error:
        server.close()
        raise NotFetched(f"{host}: the proxy broke off") from error
    if reply.split(b" ", 2)[1:2] != [b"200"]:
        server.close()
        raise NotFetched(f"{host}: the proxy refused: {reply.partition(bytes([13]))[0].decode('latin-1')[:100]}")
    return server


def is_public_way(found: Reached) -> bool:
    """Say whether a connection led to a public address."""
    return is_public(found.ip)
