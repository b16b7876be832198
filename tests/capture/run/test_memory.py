"""A hostile server cannot fill the memory: a capture of its own process stays below 300 MiB."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.servers import RawServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import Connection, Seen

MOST = 300 << 20
"""Bytes that a capture may hold at its peak."""
MIB = 1 << 20

PROGRAM = """
import resource, sys
from cli import main
code = 0
try:
    main(sys.argv[1:])
except SystemExit as error:
    code = error.code or 0
peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
try:
    # ru_maxrss knows the process that started this one, too
    own = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
    peak = max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
except OSError:
    pass
print(peak * (1 if sys.platform == "darwin" else 1024), file=sys.stderr)
sys.exit(code)
"""


def head(kind: bytes, length: int, fields: bytes = b"", status: bytes = b"200 OK") -> bytes:
    """Return the head of an answer."""
    return b"HTTP/1.1 " + status + b"\r\nContent-Type: %s\r\nContent-Length: %d\r\n" % (kind, length) + fields + b"\r\n"


def page(body: bytes, fields: bytes = b"") -> bytes:
    """Return a page as an answer."""
    return head(b"text/html", len(body), fields) + body


@cache
def bomb() -> bytes:
    """Return 1 GiB of zeros in gzip coding."""
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packing.compress(bytes(MIB)) for _ in range(1024)) + packing.flush()


class Hostile(RawServer):
    """Serves one way to fill a memory at each path, and what its pages show."""

    def __init__(self) -> None:
        super().__init__(self._answer, keep=1)
        self._noise = os.urandom(MIB)

    def _answer(self, connection: Connection, seen: Seen) -> None:
        path, _, query = seen.path.partition("?")
        getattr(self, f"_{path.strip('/').partition('/')[0].replace('-', '_')}")(connection, query)

    def _noise_of(self, connection: Connection, size: int, fields: bytes = b"", status: bytes = b"200 OK") -> None:
        connection.send(head(b"image/jpeg", size, fields, status))
        for _ in range(size // MIB):
            connection.send(self._noise)
        connection.send(self._noise[: size % MIB])

    def _interim(self, connection: Connection, _: str) -> None:
        """Send interim answers without end."""
        while True:
            connection.send((b"HTTP/1.1 103 Early Hints\r\nLink: " + b"x" * 60_000 + b"\r\n\r\n") * 20)

    def _chunks(self, connection: Connection, _: str) -> None:
        """Send chunks of one byte with long extensions, without end."""
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.send((b"1;" + b"x" * 4000 + b"\r\na\r\n") * 200)

    def _photos(self, connection: Connection, _: str) -> None:
        """Serve a page of photos that are each just small enough to be held in memory."""
        connection.send(page(b"".join(b"<img src=/photo?%d>" % number for number in range(48))))

    def _photo(self, connection: Connection, _: str) -> None:
        self._noise_of(connection, 8 * MIB - 1000)

    def _redirects(self, connection: Connection, query: str) -> None:
        """Send redirects with giant bodies."""
        fields = b"Location: /redirects?%d\r\n" % (int(query or 0) + 1)
        self._noise_of(connection, 8 * MIB - 1000, fields, b"302 Found")

    def _heads(self, connection: Connection, _: str) -> None:
        """Serve a page of photos whose heads are as large as a head may be."""
        connection.send(page(b"".join(b"<img src=/head?%d>" % number for number in range(300))))

    def _head(self, connection: Connection, _: str) -> None:
        fields = b"".join(b"Set-Cookie: c%d=%s\r\n" % (number, b"v" * 4000) for number in range(50))
        connection.send(head(b"image/jpeg", 10, fields) + self._noise[:10])

    def _bomb(self, connection: Connection, _: str) -> None:
        """Serve a page that unpacks to 1 GiB."""
        connection.send(page(bomb(), b"Content-Encoding: gzip\r\n"))

    def _coded_photos(self, connection: Connection, _: str) -> None:
        """Serve photos that unpack to 1 GiB each."""
        connection.send(page(b"".join(b"<img src=/coded-photo?%d>" % number for number in range(3))))

    def _coded_photo(self, connection: Connection, _: str) -> None:
        data = bomb()
        connection.send(head(b"image/jpeg", len(data), b"Content-Encoding: gzip\r\n") + data)

    def _large(self, connection: Connection, _: str) -> None:
        """Serve one body of 400 MiB that states no length."""
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n")
        for _piece in range(400):
            connection.send(self._noise)
        connection.close()


WAYS = ("interim", "chunks", "photos", "redirects", "heads", "bomb", "coded-photos", "large")


@pytest.fixture(scope="module")
def server() -> Iterator[Hostile]:
    """Return a server that fills memories."""
    with Hostile() as running:
        yield running


@pytest.mark.timeout(400)
@pytest.mark.parametrize("way", WAYS)
def test_the_memory_has_a_bound(way: str, server: Hostile, tmp_path: Path) -> None:
    """Whatever a server sends, the process that captures it, and those that it starts, stay below 300 MiB each."""
    words = ["capture", server.url(f"/{way}"), "--case", "OP", "--officer", "Mary Price", "--initials", "MP", "--json"]
    command = [sys.executable, "-c", PROGRAM, *words, "--allow-private", "--quiet", "--timeout", "30"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=300)
    *said, last = ran.stderr.splitlines()
    peak = int(last)
    assert json.loads(ran.stdout)["status"] in {"complete", "partial", "nothing"}, said
    assert peak < MOST, f"{peak >> 20} MiB"
