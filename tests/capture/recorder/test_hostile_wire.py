"""Servers that never come to an end, or say two things at once: bounded, recorded, and no hang."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pytest

from capture.recorder.replaced_credentials import replace_credentials
from capture.recorder.wire import LARGEST_HEADS, MOST_FIELDS, MOST_INTERIM
from tests.capture.recorder.conftest import block, response_record
from tests.servers import ForwardProxy, RawServer, SceneServer, TlsServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.capture.recorder.conftest import Recording
    from tests.servers import Connection, Seen

HINT = b"HTTP/1.1 103 Early Hints\r\nLink: " + b"x" * 60_000 + b"\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def answering(*pieces: bytes, forever: bytes = b"", close: bool = True) -> RawServer:
    """Return a server that answers with these bytes, and goes on with others until the client has had enough."""

    def _answer(connection: Connection, _: Seen) -> None:
        for piece in pieces:
            connection.send(piece)
        while forever:
            connection.send(forever)
        if close:
            connection.close()

    return RawServer(_answer, keep=1 << 20)


ENDLESS = {
    "large interim answers": (b"", HINT, "not valid HTTP (its head is too long)"),
    "small interim answers": (b"", b"HTTP/1.1 103 X\r\n\r\n" * 500, f"more than {MOST_INTERIM} interim answers"),
    "interim 100": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 500, f"more than {MOST_INTERIM} interim answers"),
    "an interim answer's fields": (b"HTTP/1.1 103 X\r\n", b"A: b\r\n" * 1000, f"more than {MOST_FIELDS} header fields"),
    "fields": (OK, b"A: b\r\n" * 1000, f"more than {MOST_FIELDS} header fields"),
    "large fields": (OK, b"A: " + b"b" * 50_000 + b"\r\n", "its head is too long"),
    "cookies": (OK, b"Set-Cookie: a=" + b"b" * 4000 + b"\r\n", "its head is too long"),
    "one field": (OK + b"A: ", b"b" * 65_536, "its head is too long"),
    "a folded field": (OK + b"A: b\r\n", b" b\r\n" * 1000, f"more than {MOST_FIELDS} header fields"),
    "a status line": (b"HTTP/1.1 200 ", b"O" * 65_536, "its head is too long"),
    "no HTTP": (b"", b"z" * 65_536, "no status line"),
    "no HTTP, in lines": (b"", b"z\r\n" * 20_000, "no status line"),
    "chunk extensions": (CHUNKED, b"1;" + b"x" * 4000 + b"\r\na\r\n", "more framing than body"),
    "small chunks": (CHUNKED, b"1;" + b"x" * 100 + b"\r\na\r\n", "more framing than body"),
    "one chunk extension": (CHUNKED + b"1;", b"x" * 65_536, "chunked coding is not valid"),
    "a chunk size": (CHUNKED, b"0" * 65_536, "chunked coding is not valid"),
    "trailers": (CHUNKED + b"1\r\na\r\n0\r\n", b"T: x\r\n" * 1000, "a trailer that is too long"),
    "one trailer": (CHUNKED + b"1\r\na\r\n0\r\nT: ", b"x" * 65_536, "a trailer that is too long"),
}  # fmt: skip


@pytest.mark.parametrize(("first", "forever", "reason"), ENDLESS.values(), ids=ENDLESS)
def test_nothing_goes_on_for_ever(
    first: bytes, forever: bytes, reason: str, recording: Callable[..., Recording]
) -> None:
    """Whatever a server sends without end is given up by count and not by the clock, and what came is kept."""
    with answering(first, forever=forever) as server:
        fetched = recording(attempts=1, timeout=60.0, deadline=60.0, max_size=64 << 20).fetch(server.url("/"))
    assert reason in fetched.reason
    assert fetched.exchange is not None
    assert response_record(fetched.exchange)
    kept = block(response_record(fetched.exchange))
    assert kept.startswith((first + forever)[: min(len(first + forever), len(kept))])
    assert len(kept) <= LARGEST_HEADS + (1 << 18)


def test_interim_answers_within_bounds_are_passed_over(recording: Callable[..., Recording]) -> None:
    """As many as are allowed may come; the record holds the answer that counts."""
    answer = OK + b"Content-Length: 2\r\n\r\nhi"
    with answering(b"HTTP/1.1 103 X\r\nLink: </a>\r\n\r\n" * MOST_INTERIM + answer) as server:
        fetched = recording(attempts=1).fetch(server.url("/"))
    assert fetched.whole, fetched.reason
    assert fetched.exchange is not None
    assert block(response_record(fetched.exchange)) == answer


ODD = {
    "bare CR in a value": OK + b"X: a\rContent-Length: 9\r\nContent-Length: 2\r\n\r\nhi",
    "NUL in a value": OK + b"X: a\0b\r\nContent-Length: 2\r\n\r\nhi",
    "folded length": OK + b"Content-Length:\r\n 2\r\n\r\nhi",
    "space before the colon": OK + b"Content-Length : 2\r\n\r\nhi",
    "the same length twice": OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
    "chunks beat a length": OK + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "chunks with trailers": CHUNKED + b"1;a=b\r\nh\r\n1\r\ni\r\n0;x\r\nT: 1\r\n\r\n",
    "no readable length": OK + b"Content-Length: two\r\n\r\nhi",
    "a negative length": OK + b"Content-Length: -1\r\n\r\nhi",
    "bare LF": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
    "no colon": OK + b"nonsense\r\nContent-Length: 2\r\n\r\nhi",
    "no reason": b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi",
    "escape codes": b"HTTP/1.1 200 \x1b[2J\r\nX: \x1b]0;x\x07\r\nContent-Length: 2\r\n\r\nhi",
}


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD)
def test_an_odd_head_has_one_reading(answer: bytes, recording: Callable[..., Recording]) -> None:
    """Two bytes are taken, whatever the head tries; the record is the wire, byte for byte."""
    with answering(answer) as server:
        fetched = recording(attempts=1).fetch(server.url("/"))
    assert fetched.whole, fetched.reason
    exchange = fetched.exchange
    assert exchange is not None
    assert (exchange.size, exchange.sha256) == (2, hashlib.sha256(b"hi").hexdigest())
    assert block(response_record(exchange)) == answer


WRONG = {
    "two lengths": (OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!", "two different lengths"),
    "two lengths in one field": (OK + b"Content-Length: 2, 3\r\n\r\nhi!", "two different lengths"),
    "a coding not asked for": (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "a transfer coding"),
    "a head that is cut": (OK + b"Content-Len", "ended inside the head"),
    "an interim answer alone": (b"HTTP/1.1 103 X\r\n\r\n", "ended inside the head"),
    "a negative chunk": (CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n", "chunked coding is not valid"),
    "a signed chunk": (CHUNKED + b"+2\r\nhi\r\n0\r\n\r\n", "chunked coding is not valid"),
    "a chunk size with an x": (CHUNKED + b"0x2\r\nhi\r\n0\r\n\r\n", "chunked coding is not valid"),
    "a chunk size with a line": (CHUNKED + b"1_0\r\nhi\r\n0\r\n\r\n", "chunked coding is not valid"),
    "a chunk that does not end": (CHUNKED + b"1\r\nhi\r\n0\r\n\r\n", "chunked coding is not valid"),
    "a chunk of all there is": (CHUNKED + b"fffffffffffffff\r\nhi", "ended inside a chunked body"),
}


@pytest.mark.parametrize(("answer", "reason"), WRONG.values(), ids=WRONG)
def test_a_wrong_answer_is_a_failure_and_kept(answer: bytes, reason: str, recording: Callable[..., Recording]) -> None:
    """What contradicts itself or is cut is never taken for whole, and its bytes stand in the record as they came."""
    with answering(answer) as server:
        fetched = recording(attempts=1).fetch(server.url("/"))
    assert reason in fetched.reason
    assert fetched.exchange is not None
    assert block(response_record(fetched.exchange)) == answer


SMUGGLING = {
    "chunks with a length beside them": OK
    + b"Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "a length": OK + b"Content-Length: 2\r\n\r\nhi",
    "chunks": CHUNKED + b"2\r\nhi\r\n0\r\n\r\n",
    "no body": b"HTTP/1.1 204 No Content\r\n\r\n",
}


@pytest.mark.parametrize("first", SMUGGLING.values(), ids=SMUGGLING)
def test_a_connection_with_more_than_an_answer_is_not_used_again(
    first: bytes, recording: Callable[..., Recording]
) -> None:
    """What follows an answer unasked is not taken for the next one, nor is what follows that."""
    with answering(first + OK + b"Content-Length: 4\r\n\r\nevil", close=False) as server:
        taken = recording(attempts=1)
        for _ in range(2):
            fetched = taken.fetch(server.url("/"))
            assert fetched.exchange is not None
            assert fetched.exchange.sample in {b"hi", b""}
        assert len({seen.peer for seen in server.requests}) == 2


@pytest.mark.parametrize(
    ("answer", "orderly", "reason"),
    [
        (OK + b"\r\nhi", True, ""),
        (OK + b"\r\nhi", False, "the connection ended without TLS's own end"),
        (OK + b"Content-Length: 2\r\n\r\nhi", False, ""),
        (CHUNKED + b"2\r\nhi\r\n0\r\n", False, ""),
    ],
)
def test_a_body_that_only_the_end_of_tls_ends_is_cut_where_that_is_missing(
    answer: bytes, orderly: bool, reason: str, recording: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anyone on the way can end a connection; a length, chunks or TLS itself say whether its server did."""

    def _answer(connection: Connection, _: Seen) -> None:
        connection.send(answer)
        if orderly:
            connection.close()
        else:
            connection.interrupt()

    with TlsServer(RawServer(_answer)) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        fetched = recording(attempts=1).fetch(server.url("/"))
    assert fetched.reason.startswith(reason)
    assert fetched.whole is not bool(reason)
    assert fetched.exchange is not None
    assert fetched.exchange.sample == b"hi"


def test_a_proxys_own_answer_is_no_part_of_the_record(
    recording: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With https through a proxy the record holds what the far server sent, from its first byte."""
    with TlsServer(SceneServer({"/": b"x"})) as server, ForwardProxy() as proxy:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        exchange = recording(proxy=proxy.url("")).fetch(server.url("/")).exchange
        assert exchange is not None
        [sent] = server.inner.sent["/"]
        assert block(response_record(exchange)) == sent.data


def test_floods_of_cookies_leave_requests_small(recording: Callable[..., Recording]) -> None:
    """However many cookies a server sets, and whatever stands in them, requests stay small and are made."""
    fields = b"".join(b"Set-Cookie: c%d=" % number + b"v" * 3000 + b"\r\n" for number in range(60))
    odd = b'Set-Cookie: a="\x1b[2J\x00\r x"\r\nSet-Cookie: \xe9\xff=\xff; Path=/; Expires=Mon, 99 Zzz 9999 99:99:99\r\n'
    with answering(OK + odd + fields + b"Content-Length: 0\r\n\r\n", close=False) as server:
        taken = recording(attempts=1)
        for number in range(8):
            fetched = taken.fetch(server.url(f"/{number}"))
            assert fetched.exchange is not None, fetched.reason
            assert fetched.exchange.status == 200
        assert max(len(seen.raw) for seen in server.requests) < 220_000


def test_a_credential_behind_a_bare_cr_is_replaced() -> None:
    """The whole value of a field is replaced, in whatever it hides, and other fields stay as they are."""
    head = (
        b"HTTP/1.1 200 OK\r\nSet-Cookie : a\rs3cret\r\n s3cret\r\n\ts3cret\r\nX-Set-Cookie: kept\r\n folded\r\n"
        b"AUTHORIZATION:s3cret\nY: z\r\n\r\n"
    )
    clean, names = replace_credentials(head, cookies=True)
    assert b"s3cret" not in clean
    assert re.findall(rb"kept\r\n folded\r\n|Y: z\r\n\r\n$", clean) == [b"kept\r\n folded\r\n", b"Y: z\r\n\r\n"]
    assert names == ("set-cookie", "authorization")
