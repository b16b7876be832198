"""HTTP/2 on one connection, from the bytes of both directions (RFC 9113), its heads with HPACK (RFC 7541).

A head exists in HTTP/2 as fields only. They are written as HTTP/1.1 writes them, in their order, so that every reader
of WARCs can read them; what could not stand there (a line break in a value) becomes a space.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from capture.browser.logged import (
    LOGGED_FIELDS,
    ExchangeSink,
    LoggedConnection,
    LoggedExchange,
    UnreadableLog,
    address_of,
)

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS = 0, 1
_END_STREAM, _END_HEADERS, _PADDED, _PRIORITY, _ACK = 1, 4, 8, 32, 1
_HEADER_TABLE_SIZE = 1
_TABLE = 65_536  # Chromium's own limit of the table that the server's heads refer to.
_MOST_HEAD = 512 << 10
_FRAME_HEAD = 9
_FINAL = 200
_BREAKS = re.compile(rb"[\r\n\0]")

Fields = list[tuple[bytes, bytes]]


class _Direction:
    """The frames that one side sends."""

    def __init__(self) -> None:
        import hpack

        self.buffer = bytearray()
        self.decoder: Any = hpack.Decoder(max_header_list_size=4 << 20)
        self.block = bytearray()  # A head that goes on in the next frame.
        self.stream = self.flags = 0

    def fields(self) -> Fields:
        """Return the fields of the head that is whole now."""
        import hpack

        try:
            found = self.decoder.decode(bytes(self.block), raw=True)
        except hpack.HPACKError as error:
            raise UnreadableLog(f"a head that HPACK does not allow: {error}") from error
        return [(bytes(name), bytes(value)) for name, value in found]


class Http2:
    """The exchanges of one connection."""

    def __init__(
        self, connection: LoggedConnection, sink: ExchangeSink, begun: Callable[[LoggedExchange], None]
    ) -> None:
        self._connection = connection
        self._sink = sink
        self._begun = begun
        self._out, self._in = _Direction(), _Direction()
        self._in.decoder.max_allowed_table_size = _TABLE
        self._preface = len(PREFACE)
        self._streams: dict[int, LoggedExchange] = {}

    def sent(self, data: bytes, at: int) -> None:
        """Take what the browser sent."""
        skipped = min(self._preface, len(data))
        self._preface -= skipped
        self._frames(self._out, data[skipped:], at)

    def received(self, data: bytes, at: int) -> None:
        """Take what the server sent."""
        self._frames(self._in, data, at)

    def closed(self, at: int, why: str) -> None:
        """Hear that the connection is over."""
        for stream in list(self._streams):
            self._end(stream, at, self._streams[stream].left or why)

    def _frames(self, side: _Direction, data: bytes, at: int) -> None:
        buffer = side.buffer
        buffer += data
        place = 0
        while len(buffer) - place >= _FRAME_HEAD:
            end = place + _FRAME_HEAD + int.from_bytes(buffer[place : place + 3], "big")
            if len(buffer) < end:
                break
            stream = int.from_bytes(buffer[place + 5 : place + 9], "big") & 0x7FFFFFFF
            self._frame(side, buffer[place + 3], buffer[place + 4], stream, bytes(buffer[place + 9 : end]), at)
            place = end
        del buffer[:place]

    def _frame(self, side: _Direction, kind: int, flags: int, stream: int, payload: bytes, at: int) -> None:
        if kind in {_DATA, _HEADERS} and flags & _PADDED:
            if not payload or payload[0] >= len(payload):
                raise UnreadableLog("a frame of nothing but padding")
            payload = payload[1 : len(payload) - payload[0]]
        match kind:
            case 0:  # DATA
                self._data(side, stream, payload)
                if flags & _END_STREAM:
                    self._side_ended(side, stream, at)
            case 1:  # HEADERS
                side.stream, side.flags = stream, flags
                side.block = bytearray(payload[5:] if flags & _PRIORITY else payload)
                self._head_went_on(side, at)
            case 9:  # CONTINUATION
                side.block += payload
                side.flags |= flags & _END_HEADERS
                self._head_went_on(side, at)
            case 3:  # RST_STREAM
                self._reset(side, stream, int.from_bytes(payload[:4], "big"), at)
            case 4 if not flags & _ACK:  # SETTINGS
                self._settings(side, payload)
            case _:
                pass

    def _data(self, side: _Direction, stream: int, payload: bytes) -> None:
        exchange = self._streams.get(stream)
        if exchange is not None and side is self._out:
            exchange.send(payload)
        elif exchange is not None and exchange.answered:
            self._sink.body_arrived(exchange, payload, payload)

    def _head_went_on(self, side: _Direction, at: int) -> None:
        if len(side.block) > _MOST_HEAD:
            raise UnreadableLog("a head without an end")
        if not side.flags & _END_HEADERS:
            return
        fields, stream = side.fields(), side.stream
        side.block = bytearray()
        if side is self._out:
            self._asked(stream, fields, at)
        else:
            self._answered(stream, fields)
        if side.flags & _END_STREAM:
            self._side_ended(side, stream, at)

    def _asked(self, stream: int, fields: Fields, at: int) -> None:
        said = {name: value.decode("latin-1") for name, value in fields if name.startswith(b":")}
        method, host, path = (said.get(name, "") for name in (b":method", b":authority", b":path"))
        url = address_of(said.get(b":scheme", "https"), host, path)
        exchange = LoggedExchange(self._connection, LOGGED_FIELDS, method, url, at)
        exchange.send(
            _written(f"{method} {path} HTTP/1.1".encode("latin-1"), [(b"host", host.encode("latin-1")), *fields])
        )
        self._streams[stream] = exchange
        self._begun(exchange)

    def _answered(self, stream: int, fields: Fields) -> None:
        exchange = self._streams.get(stream)
        if exchange is None or exchange.answered:  # a stream that we never saw begin, or trailers
            return
        status = dict(fields).get(b":status", b"")
        if not (status.isdigit() and len(status) == 3):  # noqa: PLR2004 - a status has three digits
            raise UnreadableLog("an answer without a status")
        if int(status) < _FINAL:
            return  # an interim answer is not part of the response
        exchange.status, exchange.answered = int(status), True
        exchange.head = _written(b"HTTP/1.1 " + status + b" ", fields)
        length = next((value for name, value in fields if name == b"content-length"), b"")
        exchange.length = int(length) if length.isdigit() and len(length) <= 18 else None  # noqa: PLR2004 - as `Framing`
        self._sink.head_arrived(exchange)

    def _side_ended(self, side: _Direction, stream: int, at: int) -> None:
        if side is self._in and stream in self._streams:
            self._end(stream, at, "")

    def _reset(self, side: _Direction, stream: int, code: int, at: int) -> None:
        exchange = self._streams.get(stream)
        if exchange is None:
            return
        if side is self._out:
            exchange.left = "the browser did not read to the end"  # what is under way still arrives
        else:
            self._end(stream, at, f"the server broke it off (HTTP/2 error {code})")

    def _settings(self, side: _Direction, payload: bytes) -> None:
        """Heed what one side says of the table that the other side's heads refer to."""
        other = self._in if side is self._out else self._out
        for place in range(0, len(payload) - 5, 6):
            if int.from_bytes(payload[place : place + 2], "big") == _HEADER_TABLE_SIZE:
                other.decoder.max_allowed_table_size = int.from_bytes(payload[place + 2 : place + 6], "big")

    def _end(self, stream: int, at: int, cut: str) -> None:
        exchange = self._streams.pop(stream)
        exchange.ended, exchange.cut = at, cut
        self._sink.exchange_ended(exchange)


def _written(start: bytes, fields: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Write fields as the head of an HTTP/1.1 message; those of HTTP/2 alone stand in its first line."""
    lines = [start, *(name + b": " + value for name, value in fields if not name.startswith(b":"))]
    return b"\r\n".join(_BREAKS.sub(b" ", line) for line in lines) + b"\r\n\r\n"
