"""Chromium's own log of its network (NetLog, capture mode Everything), read while it is written.

The log is JSON, an event a line, with the keys sorted, so that the event's type stands last: lines that say nothing of
interest are passed over undecoded. Of each socket it holds every byte, after TLS is taken off; the exchanges are read
from these bytes and not from what the browser made of them. Names of events are internals of Chromium: whether they
are there is looked at in the log's first line, before anything relies on it.

One bad line costs that line; a connection whose bytes cannot be understood is given up alone. Both are counted.
"""

from __future__ import annotations

import binascii
import json
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from capture.browser.http1 import Http1
from capture.browser.http2 import PREFACE, Http2
from capture.browser.logged import ExchangeSink, LoggedConnection, LoggedExchange, UnreadableLog

_PLAIN = {"SOCKET_BYTES_SENT": True, "SOCKET_BYTES_RECEIVED": False}
_DECIPHERED = {"SSL_SOCKET_BYTES_SENT": True, "SSL_SOCKET_BYTES_RECEIVED": False}
_BYTES = _PLAIN | _DECIPHERED  # Events with bytes, and whether the browser sent them.
_FACTS = (
    "TCP_CONNECT", "SSL_CONNECT", "SSL_CERTIFICATES_RECEIVED", "SOCKET_ALIVE", "SOCKET_CLOSED", "SOCKET_READ_ERROR",
    "SSL_READ_ERROR", "URL_REQUEST_START_JOB", "HTTP_TRANSACTION_SEND_REQUEST",
)  # fmt: skip
# Without these events there is no record, and the self-test of `doctor` fails.
NEEDED = (*_BYTES, "TCP_CONNECT", "SSL_CONNECT", "SSL_CERTIFICATES_RECEIVED", *_FACTS[-2:])

_BEGIN, _END = 1, 2
_LONGEST_LINE = 4 << 20
_MOST_URL = 8192


class _Application(Protocol):
    def sent(self, data: bytes, at: int) -> None: ...
    def received(self, data: bytes, at: int) -> None: ...
    def closed(self, at: int, why: str) -> None: ...


class _Socket:
    """One socket of the browser: what it carries is told by its first bytes."""

    def __init__(self, log: NetLog) -> None:
        self.facts = LoggedConnection()
        self.deciphered = False
        self._log = log
        self._application: _Application | None = None
        # What was received and what was sent, while it is not known what it is.
        self._held: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._is_open = True

    def begin_tls(self) -> None:
        """Hear that what follows counts only as it is under TLS."""
        self.deciphered = self.facts.encrypted = True
        self._held = (bytearray(), bytearray())

    def feed(self, data: bytes, at: int, *, sent: bool) -> None:
        """Take bytes. What cannot be understood closes this connection for the record, and no other."""
        if not self._is_open:
            return
        try:
            if self._application is None:
                self._held[sent].extend(data)
                self._begin(at)
            elif sent:
                self._application.sent(data, at)
            else:
                self._application.received(data, at)
        except UnreadableLog as error:
            self._log.given_up += 1
            self.close(at, f"the connection's bytes could not be read: {error}")

    def close(self, at: int, why: str) -> None:
        """Hear that it is over."""
        if self._is_open and self._application is not None:
            self._is_open = False
            self._application.closed(at, why)
        self._is_open = False

    def _begin(self, at: int) -> None:
        # The first bytes tell what it carries: the talk with our own guard goes, then HTTP/2 by its preface, or HTTP/1.
        received, sent = self._held
        if not self.deciphered and sent[:1] == b"\x05" and not _without_socks(received, sent):
            return
        if not sent or (len(sent) < len(PREFACE) and PREFACE.startswith(sent)):
            return
        self._held = (bytearray(), bytearray())
        if self._log.sink is None or not self._log.belongs(self.facts.local_port):
            self._is_open = False  # of a page before
            return
        kind = Http2 if sent.startswith(PREFACE) else Http1
        self._application = kind(self.facts, self._log.sink, self._log.exchange_begun)
        self._application.sent(bytes(sent), at)
        if received:
            self._application.received(bytes(received), at)


def _without_socks(received: bytearray, sent: bytearray) -> bool:
    """Take the talk with our guard (RFC 1928, no authentication) off both sides; say whether it is at its end."""
    # Sent: 05 01 00, then 05 01 00 03 length name port. Received: 05 00, then 05 reply 00 01 and six bytes.
    if len(sent) < 8 or len(sent) < 8 + sent[7] + 2 or len(received) < 12:  # noqa: PLR2004 - see above
        return False
    del sent[: 8 + sent[7] + 2]
    del received[:12]
    return True


class NetLog:
    """Reads a log as it comes, and tells `sink` of every exchange in it."""

    def __init__(self, sink: ExchangeSink | None = None) -> None:
        self.sink = sink  # Who is told; None while no page is shown.
        # Says of a connection, by the browser's own port, whether it is one of the page's.
        self.belongs: Callable[[int], bool] = lambda _: True
        self._lock = threading.RLock()
        self._mark, self._passed = "", threading.Event()
        self.begun = False  # Whether the first line has come, so that the browser does write a log.
        self.missing: tuple[str, ...] = ()  # Needed events that this version of the browser does not know.
        self.ended = False  # Whether the log was written to its own end.
        self.bad_lines = self.given_up = 0
        self.requests: Counter[str] = Counter()  # Requests that the browser says it sent, by address.
        # Exchanges that were found, by address: the same, where the record is complete.
        self.exchanges: Counter[str] = Counter()
        self._open: dict[int, LoggedExchange] = {}
        self._buffer = bytearray()
        self._too_long = False
        self._names: dict[int, str] = {}
        self._offset = 0
        self._sockets: dict[int, _Socket] = {}
        self._asked: dict[int, str] = {}  # The address that each of the browser's requests is at.
        self._latest = 0

    def open_addresses(self) -> set[str]:
        """Return the addresses of exchanges that are not at their end. Safe for another thread."""
        return {each.url for each in list(self._open.values()) if not each.ended and not each.left}

    def exchange_begun(self, exchange: LoggedExchange) -> None:
        """Hear of a request on one of the sockets."""
        self.exchanges[_web(exchange.url)] += 1
        self._open[id(exchange)] = exchange
        if len(self._open) > 256:  # noqa: PLR2004 - what has ended is swept now and then
            self._open = {key: each for key, each in self._open.items() if not each.ended}

    def begin_page(self, sink: ExchangeSink, belongs: Callable[[int], bool]) -> None:
        """Tell `sink` of the exchanges from now on, and count anew."""
        with self._lock:
            self.sink, self.belongs = sink, belongs
            self.bad_lines = self.given_up = 0
            self.requests, self.exchanges = Counter(), Counter()
            self._open, self._asked = {}, {}

    def mark(self, url: str) -> threading.Event:
        """Return what is set once the log says that the browser asks for this address."""
        with self._lock:
            self._mark, self._passed = url, threading.Event()
            return self._passed

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the log. Raises what the sink raises."""
        with self._lock:
            self._feed(data)

    def _feed(self, data: bytes) -> None:
        *lines, rest = data.split(b"\n")
        for line in lines:
            whole = bytes(self._buffer) + line if self._buffer else line
            self._buffer.clear()
            if not self._too_long:
                self._line(whole)
            self._too_long = False
        if len(self._buffer) + len(rest) > _LONGEST_LINE:
            self._buffer, self._too_long = bytearray(), True
            self.bad_lines += 1
        elif not self._too_long:
            self._buffer += rest

    def finish(self, why: str) -> None:
        """Hear that the log is over, or the page: what is open is cut, for the reason `why`."""
        with self._lock:
            for socket in self._sockets.values():
                socket.close(self._latest, why)
            self._sockets.clear()

    def unrecorded(self) -> list[str]:
        """Return the addresses of requests that were sent and of which no exchange was found."""
        return sorted((self.requests - self.exchanges).elements())

    def _line(self, line: bytes) -> None:
        try:
            self._read(line)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            self.bad_lines += 1

    def _read(self, line: bytes) -> None:
        # 1. The first line has the numbers of the events; a service that was started anew begins with one, too.
        if line.startswith(b'{"constants":'):
            self._begin(line)
        elif line.startswith(b"]"):
            self.ended = True
        elif line.startswith(b"{") and self._names:
            # 2. The type stands last in a line: of most lines nothing else is read.
            kind = line[line.rfind(b'"type":') + 7 :].rstrip(b"},\r ")
            name = self._names.get(int(kind))
            if name in _BYTES:
                self._bytes(name, line)
            elif name is not None:
                event = json.loads(line.rstrip().rstrip(b","))
                at = int(event["time"]) + self._offset
                self._event(name, event["source"]["id"], event["phase"], event.get("params") or {}, at)

    def _begin(self, line: bytes) -> None:
        """Read the first line; a network service that was started again writes a new one, and numbers anew."""
        self.finish("the browser's network service ended")
        self._asked.clear()
        constants = json.loads(line.rstrip().rstrip(b",") + b"}")["constants"]
        numbers: dict[str, int] = constants["logEventTypes"]
        self._offset = int(constants["timeTickOffset"])
        self._names = {numbers[name]: name for name in (*_BYTES, *_FACTS) if name in numbers}
        self.missing = tuple(name for name in NEEDED if name not in numbers)
        self.begun = True

    def _bytes(self, name: str, line: bytes) -> None:
        """Take an event with bytes without decoding its JSON: they are most of the log."""
        # Such as {"params":{"byte_count":9,"bytes":"AAA="},"phase":0,"source":{"id":35,…},"time":"2","type":3},
        # 1. Which socket; under TLS only what is deciphered counts.
        place = line.rindex(b'"source":{"id":') + 15
        socket = self._socket(int(line[place : line.index(b",", place)]))
        if socket.deciphered and name in _PLAIN:
            return
        # 2. When, by this computer's clock.
        place = line.rindex(b'"time":"') + 8
        self._latest = int(line[place : line.index(b'"', place)]) + self._offset
        # 3. The bytes. A line with their number alone says nothing, and counts as a bad one.
        place = line.find(b'"bytes":"')
        if place < 0 and b'"byte_count":0' not in line:
            raise ValueError
        data = binascii.a2b_base64(line[place + 9 : line.index(b'"', place + 9)]) if place > 0 else b""
        socket.feed(data, self._latest, sent=_BYTES[name])

    def _socket(self, number: int) -> _Socket:
        found = self._sockets.get(number)
        if found is None:
            found = self._sockets[number] = _Socket(self)
        return found

    def _event(self, name: str, source: int, phase: int, params: dict[str, Any], at: int) -> None:
        match name:
            case "TCP_CONNECT" if phase == _END:
                with suppress(ValueError):
                    self._socket(source).facts.local_port = int(params.get("local_address", "").rpartition(":")[2])
            case "SSL_CONNECT":
                self._tls(self._socket(source), phase, params)
            case "SSL_CERTIFICATES_RECEIVED":
                self._socket(source).facts.chain = tuple(map(str, params.get("certificates", ())))[:32]
            case "URL_REQUEST_START_JOB" if phase == _BEGIN:
                self._asked[source] = url = str(params["url"]).partition("#")[0]
                if url == self._mark:
                    self._passed.set()
            case "HTTP_TRANSACTION_SEND_REQUEST" if phase == _BEGIN:
                self.requests[_web(self._asked.get(source, ""))] += 1
            case "SOCKET_READ_ERROR" | "SSL_READ_ERROR":
                self._close(source, at, "the connection broke")
            case "SOCKET_CLOSED" | "SOCKET_ALIVE" if name == "SOCKET_CLOSED" or phase == _END:
                self._close(source, at, "the connection was closed before the end")
            case _:
                pass

    def _tls(self, socket: _Socket, phase: int, params: dict[str, Any]) -> None:
        if phase == _BEGIN:
            socket.begin_tls()
        elif "version" in params:
            socket.facts.tls_version = str(params["version"])[:20]
            socket.facts.cipher_suite = int(params.get("cipher_suite", 0))

    def _close(self, source: int, at: int, why: str) -> None:
        socket = self._sockets.pop(source, None)
        if socket is not None:
            socket.close(at, why)


def _web(url: str) -> str:
    """Return an address as both sides of the comparison write it: a WebSocket begins as an HTTP request."""
    if url.startswith(("ws:", "wss:")):
        url = f"http{url[2:]}"
    return url[:_MOST_URL]
