"""Each fault does what its line says, byte for byte where bytes are said."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import re
import socket
import time
import zlib
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest

from tests.patience import PATIENCE
from tests.servers import FAULTS, MisbehavingServer
from tests.servers.asking import ask, body_of, read_all, read_some, read_to_the_end, request
from tests.servers.faults.content import big_body, filler, gzip_bomb
from tests.servers.faults.oddities import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

STAY = {"/endless", "/endless-slow", "/drip", "/drip-head", "/stall", "/stall-head"}
"""The faults that do not come to an end by themselves."""


@pytest.fixture
def server() -> Iterator[MisbehavingServer]:
    """Run a server that misbehaves."""
    with MisbehavingServer() as server:
        yield server


def judge(server: MisbehavingServer, path: str) -> str:
    """Return what Python's own HTTP client makes of an answer: its status and size, or the error."""
    connection = http.client.HTTPConnection(*server.address, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return f"{response.status} {len(response.read())}"
    except (http.client.HTTPException, OSError) as error:
        return type(error).__name__
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "verdict"),
    [
        ("/truncated", "IncompleteRead"),
        ("/too-long", "200 1000"),
        ("/chunk-cut", "IncompleteRead"),
        ("/chunk-cut-at-boundary", "IncompleteRead"),
        ("/chunk-bad-size", "IncompleteRead"),
        ("/chunk-trailers", "200 5"),
        ("/no-length", "200 300000"),
        ("/gzip-lie", "200 1000"),
        ("/gzip-cut", "200 10000"),
        ("/to-file", "302 48"),
        ("/to-nowhere", "302 59"),
        ("/reset", "ConnectionResetError"),
        ("/reset-at-once", "ConnectionResetError"),
        ("/no-length-reset", "ConnectionResetError"),
        ("/no-answer", "RemoteDisconnected"),
        ("/garbage", "BadStatusLine"),
        ("/long-header", "LineTooLong"),
        ("/many-headers", "HTTPException"),
        ("/odd-headers", "200 2"),
        ("/100-continue", "200 6"),
        ("/403", "403 97"),
        ("/404", "404 97"),
        ("/500", "500 97"),
        ("/503-then-200", "503 97"),
        ("/429-forever", "429 97"),
        ("/no-such-fault", "404 14"),
        ("/page", "200 114"),
        ("/big?bytes=-1", "200 0"),
        ("/big?bytes=inf", "200 1048576"),
    ],
)
def test_what_a_plain_client_sees(server: MisbehavingServer, path: str, verdict: str) -> None:
    """Python's own client, as the outside judge, gets the error or the size that the fault is for."""
    assert judge(server, path) == verdict


def test_every_fault_is_described_and_answers(server: MisbehavingServer) -> None:
    """Each fault has a line that says what happens, stands in the index, and leaves the server well."""
    index = ask(server, "/").decode()
    for path, fault in FAULTS.items():
        assert fault.path == path
        assert re.fullmatch(r"[A-Z][^\n]{8,109}\.", fault.says), path
        assert f'<a href="{path}">' in index
        if path not in STAY:
            with socket.create_connection(server.address, timeout=PATIENCE) as client:
                client.sendall(request(f"{path}?bytes=1000"))
                read_to_the_end(client)
    assert ask(server, "/page").startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("path", sorted(STAY))
def test_faults_that_stay_end_with_the_server(path: str) -> None:
    """A fault without an end is over as soon as the server is left."""
    with socket.socket() as client:
        client.settimeout(PATIENCE)
        with MisbehavingServer() as server:
            client.connect(server.address)
            client.sendall(request(path))
            while not server.requests:
                time.sleep(0.01)
        read_to_the_end(client)


def test_two_lengths_and_odd_headers_are_sent_as_said(server: MisbehavingServer) -> None:
    """Heads that a parser would tidy up are on the wire untidied."""
    assert re.findall(rb"Content-Length: (\d)", ask(server, "/two-lengths")) == [b"5", b"7"]
    odd = ask(server, "/odd-headers")
    for line in (b"x-ODD:  two  spaces \r\n", b"caf\xe9\r\n", b"X-Folded: one\r\n  two\r\n", b" Okay-Dokay\r\n"):
        assert line in odd
    assert odd.count(b"Set-Cookie: ") == 2
    assert max(map(len, ask(server, "/long-header").split(b"\r\n"))) > 100_000
    assert ask(server, "/many-headers").count(b"\r\nX-Header-") == 5000
    assert ask(server, "/103-early-hints").count(b"HTTP/1.1 ") == 2


def test_try_again(server: MisbehavingServer) -> None:
    """The faults that pass are a refusal once and an answer from then on, counted for each target."""
    before = time.time()
    for path in ("/429-seconds", "/429-date", "/503-then-200"):
        for target in (path, path + "?other"):
            assert [judge(server, target)[:3] for _ in range(3)] == [path[1:4], "200", "200"]
    first = server.sent["/429-date"][0].data.decode()
    said = parsedate_to_datetime(re.findall("Retry-After: (.*)\r", first)[0]).timestamp()
    assert before + 0.5 < said <= time.time() + 1.5
    assert b"Retry-After: 1\r\n" in server.sent["/429-seconds"][0].data
    assert b"Retry-After: 3600\r\n" in ask(server, "/429-forever?after=3600")


def test_redirects(server: MisbehavingServer) -> None:
    """Redirects lead where they say, the counted ones after so many hops to the page."""

    def location(path: str) -> str:
        return str(re.findall("Location: (.*)\r", ask(server, path).decode("latin-1"))[0])

    assert location("/loop") == "/loop"
    assert location(location("/loop-a")) == "/loop-a"
    hops, at = 0, "/redirects/5"
    while at != "/page":
        hops, at = hops + 1, location(at)
    assert hops == 5
    assert location("/redirects/nonsense") == "/page"
    assert location("/to?url=http%3A%2F%2F127.1%3A80%2F%3Fa%3Db") == "http://127.1:80/?a=b"
    assert location("/to?url=a%0D%0AX-Evil%3A+1") == "aX-Evil: 1"
    assert location("/to-file") == "file:///etc/passwd"
    assert location("/gzip-302") == "/page"


def test_the_bomb_is_one_gzip_member_of_zeros(server: MisbehavingServer) -> None:
    """The bomb is small on the wire, is 256 MiB of zeros when unpacked, and its check sum is right."""
    packed = body_of(ask(server, "/gzip-bomb"))
    assert packed == gzip_bomb() == body_of(ask(server, "/gzip-302"))
    assert 200_000 < len(packed) < 300_000
    unpacker, size = zlib.decompressobj(zlib.MAX_WBITS | 16), 0
    while not unpacker.eof:
        piece = unpacker.decompress(packed, 1 << 20)
        packed = unpacker.unconsumed_tail
        size += len(piece)
        assert piece.count(0) == len(piece)
    assert (size, unpacker.unused_data) == (256 << 20, b"")
    assert gzip.decompress(gzip_bomb(1)) == bytes(1 << 20)


@pytest.mark.parametrize("size", [0, 1, (1 << 20) + 1, (40 << 20) + 7])
def test_big_bodies(server: MisbehavingServer, size: int) -> None:
    """A big body has the bytes that a test can compute, by send and by sendfile, and its size is noted."""
    expected = hashlib.sha256(b"".join(big_body(size))).digest()
    for path in (f"/big?bytes={size}", f"/big?bytes={size}&by=sendfile"):
        got = ask(server, path)
        assert hashlib.sha256(body_of(got)).digest() == expected
        assert server.sent[path][0].size == len(got)


def test_silence_begins_where_it_is_said(server: MisbehavingServer) -> None:
    """A stall comes after 200,000 bytes, a drip is a byte at a time."""
    for path, count in (("/stall", 200_000), ("/drip?every=0.01", 20), ("/stall-head", 0)):
        with socket.create_connection(server.address, timeout=PATIENCE) as client:
            client.sendall(request(path))
            if count:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += read_some(client, 1)
                assert read_some(client, count) == filler(count)
            client.settimeout(0.005 if "drip" in path else 0.1)
            if "drip" not in path:
                with pytest.raises(TimeoutError):
                    client.recv(1)


def test_a_connection_that_promised_to_stay_is_cut(server: MisbehavingServer) -> None:
    """The first request is answered whole; the second on the same connection is noted, and never answered."""
    path = "/early-close-keepalive"
    with socket.create_connection(server.address, timeout=PATIENCE) as client:
        client.sendall(request(path, close=False))
        while not (sent := server.sent.get(path)) or b"\r\n\r\n" not in sent[0].kept:
            time.sleep(0.01)
        assert body_of(read_some(client, sent[0].size)) == filler(1000)
        client.sendall(request(path, close=False))
        assert read_all(client) == b""
    assert [answer.size for answer in server.sent[path]] == [sent[0].size, 0]


def test_pages(server: MisbehavingServer) -> None:
    """The pages name their photos, and every photo of the page of bad names is there."""
    assert body_of(ask(server, "/many-images")).count(b"<img ") == 10_000
    assert body_of(ask(server, "/many-images/00007.png")).startswith(b"\x89PNG")
    page = ask(server, "/page?img=/truncated&img=%2F404%3Fa%26b").decode()
    assert 'src="/truncated"' in page
    assert 'src="/404?a&amp;b"' in page
    assert ask(server, "/names").count(b"<img ") == len(NAMES)
    photos = {
        body_of(ask(server, name.replace("../..", "").replace("\u202e", "%E2%80%AE").replace(" ", "%20")))
        for name in NAMES
    }
    assert len(photos) == len(NAMES)
    assert all(photo.startswith(b"\x89PNG") for photo in photos)


def test_the_huge_page_is_as_long_as_it_says() -> None:
    """The huge page is 200 MB, with one photo at each end."""
    with (
        MisbehavingServer(keep=0) as server,
        socket.create_connection(server.address, timeout=PATIENCE) as client,
    ):
        client.sendall(request("/huge-page"))
        first = last = client.recv(4096)
        size = len(first)
        while piece := client.recv(1 << 20):
            size += len(piece)
            last = (last + piece)[-100:]
        (sent,) = server.sent["/huge-page"]
    head, _, start = first.partition(b"\r\n\r\n")
    length = int(re.findall(rb"Content-Length: (\d+)", head)[0])
    assert size == sent.size == len(head) + 4 + length
    assert length > 200_000_000
    assert start.startswith(b"<!doctype html>")
    assert last.endswith(b'<img src="/photos/last.png" alt=""></body></html>\n')
