"""What the tests of the log share: a sink that remembers, and the log that Chromium would write of given bytes."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from capture.browser.netlog import NEEDED

if TYPE_CHECKING:
    from capture.browser.logged import LoggedExchange

BEGAN = 1_790_000_000_000
"""Milliseconds: the zero of the log's own times."""
EVENTS = {name: number for number, name in enumerate([*NEEDED, "SOCKET_CLOSED", "SOCKET_ALIVE", "SOMETHING_ELSE"], 1)}


@dataclass
class Remembered:
    """A sink that keeps every exchange in memory, with its body as it came and without framing."""

    raw: dict[str, bytes] = field(default_factory=dict)
    payload: dict[str, bytes] = field(default_factory=dict)
    ended: list[LoggedExchange] = field(default_factory=list)

    def head_arrived(self, exchange: LoggedExchange) -> None:
        """Begin with nothing."""
        self.raw[exchange.url] = self.payload[exchange.url] = b""

    def body_arrived(self, exchange: LoggedExchange, raw: bytes, payload: bytes) -> None:
        """Add what came."""
        self.raw[exchange.url] += raw
        self.payload[exchange.url] += payload

    def exchange_ended(self, exchange: LoggedExchange) -> None:
        """Remember it."""
        self.ended.append(exchange)

    def one(self) -> LoggedExchange:
        """Return the one exchange that there is."""
        (exchange,) = self.ended
        return exchange


class WrittenLog:
    """Writes a log as Chromium does: a line an event, keys sorted, the event's type last."""

    def __init__(self, events: dict[str, int] | None = None) -> None:
        self._events = EVENTS if events is None else events
        constants = {"logEventTypes": self._events, "timeTickOffset": str(BEGAN), "netError": {}}
        self.lines = [json.dumps({"constants": constants})[:-1] + ",", '"events": [']
        self._now = 0

    def event(self, name: str, socket: int, phase: int = 0, **params: object) -> None:
        """Add an event, a millisecond after the last."""
        self._now += 1
        source = {"id": socket, "start_time": "1", "type": 10}
        line = {"params": params, "phase": phase, "source": source, "time": str(self._now), "type": self._events[name]}
        self.lines.append(json.dumps(line, separators=(",", ":")) + ",")

    def socket_bytes(self, socket: int, data: bytes, *, sent: bool, tls: bool = False) -> None:
        """Add bytes of a socket."""
        name = f"{'SSL_' if tls else ''}SOCKET_BYTES_{'SENT' if sent else 'RECEIVED'}"
        if data:
            self.event(name, socket, 0, byte_count=len(data), bytes=base64.b64encode(data).decode())
        else:
            self.event(name, socket, 0, byte_count=0)

    def __bytes__(self) -> bytes:
        """Return all that was written, with the log's own end."""
        return "\n".join([*self.lines, "]}"]).encode() + b"\n"
