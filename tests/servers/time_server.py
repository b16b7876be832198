"""A time server (SNTP) on loopback over UDP: an honest one, and one for every way to lie."""

from __future__ import annotations

import socket
import struct
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

FORM = struct.Struct(">BBbbII4sQQQQ")
SINCE_1900 = 2_208_988_800
"""Seconds from the beginning of NTP's first era to that of Unix time."""
_PATIENCE = 0.02


def ntp_time(unix: float) -> int:
    """Return a timestamp of 64 bits, without its era."""
    return round((unix + SINCE_1900) * (1 << 32)) % (1 << 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The fields of an answer; a test changes those that it lies about."""

    originate: int
    receive: int
    transmit: int
    leap: int = 0
    version: int = 4
    mode: int = 4
    stratum: int = 1
    reference: bytes = b"GPS\0"
    root_delay: float = 0.0
    root_dispersion: float = 0.001

    def encode(self) -> bytes:
        """Return the packet."""
        first = self.leap << 6 | self.version << 3 | self.mode
        roots = round(self.root_delay * 65_536), round(self.root_dispersion * 65_536)
        times = self.receive, self.originate, self.receive, self.transmit
        return FORM.pack(first, self.stratum, 6, -20, *roots, self.reference, *times)


class TimeServer:
    """A time server, as a context manager, whose clock is `offset` seconds from this computer's.

    `lie(answer, number)` makes the datagrams that are sent for the request of this number, counted from 0, out of the
    honest answer. With `elsewhere` they are sent from another port; `slow` is how many seconds an answer waits.
    """

    def __init__(
        self,
        *,
        offset: float = 0.0,
        lie: Callable[[Answer, int], bytes | list[bytes]] | None = None,
        elsewhere: bool = False,
        slow: float = 0.0,
    ) -> None:
        self.requests: list[bytes] = []
        self.port = 0
        """Chosen by the system when the server is entered."""
        self._offset = offset
        self._lie = lie or (lambda answer, _: answer.encode())
        self._elsewhere = elsewhere
        self._slow = slow
        self._stopping = threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._thread = threading.Thread(target=self._serve, name="time server", daemon=True)

    def __enter__(self) -> Self:
        for each in (self._socket, self._other):
            each.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._socket.settimeout(_PATIENCE)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()
        self._socket.close()
        self._other.close()

    @property
    def name(self) -> str:
        """What `--ntp` takes."""
        return f"127.0.0.1:{self.port}"

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                data, client = self._socket.recvfrom(2048)
            except TimeoutError:
                continue
            self.requests.append(data)
            received = ntp_time(time.time() + self._offset)
            if self._slow:
                time.sleep(self._slow)
            cookie = FORM.unpack(data)[-1]
            answer = Answer(originate=cookie, receive=received, transmit=ntp_time(time.time() + self._offset))
            sent = self._lie(answer, len(self.requests) - 1)
            for datagram in [sent] if isinstance(sent, bytes) else sent:
                (self._other if self._elsewhere else self._socket).sendto(datagram, client)


def lying(**fields: float | bytes) -> Callable[[Answer, int], bytes]:
    """Return a lie: the honest answer with these fields changed."""
    return lambda answer, _: replace(answer, **fields).encode()  # type: ignore[arg-type]  # fields of an answer
