"""The tap on the wire: every byte of a response is kept before any parser can stumble over it."""

from __future__ import annotations

import http.client
import io
from typing import TYPE_CHECKING

from capture.errors import NotFetched
from capture.recorder.exchange import current

if TYPE_CHECKING:
    import socket

    from _typeshed import WriteableBuffer

    from capture.recorder.exchange import OpenExchange

_BUFFER = _LONGEST_LINE = 1 << 16


class Tap(io.RawIOBase):
    """Reads from a socket and shows each piece to the exchange."""

    def __init__(self, connection: socket.socket, exchange: OpenExchange) -> None:
        self._socket = connection.makefile("rb", buffering=0)
        self._exchange = exchange

    def readable(self) -> bool:
        """Say that this stream is for reading."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill `buffer` with what has come. Raises NotFetched, Stopped."""
        self._exchange.before_read()
        try:
            count = self._socket.readinto(buffer) or 0
        except TimeoutError as error:
            seconds = self._exchange.around.settings.timeout
            raise NotFetched(f"the server fell silent for {seconds:g} s", again=True) from error
        except OSError as error:
            self._exchange.before_read()  # a stop closes the socket under us: say that instead
            raise NotFetched(f"the connection broke ({(error.strerror or str(error)).lower()})", again=True) from error
        if count:
            self._exchange.after_read(memoryview(buffer)[:count])
        return count

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()
        super().close()


class _LineCounter(io.BufferedReader):
    """Counts the bytes of the lines read, which is how long a response's head is."""

    lines = 0

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Return what one read brings, instead of waiting until `buffer` is full."""
        return self.readinto1(buffer)

    def readline(self, size: int | None = -1) -> bytes:
        line = super().readline(-1 if size is None else size)
        self.lines += len(line)
        return line


class RecordingResponse(http.client.HTTPResponse):
    """A response whose bytes pass through the tap."""

    def __init__(
        self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.fp.close()
        self.exchange = current.get()
        self.fp = self._lines = _LineCounter(Tap(sock, self.exchange), _BUFFER)
        self._head_start = 0
        self._taken = 0

    def _read_status(self) -> tuple[str, int, str]:
        """Read the status line that counts: interim answers (1xx, RFC 9110 section 15.2) come before it."""
        while True:
            self._head_start = self._lines.lines
            line: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]  # not in the stubs
            if not 101 < line[1] < 200:  # noqa: PLR2004 - 100 is http.client's own business, 101 changes the protocol
                return line
            while self._lines.readline(_LONGEST_LINE) not in {b"\r\n", b"\n", b""}:
                continue

    def begin(self) -> None:
        """Read the head. Raises NotFetched where it is none."""
        if self.headers is not None:
            return
        try:
            super().begin()
        except http.client.RemoteDisconnected as error:
            self.exchange.before_read()  # a stop closes the socket under us: say that instead
            raise NotFetched("the server closed the connection without an answer", again=True) from error
        except (http.client.HTTPException, ValueError) as error:
            raise NotFetched(f"the server's answer is not valid HTTP ({_plain(error)})") from error
        self.exchange.head_arrived(self, self._head_start, self._lines.lines)

    def read_piece(self, buffer: memoryview) -> int:
        """Fill `buffer` with what one wait for the server brings; return how much, 0 at the end of the body.

        Never waits for more while something is there: it would be lost if the wait ended in a failure.
        """
        if self.isclosed():
            return 0
        if self.chunked:
            piece = self.read1(len(buffer))
            buffer[: len(piece)] = piece
            return len(piece)
        ahead = self.exchange.wire_size - self._lines.lines - self._taken  # read together with the head
        count = self.readinto(buffer[:ahead] if ahead > 0 else buffer)
        self._taken += count
        return count


def _plain(error: Exception) -> str:
    if isinstance(error, http.client.BadStatusLine):
        return "no status line"
    return str(error)[:100] or type(error).__name__
