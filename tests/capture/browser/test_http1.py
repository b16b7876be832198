from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.browser.http1 import Http1
from capture.browser.logged import SOCKET_BYTES, LoggedConnection, UnreadableLog
from tests.capture.browser.logged_site import Remembered

REQUEST = b"GET /fire.jpg?x=1 HTTP/1.1\r\nHost: scene.example\r\n\r\n"


def talk(answer: bytes, *, request: bytes = REQUEST, pieces: int = 1 << 20, closed: bool = True) -> Remembered:
    """Return what is kept of one request and of what came back, in pieces of a size."""
    sink = Remembered()
    http = Http1(LoggedConnection(), sink, lambda _: None)
    http.sent(request, 1)
    for start in range(0, len(answer), pieces):
        http.received(answer[start : start + pieces], 2)
    if closed:
        http.received(b"", 3)
        http.closed(3, "cut")
    return sink


@pytest.mark.parametrize("pieces", [1, 7, 1 << 20])
def test_a_body_of_a_stated_length(pieces: int) -> None:
    """It is whole with its last byte, whatever pieces it came in; head and request are the bytes that went."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    sink = talk(head + b"flame", pieces=pieces, closed=False)
    exchange = sink.one()
    assert (exchange.status, exchange.head, bytes(exchange.request)) == (200, head, REQUEST)
    assert (exchange.url, exchange.cut, exchange.recorded) == ("http://scene.example/fire.jpg?x=1", "", SOCKET_BYTES)
    assert sink.payload[exchange.url] == b"flame"


@pytest.mark.parametrize("pieces", [1, 3, 1 << 20])
def test_chunks_are_kept_as_they_came_and_taken_off(pieces: int) -> None:
    """The raw body has its framing, the payload has none; interim answers are no part of the response."""
    body = b"3\r\nfla\r\n2;x=y\r\nme\r\n0\r\nTrailer: 1\r\n\r\n"
    answer = b"HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    sink = talk(answer, pieces=pieces, closed=False)
    exchange = sink.one()
    assert (sink.raw[exchange.url], sink.payload[exchange.url], exchange.cut) == (body, b"flame", "")
    assert b"103" not in exchange.head


def test_a_body_that_ends_with_the_connection() -> None:
    """Without a length it is whole when the server has closed the connection."""
    sink = talk(b"HTTP/1.1 200 OK\r\n\r\nuntil the end")
    assert (sink.payload[sink.one().url], sink.one().cut, sink.one().length) == (b"until the end", "", None)


def test_a_body_that_is_shorter_than_announced_is_cut() -> None:
    """It is kept as far as it came, and says why it is not whole."""
    sink = talk(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nflame")
    assert (sink.payload[sink.one().url], sink.one().cut) == (b"flame", "cut")


def test_two_answers_on_one_connection() -> None:
    """The second request's answer begins where the first one's body ends."""
    sink = Remembered()
    http = Http1(LoggedConnection(encrypted=True), sink, lambda _: None)
    for name in (b"one", b"two"):
        http.sent(b"GET /" + name + b" HTTP/1.1\r\nHost: a.example\r\n\r\n", 1)
        http.received(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + name, 2)
    assert [(each.url, sink.payload[each.url]) for each in sink.ended] == [
        ("https://a.example/one", b"one"),
        ("https://a.example/two", b"two"),
    ]


def test_a_request_with_a_body() -> None:
    """What a page sends is part of the request, and the next request begins behind it."""
    sink = talk(
        b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        request=b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
        closed=False,
    )
    assert [each.method for each in sink.ended] == ["POST", "GET"]
    assert bytes(sink.ended[0].request).endswith(b"hello")


def test_a_web_socket_is_its_bytes() -> None:
    """After 101 everything that came is the body, and what was sent is part of the request."""
    request = b"GET /ws HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\n\r\n"
    sink = Remembered()
    http = Http1(LoggedConnection(), sink, lambda _: None)
    http.sent(request, 1)
    http.received(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi", 2)
    http.sent(b"\x81\x82abcd", 3)
    http.closed(4, "cut")
    exchange = sink.one()
    assert (exchange.url, exchange.status, sink.raw[exchange.url]) == ("ws://a.example/ws", 101, b"\x81\x02hi")
    assert (bytes(exchange.request), exchange.cut) == (request + b"\x81\x82abcd", "")


def test_what_is_no_http_is_kept_as_it_came() -> None:
    """A server that speaks something else is recorded with its bytes and without a head."""
    sink = talk(b"SSH-2.0-OpenSSH_9\r\n")
    assert (sink.one().head, sink.one().status, sink.payload[sink.one().url]) == (b"", 0, b"SSH-2.0-OpenSSH_9\r\n")


def test_an_answer_that_nobody_asked_for_ends_the_reading() -> None:
    """Such a connection cannot be understood."""
    with pytest.raises(UnreadableLog):
        Http1(LoggedConnection(), Remembered(), lambda _: None).received(b"HTTP/1.1 200 OK\r\n\r\n", 1)


@given(st.binary(max_size=300), st.integers(1, 40))
def test_any_answer_ends_in_a_record(answer: bytes, pieces: int) -> None:
    """Whatever comes, nothing but UnreadableLog is raised, and where nothing is, there is one exchange."""
    try:
        sink = talk(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + answer, pieces=pieces)
    except UnreadableLog:
        return
    assert len(sink.ended) == 1
