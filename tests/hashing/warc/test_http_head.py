"""The one reading of a response's head."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashing.errors import BadFormat
from hashing.warc.http_block import HttpBlock
from hashing.warc.http_head import Framing, parse_head

START = b"HTTP/1.1 200 OK\r\n"

HEADS = {
    "plain": (b"Content-Length: 5\r\n", Framing(length=5)),
    "said twice": (b"Content-Length: 5\r\ncontent-LENGTH: 5, 05\r\n", Framing(length=5)),
    "nothing said": (b"", Framing(closes=True)),
    "empty": (b"Content-Length:\r\n", Framing(closes=True)),
    "negative": (b"Content-Length: -1\r\n", Framing(closes=True)),
    "signed": (b"Content-Length: +5\r\n", Framing(closes=True)),
    "hexadecimal": (b"Content-Length: 0x5\r\n", Framing(closes=True)),
    "too many digits": (b"Content-Length: " + b"9" * 5000 + b"\r\n", Framing(closes=True)),
    "underscore": (b"Content-Length: 1_0\r\n", Framing(closes=True)),
    "chunks": (b"Transfer-Encoding: chunked\r\n", Framing(chunked=True)),
    "chunks and a length": (b"Content-Length: 5\r\nTransfer-Encoding: Chunked\r\n", Framing(chunked=True, closes=True)),
    "identity": (b"Transfer-Encoding: identity\r\nContent-Length: 5\r\n", Framing(length=5)),
    "space before the colon": (b"Transfer-Encoding : chunked\r\n", Framing(chunked=True)),
    "folded": (b"Transfer-Encoding:\r\n chunked\r\n", Framing(chunked=True)),
    "a bare CR hides no field": (b"X: a\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n", Framing(length=5)),
    "a bare CR ends no head": (b"X: a\r\rContent-Length: 9\r\nContent-Length: 5\r\n", Framing(length=5)),
    "a NUL in a name is no name": (b"Content\0-Length: 7\r\nContent-Length: 5\r\n", Framing(length=5)),
    "no colon": (b"no field at all\r\nContent-Length: 5\r\n", Framing(length=5)),
    "a space in a name": (b"X Content-Length: 7\r\nContent-Length: 5\r\n", Framing(length=5)),
    "folded after no field": (b" Content-Length: 7\r\nContent-Length: 5\r\n", Framing(length=5)),
    "close": (b"Content-Length: 5\r\nConnection: TE, close\r\n", Framing(length=5, closes=True)),
    "bare LF": (b"Content-Length: 5\nX: 1\n", Framing(length=5)),
}

CONTRADICTORY = [
    b"Content-Length: 5\r\nContent-Length: 7\r\n",
    b"Content-Length: 5, 7\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"Transfer-Encoding: chunked, chunked\r\n",
    b"Transfer-Encoding: xchunked\r\n",
    b"Transfer-Encoding: gzip\r\nContent-Length: 5\r\n",
]


@pytest.mark.parametrize(("fields", "framing"), HEADS.values(), ids=HEADS)
def test_where_a_body_ends(fields: bytes, framing: Framing) -> None:
    """Every odd head says one thing, and the record of it is read as the wire was."""
    head = START + fields + b"\r\n"
    assert parse_head(head).framing() == framing
    block = HttpBlock()
    for at in range(0, len(head), 7):
        block.update(head[at : at + 7])
    assert (block.chunked, block.status) == (framing.chunked, "200")


@pytest.mark.parametrize("fields", CONTRADICTORY)
def test_heads_that_contradict_themselves(fields: bytes) -> None:
    """Two lengths, or a coding that nobody asked for, say nothing that could be relied on."""
    with pytest.raises(BadFormat):
        parse_head(START + fields + b"\r\n").framing()


@pytest.mark.parametrize("status", [100, 101, 199, 204, 304])
def test_answers_without_a_body(status: int) -> None:
    """Whatever the head says, interim answers, 204, 304 and answers to HEAD have no body."""
    fields = b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
    assert parse_head(b"HTTP/1.1 %d X\r\n" % status + fields).framing().length == 0
    assert parse_head(START + fields).framing("HEAD").length == 0


@pytest.mark.parametrize(
    "start", [b"", b"HTTP/1.1", b"HTTP/1.1 20 OK", b"HTTP/2.0 200 OK", b"ICY 200 OK", b"HTTP/1.1 099 X"]
)
def test_what_is_no_status_line(start: bytes) -> None:
    """What does not begin as a response is none."""
    with pytest.raises(BadFormat, match="no status line"):
        parse_head(start + b"\r\n\r\n")


def test_values_are_kept_apart_from_what_surrounds_them() -> None:
    """White space, folds, CR and NUL become single spaces; what came twice is joined; bytes are Latin-1."""
    head = parse_head(START + b"X:  a\0b\rc \r\n\t d\r\nY: caf\xe9\r\ny:two\r\n\r\n")
    assert (head.field("x"), head.field("Y"), head.values("y")) == ("a b c d", "café, two", ["café", "two"])


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No bytes make the reading fail otherwise, and nothing that it returns can break a line."""
    try:
        head = parse_head(START + data)
        head.framing()
    except BadFormat:
        return
    text = "".join(f"{name}{value}" for name, value in head.fields) + head.reason
    assert not set(text) & {"\r", "\n", "\0"}
