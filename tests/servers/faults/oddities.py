"""Heads that are odd, too long or no heads at all, and pages that mean harm by what they say."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from tests.servers.faults.content import filler, png
from tests.servers.faults.fault import Ask, Faults
from tests.servers.head import HTML, head, whole

if TYPE_CHECKING:
    from tests.servers.connection import Connection

ODDITIES = Faults()

NAMES = (
    "../../x.png",
    "/names/..%2f..%2fx.png",
    "/names/..%5c..%5cx.png",
    "/names/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/names/CON",
    "/names/con.png",
    "/names/NUL.txt.png",
    "/names/" + "a" * 300 + ".png",
    "/names/" + "%E2%82%AC" * 100 + ".png",
    "/names/invoice\u202egnp.exe",
    "/names/%E2%80%AEgnp.exe",
    "/names/nul%00byte.png",
    "/names/escape%1B%5B31mred%1B%5D0;owned%07.png",
    "/names/new%0Aline%0D.png",
    "/names/-rf.png",
    "/names/%20.%20.png",
    "/names/trailing.%20.",
    "/names/a:b*c%3Fd%22e%3Cf%3Eg%7Ch.png",
    "/names/%FF%FE.png",
    "/names/.hidden",
    "/names/",
    "/names/disposition",
)
"""The photos of /names, as its `img src` has them."""

TITLE = "\x1b]0;owned\x07\x1b[31mred\x1b[0m \u202eesrever\u202c \x9b2J <script>alert(1)</script> =cmd|' /C calc'!A0"
"""The title of /names, before it is escaped for HTML."""


@ODDITIES.at("/garbage")
def garbage(connection: Connection, _: Ask) -> None:
    """Answer something that is not HTTP, and close."""
    connection.send(b"BLAH BLAH\r\n\r\nzzz")
    connection.close()


@ODDITIES.at("/odd-headers")
def odd_headers(connection: Connection, _: Ask) -> None:
    """Send odd case, double spaces, a latin-1 byte, two Set-Cookie, a folded line, and a reason nobody uses."""
    connection.send(
        b"HTTP/1.1 200 Okay-Dokay\r\n"
        b"x-ODD:  two  spaces \r\n"
        b"Set-Cookie: a=1\r\n"
        b"Set-Cookie: b=2\r\n"
        b"X-Latin: caf\xe9\r\n"
        b"X-Folded: one\r\n  two\r\n"  # obs-fold, RFC 9112, section 5.2
        b"X-Empty:\r\n"
        b"CONTENT-type: text/plain\r\n"
        b"Content-Length: 2\r\n\r\nhi"
    )


@ODDITIES.at("/long-header")
def long_header(connection: Connection, ask: Ask) -> None:
    """Send a header line of 100 KB (or `?bytes=`)."""
    headers = [("Content-Type", ask.type), ("X-Long", "z" * ask.size(100_000)), ("Content-Length", "10")]
    connection.send(head(200, headers) + filler(10))


@ODDITIES.at("/many-headers")
def many_headers(connection: Connection, ask: Ask) -> None:
    """Send 5,000 headers (or `?count=`)."""
    many = [(f"X-Header-{number}", "z") for number in range(int(ask.number("count", 5000)))]
    connection.send(head(200, [("Content-Type", ask.type), *many, ("Content-Length", "10")]) + filler(10))


@ODDITIES.at("/lying-type")
def lying_type(connection: Connection, _: Ask) -> None:
    """Send a page of HTML as image/jpeg."""
    connection.send(whole(200, "image/jpeg", b"<!doctype html><title>Not a photo</title><p>Not a photo.</p>"))


@ODDITIES.at("/lying-page")
def lying_page(connection: Connection, _: Ask) -> None:
    """Send a PNG as text/html."""
    connection.send(whole(200, HTML, png("lying page")))


@ODDITIES.at("/no-type")
def no_type(connection: Connection, _: Ask) -> None:
    """Send a PNG without any Content-Type."""
    connection.send(whole(200, "", png("no type")))


@ODDITIES.at("/names")
def names(connection: Connection, _: Ask) -> None:
    """Be a page whose photos are named ../../x, CON, 300 characters, with RTL marks, %00, escapes; its title too."""
    tags = "\n".join(f'<img src="{html.escape(name)}" alt="{html.escape(TITLE)}">' for name in NAMES)
    page = f"<!doctype html><meta charset=utf-8><title>{html.escape(TITLE)}</title>\n{tags}\n"
    connection.send(whole(200, HTML, page.encode()))


@ODDITIES.at("/names/")
def named(connection: Connection, ask: Ask) -> None:
    """Be any photo of /names; /names/disposition claims ../../../.bashrc as its file name."""
    claim = [("Content-Disposition", 'attachment; filename="../../../.bashrc"')] * (ask.rest == "disposition")
    connection.send(whole(200, "image/png", png(ask.rest), claim))


@ODDITIES.at("/x.png")
def climbed(connection: Connection, _: Ask) -> None:
    """Be the photo that ../../x.png on /names leads to."""
    connection.send(whole(200, "image/png", png("x.png")))


@ODDITIES.at("/set-cookie")
def set_cookie(connection: Connection, _: Ask) -> None:
    """Set two cookies, `session` (HttpOnly) and `lang`, on a small page."""
    cookies = [("Set-Cookie", "session=c0ffee; Path=/; HttpOnly"), ("Set-Cookie", "lang=en; Path=/")]
    connection.send(whole(200, HTML, b"<!doctype html><title>Cookies</title><p>Have two.</p>", cookies))


@ODDITIES.at("/100-continue")
def interim(connection: Connection, _: Ask) -> None:
    """Send 100 Continue, which nobody asked for, and then 200."""
    connection.send(head(100) + whole(200, "text/plain", b"hello\n"))


@ODDITIES.at("/103-early-hints")
def early_hints(connection: Connection, _: Ask) -> None:
    """Send 103 Early Hints (RFC 8297), and then 200."""
    hints = head(103, [("Link", "</style.css>; rel=preload; as=style")])
    connection.send(hints + whole(200, "text/plain", b"hello\n"))
