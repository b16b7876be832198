"""More than anybody asked for: bombs, bodies without end, pages of 200 MB."""

from __future__ import annotations

import math
import tempfile
from typing import TYPE_CHECKING

from tests.servers.faults.content import MIB, big_body, filler, gzip_bomb, pattern, png
from tests.servers.faults.fault import Ask, Faults
from tests.servers.head import HTML, head, whole
from tests.servers.scene import chunked

if TYPE_CHECKING:
    from tests.servers.connection import Connection

FLOODS = Faults()
MANY = 10_000


@FLOODS.at("/gzip-bomb")
def bomb(connection: Connection, ask: Ask) -> None:
    """Send 256 MiB of zeros as some 260 KB of Content-Encoding: gzip; as text/html, or what `?type=` says."""
    data = gzip_bomb()
    headers = [("Content-Type", ask.text("type", HTML)), ("Content-Encoding", "gzip")]
    connection.send(head(200, [*headers, ("Content-Length", str(len(data)))]) + data)


@FLOODS.at("/big")
def big(connection: Connection, ask: Ask) -> None:
    """Send `?bytes=` bytes (1 MiB without it), as `big_body` makes them; with `?by=sendfile` from a file."""
    size = ask.size(MIB)
    connection.send(head(200, [("Content-Type", ask.type), ("Content-Length", str(size))]))
    if ask.text("by", "") == "sendfile":
        _send_from_file(connection, size)
        return
    for piece in big_body(size):
        connection.send(piece)


def _send_from_file(connection: Connection, size: int) -> None:
    repeats = 16
    with tempfile.TemporaryFile() as file:
        for _ in range(repeats):
            file.write(pattern())
        file.flush()
        while size > 0:
            connection.send_file(file, min(size, repeats * MIB))
            size -= repeats * MIB


@FLOODS.at("/endless")
def endless(connection: Connection, ask: Ask) -> None:
    """Send chunks of 64 KiB for ever, as fast as they are taken."""
    connection.send(head(200, [("Content-Type", ask.type), ("Transfer-Encoding", "chunked")]))
    piece = chunked([filler(65_536)] * 16)
    while True:
        connection.send(piece)


@FLOODS.at("/endless-slow")
def endless_slow(connection: Connection, ask: Ask) -> None:
    """Send a chunk of 1,000 bytes every 0.1 s (or `?every=`) for ever: never silent, not slow enough to be a drip."""
    connection.send(head(200, [("Content-Type", ask.type), ("Transfer-Encoding", "chunked")]))
    piece = chunked([filler(1000)])
    while True:
        connection.send(piece)
        connection.wait(ask.number("every", 0.1))


@FLOODS.at("/many-images")
def many_images(connection: Connection, ask: Ask) -> None:
    """Be a page with 10,000 photos (or `?count=`), each of them there."""
    tags = [f'<img src="/many-images/{number:05}.png" alt="">' for number in range(int(ask.number("count", MANY)))]
    page = "<!doctype html><title>Many images</title>\n" + "\n".join(tags) + "\n"
    connection.send(whole(200, HTML, page.encode()))


@FLOODS.at("/many-images/")
def one_of_many(connection: Connection, ask: Ask) -> None:
    """Be one of the photos of /many-images."""
    connection.send(whole(200, "image/png", png(ask.rest)))


@FLOODS.at("/huge-page")
def huge_page(connection: Connection, ask: Ask) -> None:
    """Be a page of 200 MB of HTML (or at least `?bytes=`), with a photo at its start and one at its end."""
    line = b"<p>It was raining, and the street was empty until a quarter past ten.</p>\n"
    block = line * (MIB // len(line))
    start = b'<!doctype html><html><head><title>A huge page</title></head><body><img src="/photos/first.png" alt="">\n'
    end = b'<img src="/photos/last.png" alt=""></body></html>\n'
    blocks = math.ceil(ask.size(200_000_000) / len(block))
    length = len(start) + blocks * len(block) + len(end)
    connection.send(head(200, [("Content-Type", HTML), ("Content-Length", str(length))]) + start)
    for _ in range(blocks):
        connection.send(block)
    connection.send(end)
