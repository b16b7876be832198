"""The tap on the wire: every byte of a response is kept before any parser can stumble over it.

A server may send interim answers, header fields, chunk sizes and trailers without end, so each has a bound, and all of
them together count into the exchange's time. What is beyond a bound is no valid HTTP for us; its bytes are kept.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from capture.errors import NotFetched
from capture.recorder.tls import EndedUnsaid
from hashing.errors import BadFormat
from hashing.warc.http_head import Framing, ResponseHead, parse_head

if TYPE_CHECKING:
    import socket

    from _typeshed import WriteableBuffer

    from capture.recorder.exchange import OpenExchange

_BUFFER = 1 << 16
_LONGEST_LINE = 1 << 16
LARGEST_HEADS = 256 << 10  # Bytes of a response's head and of all interim answers before it; Chrome takes as much.
MOST_FIELDS = 256  # Lines of one head, and of the trailer.
MOST_INTERIM = 20  # Interim answers (1xx, RFC 9110 section 15.2) before the one that counts.
_LONGEST_CHUNK_LINE = 1 << 12
# Hexadecimal digits: less than 2^60 bytes, which no body has.
_MOST_CHUNK_DIGITS = 15
# Bytes by which the framing of chunks may exceed what `_FRAMING` bytes a chunk and twice its data allow, as in Go.
_OVERHEAD = 16 << 10
_FRAMING = 16
_SWITCHING, _FINAL = 101, 200


class Tap(io.RawIOBase):
    """Reads from a socket and shows each piece to the exchange, once its request is out (not a proxy's answer)."""

    def __init__(self, connection: socket.socket, exchange: OpenExchange) -> None:
        self._socket = connection
        self._exchange = exchange
        self.unsaid = False
        """Whether the connection ended without TLS's own end."""

    def readable(self) -> bool:
        """Say that this stream is for reading."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill `buffer` with what has come. Raises NotFetched, Stopped."""
        self._exchange.before_read()
        try:
            count = self._socket.recv_into(buffer)
        except TimeoutError as error:
            seconds = self._exchange.shared.settings.timeout
            raise NotFetched(f"the server fell silent for {seconds:g} s", again=True) from error
        except EndedUnsaid:
            count, self.unsaid = 0, True
        except OSError as error:
            self._exchange.before_read()  # a stop closes the socket under us: say that instead
            raise NotFetched(f"the connection broke ({(error.strerror or str(error)).lower()})", again=True) from error
        if not count:
            self._exchange.shared.stop.check()  # which ends the stream here: it is no end that the server made
        if count and self._exchange.sent:
            self._exchange.after_read(memoryview(buffer)[:count])
        return count


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


class RecordingResponse:
    """A response whose bytes pass through the tap, and whose head and chunks are read within bounds."""

    head: ResponseHead  # What its head says; there once `begin` has returned.
    framing = Framing()

    def __init__(self, connection: socket.socket, exchange: OpenExchange) -> None:
        self.exchange = exchange
        self._tap = Tap(connection, exchange)
        self._lines = _LineCounter(self._tap, _BUFFER)
        self._taken = 0
        self._left = 0  # Bytes of the current chunk that are still to come.
        self._begun = False  # Whether a chunk has begun, whose end is to be read before the next.
        self._excess = 0
        self._ended = False  # Whether there is no more of the body.

    @property
    def reusable(self) -> bool:
        """Whether it came to its end, with nothing behind that, and another may follow it on the same connection."""
        return self._ended and not self._ahead and not self.framing.closes and self.head.status != _SWITCHING

    @property
    def _ahead(self) -> int:
        """How many bytes have come that are not read yet."""
        return self.exchange.wire_size - self._lines.lines - self._taken

    def begin(self, *, recorded: bool = True) -> None:
        """Read the head that counts, and pass over the interim answers before it. Raises NotFetched.

        It is not `recorded` where it is the answer of a proxy, to another question than the exchange's.
        """
        for _ in range(MOST_INTERIM + 1):
            start = self._lines.lines
            try:
                self.head = parse_head(self._read_head())
                if self.head.status < _FINAL and self.head.status != _SWITCHING:
                    continue
                self.framing = self.head.framing(self.exchange.method)
            except BadFormat as error:
                raise NotFetched(f"the server's answer is not valid HTTP ({error})") from error
            if recorded:
                self.exchange.head_arrived(self.head, self.framing, start, self._lines.lines)
            return
        raise NotFetched(f"the server's answer is not valid HTTP (more than {MOST_INTERIM} interim answers)")

    def _read_head(self) -> bytes:
        """Read lines up to the empty one. Raises BadFormat where there are too many, NotFetched where they end."""
        lines: list[bytes] = []
        while len(lines) <= MOST_FIELDS + 1:
            line = self._lines.readline(_LONGEST_LINE + 1)
            lines.append(line)
            if line in {b"\r\n", b"\n"} and len(lines) > 1:
                return b"".join(lines)
            if not line.endswith(b"\n") and len(line) <= _LONGEST_LINE:
                self.exchange.before_read()  # a stop closes the socket under us: say that instead
                if self._lines.lines:
                    raise NotFetched("the connection ended inside the head of the answer", again=True)
                raise NotFetched("the server closed the connection without an answer", again=True)
            if len(lines) == 1:
                parse_head(line)  # what is no HTTP is not waited for to its end
            if len(line) > _LONGEST_LINE or self._lines.lines > LARGEST_HEADS:
                raise BadFormat("its head is too long")
        raise BadFormat(f"more than {MOST_FIELDS} header fields")

    def read_piece(self, buffer: memoryview) -> int:
        """Fill `buffer` with what one wait for the server brings; return how much, 0 at the end of the body.

        Never waits for more while something is there: it would be lost if the wait ended in a failure.
        Raises NotFetched where the body's chunks are not valid.
        """
        if self._ended:
            return 0
        if self.framing.chunked:
            return self._read_chunk(buffer)
        if self.framing.length is not None:
            buffer = buffer[: self.framing.length - self._taken]
        ahead = self._ahead  # read together with the head
        count = self._lines.readinto(buffer[:ahead] if ahead > 0 else buffer) if buffer else 0
        self._taken += count
        if self._tap.unsaid and self.framing.length is None:
            # RFC 9112, section 9.8: anyone on the way could have ended it. What has a length or chunks tells by itself.
            raise NotFetched("the connection ended without TLS's own end, so the body may be cut", again=True)
        self._ended = not count or self._taken == self.framing.length
        return count

    def _read_chunk(self, buffer: memoryview) -> int:
        """Take chunked coding off (RFC 9112 section 7.1); what it says beyond sizes is passed over, within bounds."""
        if not self._left:
            if self._begun and self._chunk_line() not in {b"\r\n", b"\n"}:
                raise _not_valid()
            size = self._chunk_line()
            digits = size.partition(b";")[0].strip(b" \t\r\n")
            if not 0 < len(digits) <= _MOST_CHUNK_DIGITS or digits.strip(b"0123456789abcdefABCDEF"):
                raise _not_valid()
            self._left, self._begun = int(digits, 16), True
            self._excess = max(self._excess + len(size) + 2 - _FRAMING - 2 * self._left, 0)
            if self._excess > _OVERHEAD:
                raise NotFetched("the server's chunked coding is more framing than body")
            if not self._left:
                self._pass_trailer()
                self._ended = True
                return 0
        count = self._lines.readinto(buffer[: min(self._left, len(buffer))])
        if not count:
            raise _ended()
        self._taken += count
        self._left -= count
        return count

    def _chunk_line(self) -> bytes:
        line = self._lines.readline(_LONGEST_CHUNK_LINE + 1)
        if len(line) > _LONGEST_CHUNK_LINE:
            raise _not_valid()
        if not line.endswith(b"\n"):
            raise _ended()
        return line

    def _pass_trailer(self) -> None:
        """Read the fields after the last chunk; a connection that ends there has sent its whole body."""
        start = self._lines.lines
        for _ in range(MOST_FIELDS + 1):
            line = self._lines.readline(_LONGEST_LINE + 1)
            if line in {b"\r\n", b"\n", b""}:
                return
            if len(line) > _LONGEST_LINE or self._lines.lines - start > LARGEST_HEADS:
                break
        raise NotFetched("the server's chunked coding ends in a trailer that is too long")


def _not_valid() -> NotFetched:
    return NotFetched("the server's chunked coding is not valid", again=True)


def _ended() -> NotFetched:
    return NotFetched("the connection ended inside a chunked body", again=True)
