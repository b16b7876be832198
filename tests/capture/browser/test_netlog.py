from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.browser.netlog import NetLog
from tests.capture.browser.logged_site import BEGAN, EVENTS, Remembered, WrittenLog

SOCKS_SENT = (b"\x05\x01\x00", b"\x05\x01\x00\x03\x09a.example\x01\xbb")
SOCKS_RECEIVED = (b"\x05\x00", b"\x05\x00\x00\x01" + bytes(6))
REQUEST = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nflame"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def written() -> WrittenLog:
    """Return the log of one exchange over TLS, through the guard."""
    log = WrittenLog()
    log.event("URL_REQUEST_START_JOB", 90, 1, url="https://a.example/#top", method="GET")
    log.event("TCP_CONNECT", 7, 2, local_address="127.0.0.1:40001", remote_address="127.0.0.1:1080")
    for sent, received in zip(SOCKS_SENT, SOCKS_RECEIVED, strict=True):
        log.socket_bytes(7, sent, sent=True)
        log.socket_bytes(7, received, sent=False)
    log.event("SSL_CONNECT", 7, 1)
    log.socket_bytes(7, b"\x16\x03\x01 ciphertext", sent=True)
    log.event("SSL_CERTIFICATES_RECEIVED", 7, 0, certificates=[CERTIFICATE])
    log.event("SSL_CONNECT", 7, 2, version="TLS 1.3", cipher_suite=0x1301)
    log.event("HTTP_TRANSACTION_SEND_REQUEST", 90, 1)
    log.socket_bytes(7, REQUEST, sent=True, tls=True)
    log.socket_bytes(7, ANSWER, sent=False, tls=True)
    log.event("SOMETHING_ELSE", 7, 0)
    log.event("SOCKET_CLOSED", 7, 0)
    return log


@pytest.mark.parametrize("pieces", [1, 100, 1 << 20])
def test_an_exchange_is_read_from_the_log(pieces: int) -> None:
    """What counts is under TLS, the talk with the guard is none of it, and the connection's facts are known."""
    sink = Remembered()
    log, data = NetLog(sink), bytes(written())
    for start in range(0, len(data), pieces):
        log.feed(data[start : start + pieces])
    log.finish("over")
    exchange = sink.one()
    facts = exchange.connection
    assert (exchange.url, sink.payload[exchange.url], exchange.cut) == ("https://a.example/", b"flame", "")
    assert (facts.local_port, facts.tls_version, facts.cipher_suite) == (40001, "TLS 1.3", 0x1301)
    assert facts.chain == (CERTIFICATE,)
    assert BEGAN < exchange.begun < exchange.ended < BEGAN + 1000
    assert (log.ended, log.bad_lines, log.given_up) == (True, 0, 0)
    assert (log.requests.total(), log.exchanges.total(), log.unrecorded()) == (1, 1, [])


def test_a_request_without_an_exchange_is_told() -> None:
    """What the browser says it sent, and what the log has no bytes of, is named."""
    made = written()
    made.event("URL_REQUEST_START_JOB", 91, 1, url="https://b.example/x", method="GET")
    made.event("HTTP_TRANSACTION_SEND_REQUEST", 91, 1)
    log = NetLog(Remembered())
    log.feed(bytes(made))
    assert log.unrecorded() == ["https://b.example/x"]


def test_a_log_that_is_cut_keeps_what_was_whole() -> None:
    """A browser that is killed leaves half a line: it is passed over, and what was open is cut with the reason."""
    made = WrittenLog()
    made.socket_bytes(7, REQUEST, sent=True)
    made.socket_bytes(7, ANSWER[:-2], sent=False)
    data = "\n".join([*made.lines, '{"params":{"byte_cou']).encode()
    sink = Remembered()
    log = NetLog(sink)
    log.feed(data)
    log.finish("the browser ended")
    assert (sink.one().cut, sink.payload[sink.one().url], log.ended) == ("the browser ended", b"fla", False)


def test_a_network_service_that_starts_again() -> None:
    """It numbers its sockets anew: what was open before is cut, and a socket of the same number is another."""
    first, second = WrittenLog(), written()
    first.socket_bytes(7, REQUEST, sent=True)
    sink = Remembered()
    log = NetLog(sink)
    log.feed("\n".join(first.lines).encode() + b"\n" + bytes(second))
    assert [each.cut for each in sink.ended] == ["the browser's network service ended", ""]


def test_needed_events_that_a_version_does_not_know_are_named() -> None:
    """A browser whose log lacks them cannot be recorded."""
    log = NetLog(Remembered())
    log.feed(bytes(WrittenLog({name: number for name, number in EVENTS.items() if name != "SSL_SOCKET_BYTES_SENT"})))
    assert log.missing == ("SSL_SOCKET_BYTES_SENT",)


def test_an_endless_line_takes_no_memory() -> None:
    """It is passed over, counted, and the next line is read."""
    made = written()
    head = "\n".join(made.lines[:2]).encode() + b"\n"
    log = NetLog(Remembered())
    log.feed(head)
    for _ in range(10):
        log.feed(b"x" * (1 << 20))
    log.feed(b"\n" + "\n".join(made.lines[2:]).encode() + b"\n")
    assert (log.bad_lines, log.exchanges.total()) == (1, 1)


@given(st.data())
def test_no_altered_log_raises(data: st.DataObject) -> None:
    """Whatever bytes are altered, what can be read is read, and the rest is counted."""
    made = bytearray(bytes(written()))
    for _ in range(data.draw(st.integers(1, 30))):
        made[data.draw(st.integers(0, len(made) - 1))] = data.draw(st.integers(0, 255))
    log = NetLog(Remembered())
    log.feed(bytes(made))
    log.finish("over")
