"""A client's connection, on which a handler serves any byte sequence it likes."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.servers.seen import END_OF_HEAD, LONGEST_HEAD, BadRequestError, Seen, body_length, parse_head

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from tests.servers.sent import Answer

    EndOf = Callable[[bytes], int | None]

_PIECE = 1 << 16


class ConnectionOverError(ConnectionError):
    """The client has gone or the server stops: nothing more can be read or sent here."""


class Connection:
    """One connection, used by the thread that serves it; only `interrupt` is for others.

    What a handler may do: `send`, `send_file`, `wait`, then return (the connection stays open for the next request),
    `close` (an orderly end) or `reset` (RST). Every one of them raises an OSError when the client has gone or the
    server stops; a handler need not catch it.
    """

    def __init__(self, client: socket.socket, peer: tuple[str, int], stopping: threading.Event) -> None:
        self.peer = peer
        self.open = True
        self.doomed = False
        """Set by a handler: the next request on this connection is noted, then the connection is closed unanswered."""
        self.answer: Answer | None = None
        """The answer that bytes sent now belong to."""
        self._client = client
        self._pending = b""
        self._stopping = stopping
        self._lock = threading.Lock()
        self._adopted: list[socket.socket] = []

    def handshake(self) -> None:
        """Secure the connection, where it is a TLS one. Raises OSError."""
        if isinstance(self._client, ssl.SSLSocket):
            self._client.do_handshake()

    def read_request(self) -> Seen:
        """Read one request. Raises BadRequestError, ConnectionOverError, OSError."""
        data = self._read_until(lambda held: held.find(END_OF_HEAD) + len(END_OF_HEAD) if END_OF_HEAD in held else None)
        seen = parse_head(data, self.peer, time.monotonic())
        length = body_length(seen)
        body = self._read_until(lambda held: length if len(held) >= length else None, LONGEST_HEAD + length)
        return replace(seen, raw=data + body)

    def receive(self) -> bytes:
        """Return the next bytes from the client, empty at their end. For what is no request (a tunnel)."""
        data, self._pending = self._pending, b""
        return data or self._client.recv(_PIECE)

    @property
    def has_more(self) -> bool:
        """Whether bytes have been read from the socket that nobody has received yet."""
        return bool(self._pending)

    def fileno(self) -> int:
        """Return the socket's number, for a selector."""
        return self._client.fileno()

    def send(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of it. Raises OSError."""
        view = memoryview(data)
        if not self.open:
            raise ConnectionOverError("the handler has closed this connection")
        if self.answer is not None:
            self.answer.add(view)
        gone = 0
        try:
            while gone < len(view):
                gone += self._client.send(view[gone:])
        finally:
            if self.answer is not None and gone < len(view):
                self.answer.take_back(len(view) - gone)

    def send_file(self, file: BinaryIO, count: int) -> None:
        """Send the first `count` bytes of a file by the system's own sendfile; their number alone is noted."""
        file.seek(0)  # where sendfile does not do (TLS), Python reads the file, from where it stands
        gone = self._client.sendfile(file, 0, count)
        if self.answer is not None:
            self.answer.add_unseen(gone)

    def wait(self, seconds: float | None) -> None:
        """Stay silent, for ever where `seconds` is None. Raises ConnectionOverError as soon as the server stops."""
        if self._stopping.wait(seconds):
            raise ConnectionOverError("the server stops")

    def close(self) -> None:
        """End the connection in order: TLS says so too, and the client reads an end of file."""
        if self.open and isinstance(self._client, ssl.SSLSocket):
            self._client.settimeout(0)  # send close_notify, do not wait for the client's
            with contextlib.suppress(OSError, ValueError):  # ValueError: there was no handshake yet
                self._client.unwrap()
        self._close()

    def reset(self) -> None:
        """End the connection with RST: what the client has not read yet may be lost."""
        with contextlib.suppress(OSError):
            # struct linger: on, zero seconds
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._close()

    def adopt(self, other: socket.socket) -> None:
        """Let a further socket of the handler be woken when the server stops. Raises ConnectionOverError."""
        with self._lock:
            self._adopted.append(other)
        self.wait(0)

    def interrupt(self) -> None:
        """Wake the thread that reads or sends here: both fail from now on. Called by the server that stops."""
        with self._lock:
            for each in (self._client, *self._adopted):
                with contextlib.suppress(OSError):  # closed, or gone already
                    # Not SSLSocket.shutdown, which takes the TLS object away from the thread that is using it.
                    socket.socket.shutdown(each, socket.SHUT_RDWR)

    def _close(self) -> None:
        with self._lock:
            self.open = False
            self._client.close()

    def _read_until(self, end_of: EndOf, longest: int = LONGEST_HEAD) -> bytes:
        while (end := end_of(self._pending)) is None:
            if len(self._pending) > longest:
                raise BadRequestError(f"more than {longest} bytes and no end")
            data = self._client.recv(_PIECE)
            if not data:
                raise ConnectionOverError("the client has gone")
            self._pending += data
        data, self._pending = self._pending[:end], self._pending[end:]
        return data
