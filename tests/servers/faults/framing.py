"""Bodies that are not as long as their heads say, and chunks that are not chunks."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from tests.servers.faults.content import filler
from tests.servers.faults.fault import Ask, Faults
from tests.servers.head import head

if TYPE_CHECKING:
    from tests.servers.connection import Connection

FRAMING = Faults()


def _lengthy(ask: Ask, length: int) -> bytes:
    return head(200, [("Content-Type", ask.type), ("Content-Length", str(length))])


def _chunky(ask: Ask) -> bytes:
    return head(200, [("Content-Type", ask.type), ("Transfer-Encoding", "chunked")])


@FRAMING.at("/truncated")
def truncated(connection: Connection, ask: Ask) -> None:
    """Promise 1,000,000 bytes, send 300,000, close."""
    connection.send(_lengthy(ask, 1_000_000) + filler(300_000))
    connection.close()


@FRAMING.at("/too-long")
def too_long(connection: Connection, ask: Ask) -> None:
    """Promise 1,000 bytes, send 1,500, close."""
    connection.send(_lengthy(ask, 1000) + filler(1500))
    connection.close()


@FRAMING.at("/chunk-cut")
def chunk_cut(connection: Connection, ask: Ask) -> None:
    """Send a chunk of 65,536 bytes, then 1,000 bytes of a second one, close."""
    data = filler(65_536)
    connection.send(_chunky(ask) + b"10000\r\n" + data + b"\r\n10000\r\n" + data[:1000])
    connection.close()


@FRAMING.at("/chunk-cut-at-boundary")
def chunk_cut_at_boundary(connection: Connection, ask: Ask) -> None:
    """Send a whole chunk of 65,536 bytes and never the last, empty one; close."""
    connection.send(_chunky(ask) + b"10000\r\n" + filler(65_536) + b"\r\n")
    connection.close()


@FRAMING.at("/chunk-bad-size")
def chunk_bad_size(connection: Connection, ask: Ask) -> None:
    """Send a whole chunk of 1,000 bytes, then a chunk whose size is the word "nonsense"; close."""
    data = filler(1000)
    connection.send(_chunky(ask) + b"3e8\r\n" + data + b"\r\nnonsense\r\n" + data + b"\r\n0\r\n\r\n")
    connection.close()


@FRAMING.at("/chunk-trailers")
def chunk_trailers(connection: Connection, ask: Ask) -> None:
    """Be unusual, not wrong: 5 bytes in a chunk with an extension, and a trailer field."""
    connection.send(_chunky(ask) + b"5;note=1\r\nhello\r\n0\r\nX-Trailer: late\r\n\r\n")


@FRAMING.at("/no-length")
def no_length(connection: Connection, ask: Ask) -> None:
    """Answer as HTTP/1.0: 300,000 bytes that end where the connection does."""
    connection.send(head(200, [("Content-Type", ask.type)], version="HTTP/1.0") + filler(300_000))
    connection.close()


@FRAMING.at("/no-length-reset")
def no_length_reset(connection: Connection, ask: Ask) -> None:
    """Answer as HTTP/1.0 with 20,000 bytes and reset 50 ms later: cut, and only TCP (or TLS) can tell."""
    connection.send(head(200, [("Content-Type", ask.type)], version="HTTP/1.0") + filler(20_000))
    connection.wait(0.05)  # so that what was sent is with the client, and not thrown away here
    connection.reset()


@FRAMING.at("/two-lengths")
def two_lengths(connection: Connection, ask: Ask) -> None:
    """Give two Content-Lengths that conflict, 5 and 7, and send 7 bytes; close."""
    lengths = [("Content-Length", "5"), ("Content-Length", "7")]
    connection.send(head(200, [("Content-Type", ask.type), *lengths]) + b"hello!!")
    connection.close()


@FRAMING.at("/gzip-lie")
def gzip_lie(connection: Connection, ask: Ask) -> None:
    """Say Content-Encoding: gzip over 1,000 bytes that are not."""
    encoding = ("Content-Encoding", "gzip")
    connection.send(head(200, [("Content-Type", ask.type), encoding, ("Content-Length", "1000")]) + filler(1000))


@FRAMING.at("/gzip-cut")
def gzip_cut(connection: Connection, ask: Ask) -> None:
    """Send the first half of a gzip stream as if it were the whole, with the half's length."""
    data = gzip.compress(filler(20_000), mtime=0)[:10_000]
    encoding = ("Content-Encoding", "gzip")
    connection.send(head(200, [("Content-Type", ask.type), encoding, ("Content-Length", "10000")]) + data)
