"""What Chromium's log tells of one HTTP exchange, and who is told of it while it goes on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol

SOCKET_BYTES = "socket bytes as the browser logged them"
# How an exchange of the browser was recorded, as its line and its records say.
LOGGED_FIELDS = "socket bytes as the browser logged them; HTTP/2 heads as fields"

_MOST_REQUEST = 1 << 20  # Bytes of a request that are kept: what a page uploads is its own, and can be without end.
_UNSAFE = re.compile(r"[^\x21-\x7e]")


class UnreadableLog(ValueError):
    """The bytes of a connection are not what the protocol allows: it is given up, and no other."""


@dataclass(slots=True, eq=False)
class LoggedConnection:
    """What is known of the connection that an exchange went over: what the log says, by the browser's own account."""

    local_port: int = 0
    tls_version: str = ""
    cipher_suite: int = 0
    encrypted: bool = False
    chain: tuple[str, ...] = ()  # The certificates that the server sent, in PEM.


@dataclass(slots=True, eq=False)
class LoggedExchange:
    """One request and its answer; times are milliseconds since 1970, by this computer's clock."""

    connection: LoggedConnection
    recorded: str
    method: str
    url: str
    begun: int
    request: bytearray = field(default_factory=bytearray)
    status: int = 0
    head: bytes = b""  # The answer's head; of HTTP/2 its fields, written as HTTP/1.1 writes them.
    answered: bool = False
    chunked: bool = False
    length: int | None = None
    ended: int = 0
    cut: str = ""  # Why the body is not whole, as far as the log tells; "" where it is.
    left: str = ""  # Why the browser did not read to the end, if it said so.

    def send(self, data: bytes) -> None:
        """Take more of the request."""
        self.request += data[: _MOST_REQUEST - len(self.request)]


class ExchangeSink(Protocol):
    """Who keeps what is logged. What it raises ends the reading of the log."""

    def head_arrived(self, exchange: LoggedExchange) -> None:
        """Hear that the answer's head is there; that it is no HTTP, where `head` is empty."""

    def body_arrived(self, exchange: LoggedExchange, raw: bytes, payload: bytes) -> None:
        """Take more of a body: as it came, and without the framing of chunks."""

    def exchange_ended(self, exchange: LoggedExchange) -> None:
        """Hear that nothing more comes of it."""


def address_of(scheme: str, host: str, target: str) -> str:
    """Return the address that a request asks for, with what no address holds percent-encoded."""
    url = target if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", target) else f"{scheme}://{host}{target}"
    return _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("latin-1", "replace")), url)
