"""Redirects that do not end, or end where nobody should go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.servers.faults.content import gzip_bomb
from tests.servers.faults.fault import Ask, Faults
from tests.servers.head import HTML, head, whole

if TYPE_CHECKING:
    from tests.servers.connection import Connection

REDIRECTS = Faults()


def _to(location: str) -> bytes:
    return whole(302, HTML, b"<!doctype html><title>Moved</title><p>Moved.</p>", [("Location", location)])


@REDIRECTS.at("/loop")
def loop(connection: Connection, _: Ask) -> None:
    """Redirect to itself."""
    connection.send(_to("/loop"))


@REDIRECTS.at("/loop-a")
def loop_a(connection: Connection, _: Ask) -> None:
    """Redirect to /loop-b, which redirects back."""
    connection.send(_to("/loop-b"))


@REDIRECTS.at("/loop-b")
def loop_b(connection: Connection, _: Ask) -> None:
    """Redirect to /loop-a, which redirects back."""
    connection.send(_to("/loop-a"))


@REDIRECTS.at("/redirects/")
def hops(connection: Connection, ask: Ask) -> None:
    """Redirect N times, /redirects/N to /redirects/N-1 and so on, and then to /page."""
    left = int(ask.rest) if ask.rest.isascii() and ask.rest.isdigit() else 0
    connection.send(_to(f"/redirects/{left - 1}" if left > 1 else "/page"))


@REDIRECTS.at("/to")
def to(connection: Connection, ask: Ask) -> None:
    """Redirect to whatever `?url=` says, which must be percent-encoded."""
    url = ask.text("url", "/page").replace("\r", "").replace("\n", "")
    connection.send(_to(url.encode().decode("latin-1")))


@REDIRECTS.at("/to-file")
def to_file(connection: Connection, _: Ask) -> None:
    """Redirect to file:///etc/passwd."""
    connection.send(_to("file:///etc/passwd"))


@REDIRECTS.at("/to-nowhere")
def to_nowhere(connection: Connection, _: Ask) -> None:
    """Answer 302 without a Location."""
    connection.send(whole(302, HTML, b"<!doctype html><title>Moved</title><p>Moved, but where?</p>"))


@REDIRECTS.at("/gzip-302")
def gzip_302(connection: Connection, _: Ask) -> None:
    """Redirect to /page with a gzip bomb (256 MiB of zeros) as the redirect's own body."""
    bomb = gzip_bomb()
    headers = [("Content-Type", HTML), ("Location", "/page"), ("Content-Encoding", "gzip")]
    connection.send(head(302, [*headers, ("Content-Length", str(len(bomb)))]) + bomb)
