"""HTTP/1.1 on one connection, from the bytes of both directions (RFC 9112).

Chromium sends one request at a time and waits for its answer, so requests and answers belong together in their order.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable

from capture.browser.logged import (
    SOCKET_BYTES,
    ExchangeSink,
    LoggedConnection,
    LoggedExchange,
    UnreadableLog,
    address_of,
)
from hashing.errors import BadFormat
from hashing.warc.http_head import parse_head, parse_status

SWITCHING = 101
_FINAL = 200
_MOST_HEAD = 512 << 10  # Chromium itself takes no more than 256 KiB of an answer's head.
_HEAD_END = re.compile(rb"\n\r?\n")
_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,16})")
_FIELD = re.compile(rb"(?im)^([a-z-]+)[ \t]*:[ \t]*([^\r\n]*)")


class Http1:
    """The exchanges of one connection."""

    def __init__(
        self, connection: LoggedConnection, sink: ExchangeSink, begun: Callable[[LoggedExchange], None]
    ) -> None:
        self._connection = connection
        self._sink = sink
        self._begun = begun
        self._out = bytearray()
        self._in = bytearray()
        self._out_left: int | None = 0  # Bytes of a request's body that are still to be sent; None for as many as come.
        self._sending: LoggedExchange | None = None
        self._waiting: deque[LoggedExchange] = deque()
        self._take: Callable[[LoggedExchange, int], bool] = self._head
        self._left = 0
        self._upgraded: LoggedExchange | None = None
        self._to_the_end = False
        self._at_end = False

    def sent(self, data: bytes, at: int) -> None:
        """Take what the browser sent."""
        if self._upgraded is not None:
            self._upgraded.send(data)
            return
        self._out += data
        while self._out:
            if self._out_left != 0 and self._sending is not None:
                count = len(self._out) if self._out_left is None else min(self._out_left, len(self._out))
                self._sending.send(bytes(self._out[:count]))
                del self._out[:count]
                self._out_left = None if self._out_left is None else self._out_left - count
                continue
            end = self._out.find(b"\r\n\r\n")
            if end < 0:
                if len(self._out) > _MOST_HEAD:
                    raise UnreadableLog("a request's head has no end")
                return
            self._begin(bytes(self._out[: end + 4]), at)
            del self._out[: end + 4]

    def received(self, data: bytes, at: int) -> None:
        """Take what the server sent; nothing is the end of the connection."""
        if not data:
            self._at_end = True
        if self._upgraded is not None:
            self._sink.body_arrived(self._upgraded, data, data)
            return
        self._in += data
        while self._in:
            if not self._waiting:
                raise UnreadableLog("an answer without a request")
            if not self._take(self._waiting[0], at):
                return
            if self._upgraded is not None:
                rest, self._in = bytes(self._in), bytearray()
                self._sink.body_arrived(self._upgraded, rest, rest)

    def closed(self, at: int, why: str) -> None:
        """Hear that the connection is over."""
        if self._upgraded is not None:
            self._upgraded.ended = at
            self._sink.exchange_ended(self._upgraded)
            self._upgraded = None
        elif self._waiting and self._in and self._take == self._head:  # what never became a head is kept as it came
            self._no_http(self._waiting[0])
            self._until_closed(self._waiting[0], at)
        for place, exchange in enumerate(self._waiting):
            whole = place == 0 and self._to_the_end and self._at_end
            exchange.ended, exchange.cut = at, "" if whole else why
            self._sink.exchange_ended(exchange)
        self._waiting.clear()

    def _begin(self, head: bytes, at: int) -> None:
        method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        fields = {name.lower(): value for name, value in _FIELD.findall(head)}
        scheme = "https" if self._connection.encrypted else "http"
        if fields.get(b"upgrade", b"").lower() == b"websocket":
            scheme = scheme.replace("http", "ws")
        url = address_of(scheme, fields.get(b"host", b"").decode("latin-1"), rest.rpartition(" ")[0])
        exchange = LoggedExchange(self._connection, SOCKET_BYTES, method, url, at)
        exchange.send(head)
        length = fields.get(b"content-length", b"0").strip()
        self._out_left = int(length) if length.isdigit() else 0
        if b"chunked" in fields.get(b"transfer-encoding", b"").lower():
            self._out_left = None
        self._sending = exchange
        self._waiting.append(exchange)
        self._begun(exchange)

    def _head(self, exchange: LoggedExchange, at: int) -> bool:
        """Take a head, if it is whole; say whether to go on."""
        if not b"HTTP".startswith(self._in[:4].upper()):
            self._no_http(exchange)
            return True
        end = _HEAD_END.search(self._in)
        if end is None:
            if len(self._in) > _MOST_HEAD:
                self._no_http(exchange)
            return len(self._in) > _MOST_HEAD
        head = bytes(self._in[: end.end()])
        try:
            status = parse_status(head)
            framing = parse_head(head).framing(exchange.method)
        except BadFormat:
            self._no_http(exchange)
            return True
        del self._in[: end.end()]
        if status < _FINAL and status != SWITCHING:
            return True  # an interim answer is not part of the response
        exchange.status, exchange.head, exchange.answered = status, head, True
        exchange.chunked, exchange.length = framing.chunked, framing.length
        self._sink.head_arrived(exchange)
        if status == SWITCHING:
            exchange.length = None
            self._upgraded = self._waiting.popleft()
        elif framing.chunked:
            self._take = self._size
        elif framing.length is None:
            self._take, self._to_the_end = self._until_closed, True
        else:
            self._take, self._left = self._counted, framing.length
            if not self._left:
                self._end(at)
        return True

    def _no_http(self, exchange: LoggedExchange) -> None:
        """Take what is no HTTP as the bytes that it is, up to the connection's end."""
        exchange.answered, exchange.length = True, None
        self._sink.head_arrived(exchange)
        self._take, self._to_the_end = self._until_closed, True

    def _counted(self, exchange: LoggedExchange, at: int) -> bool:
        self._body(exchange, min(self._left, len(self._in)))
        if not self._left:
            self._end(at)
        return True

    def _until_closed(self, exchange: LoggedExchange, _: int) -> bool:
        data = bytes(self._in)
        self._in.clear()
        self._sink.body_arrived(exchange, data, data)
        return True

    def _size(self, exchange: LoggedExchange, _: int) -> bool:
        """Take the line with the size of a chunk."""
        line = self._line(exchange)
        if not line:
            return False
        size = _SIZE.match(line)
        if size is None:
            self._take, exchange.left = self._until_closed, "the server's chunks are not valid"
            return True
        self._left = int(size[1], 16)
        self._take = self._chunk if self._left else self._trailer
        return True

    def _chunk(self, exchange: LoggedExchange, _: int) -> bool:
        self._body(exchange, min(self._left, len(self._in)))
        if not self._left:
            self._take = self._chunk_end
        return True

    def _chunk_end(self, exchange: LoggedExchange, _: int) -> bool:
        if not self._line(exchange):
            return False
        self._take = self._size
        return True

    def _trailer(self, exchange: LoggedExchange, at: int) -> bool:
        line = self._line(exchange)
        if line and not line.strip():
            self._end(at)
        return bool(line)

    def _line(self, exchange: LoggedExchange) -> bytes:
        """Take a line of the framing; b"" where it is not whole yet."""
        end = self._in.find(b"\n") + 1
        if not end and len(self._in) > _MOST_HEAD:
            raise UnreadableLog("a line of the chunks has no end")
        line = bytes(self._in[:end])
        del self._in[:end]
        if line:
            self._sink.body_arrived(exchange, line, b"")
        return line

    def _body(self, exchange: LoggedExchange, count: int) -> None:
        data = bytes(self._in[:count])
        del self._in[:count]
        self._left -= count
        self._sink.body_arrived(exchange, data, data)

    def _end(self, at: int) -> None:
        exchange = self._waiting.popleft()
        exchange.ended, exchange.cut = at, exchange.left
        self._take = self._head
        self._sink.exchange_ended(exchange)
