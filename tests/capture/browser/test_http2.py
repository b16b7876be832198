from __future__ import annotations

import hpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.browser.http2 import PREFACE, Http2
from capture.browser.logged import LOGGED_FIELDS, LoggedConnection, UnreadableLog
from tests.capture.browser.logged_site import Remembered

ASKED = [(":method", "GET"), (":scheme", "https"), (":authority", "a.example"), (":path", "/p?q"), ("cookie", "s=1")]


def frame(kind: int, stream: int, payload: bytes = b"", flags: int = 0) -> bytes:
    """Return a frame (RFC 9113 section 4.1)."""
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


class Talk:
    """Both sides of a connection."""

    def __init__(self) -> None:
        self.sink = Remembered()
        self.http = Http2(LoggedConnection(encrypted=True), self.sink, lambda _: None)
        self._out, self._in = hpack.Encoder(), hpack.Encoder()
        self.http.sent(PREFACE + frame(4, 0, b"\x00\x01\x00\x01\x00\x00"), 1)

    def ask(self, stream: int = 1) -> None:
        """Send a request."""
        self.http.sent(frame(1, stream, self._out.encode(ASKED), 5), 2)

    def answer(self, *fields: tuple[str, str], stream: int = 1, flags: int = 4) -> bytes:
        """Return the frame of an answer's head."""
        return frame(1, stream, self._in.encode(list(fields)), flags)


@pytest.mark.parametrize("pieces", [1, 11, 1 << 20])
def test_an_exchange_in_frames(pieces: int) -> None:
    """Padding is taken off, heads are written as HTTP/1.1 in their order, the body is its data frames."""
    talk = Talk()
    talk.ask()
    data = talk.answer((":status", "200"), ("content-type", "image/png"), ("set-cookie", "a=1"), ("set-cookie", "b=2"))
    data += frame(0, 1, b"\x02fla\0\0", 8) + frame(0, 1, b"me", 1)
    for start in range(0, len(data), pieces):
        talk.http.received(data[start : start + pieces], 3)
    exchange = talk.sink.one()
    assert bytes(exchange.request) == b"GET /p?q HTTP/1.1\r\nhost: a.example\r\ncookie: s=1\r\n\r\n"
    assert exchange.head == (b"HTTP/1.1 200 \r\ncontent-type: image/png\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n\r\n")
    assert (exchange.url, exchange.recorded, exchange.cut) == ("https://a.example/p?q", LOGGED_FIELDS, "")
    assert talk.sink.payload[exchange.url] == b"flame"


def test_a_head_that_goes_on_and_an_interim_one() -> None:
    """CONTINUATION frames belong to the head before them; interim answers and trailers are no part of the response."""
    talk = Talk()
    talk.ask()
    early = talk.answer((":status", "103"), ("link", "</a>"))
    whole = talk.answer((":status", "200"), ("x", "y" * 50))[9:]
    split = frame(1, 1, whole[:10], 0) + frame(9, 1, whole[10:], 4)
    trailer = talk.answer(("grpc-status", "0"), flags=5)
    talk.http.received(early + split + frame(0, 1, b"body") + trailer, 3)
    exchange = talk.sink.one()
    assert exchange.head == b"HTTP/1.1 200 \r\nx: " + b"y" * 50 + b"\r\n\r\n"
    assert (talk.sink.payload[exchange.url], exchange.cut) == (b"body", "")


def test_a_body_that_the_browser_does_not_read() -> None:
    """What still comes after the browser's own RST_STREAM is kept, and the exchange is cut."""
    talk = Talk()
    talk.ask()
    talk.http.received(talk.answer((":status", "206")) + frame(0, 1, b"one"), 3)
    talk.http.sent(frame(3, 1, b"\0\0\0\x08"), 4)
    talk.http.received(frame(0, 1, b"two"), 5)
    talk.http.closed(6, "closed")
    assert talk.sink.payload[talk.sink.one().url] == b"onetwo"
    assert talk.sink.one().cut == "the browser did not read to the end"


def test_a_stream_that_the_server_breaks_off() -> None:
    """It is cut, with the server's number for it."""
    talk = Talk()
    talk.ask()
    talk.http.received(talk.answer((":status", "200")) + frame(3, 1, b"\0\0\0\x02"), 3)
    assert talk.sink.one().cut == "the server broke it off (HTTP/2 error 2)"


def test_a_value_cannot_become_another_field() -> None:
    """A line break in a value is written as a space."""
    talk = Talk()
    talk.ask()
    talk.http.received(talk.answer((":status", "200"), ("x", "a\r\nset-cookie: b"), flags=5), 3)
    assert talk.sink.one().head == b"HTTP/1.1 200 \r\nx: a  set-cookie: b\r\n\r\n"


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 255), st.binary(max_size=30)), max_size=8))
def test_any_frames_end_in_a_record(frames: list[tuple[int, int, bytes]]) -> None:
    """Whatever a server sends, nothing but UnreadableLog is raised, and the request is on record."""
    talk = Talk()
    talk.ask()
    try:
        for kind, flags, payload in frames:
            talk.http.received(frame(kind, 1, payload, flags), 3)
    except UnreadableLog:
        pass
    talk.http.closed(4, "closed")
    assert len(talk.sink.ended) == 1
