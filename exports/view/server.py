"""Serves the pages of a view to a browser on this computer, and to whoever else has its address: nobody.

The port is of 127.0.0.1, and the first part of every path is a random token. A request under another host's name is
refused, which ends attacks by names that lead here (DNS rebinding), and one that another page makes, too. Originals are
sent as what a browser draws without running anything, or to be saved.
"""

from __future__ import annotations

import hmac
import html
import re
import secrets
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote

from exports.errors import ExportError
from exports.report.links import OVERVIEW
from hashing.errors import HashingError
from hashing.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

    from exports.view.viewed import Viewed, ViewedPages

_TOKEN_BYTES = 32
_SILENT = 60
"""Seconds after which a connection that says nothing is closed."""
_DRAWN = frozenset({
    "image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4", "video/webm", "video/ogg", "video/quicktime",
    "audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/webm", "audio/flac", "audio/aac",
})  # fmt: skip
"""What a browser shows without running anything of it; all else is saved, never opened."""
_POLICY = re.compile(rb'<meta http-equiv="Content-Security-Policy" content="([\x20\x21\x23-\x7e]+)">')
_HEAD = 8192
"""Bytes of a page in which its own policy stands."""
_NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_HEADERS = (
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)
_STYLE = "body{font:1rem/1.5 sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}li{margin:.3rem 0}"


class ViewServer(ThreadingHTTPServer):
    """Serves a view while it is entered; `address` is what to open."""

    daemon_threads = True

    def __init__(self, viewed: Viewed) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.viewed = viewed
        self.token = secrets.token_urlsafe(_TOKEN_BYTES)
        self.host = f"127.0.0.1:{self.server_port}"
        self.address = f"http://{self.host}/{self.token}/"
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a browser that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _SILENT
    server: ViewServer

    def do_GET(self) -> None:
        """Answer a request for a page or an original."""
        self._answer(body=True)

    def do_HEAD(self) -> None:
        """Answer with the head alone."""
        self._answer(body=False)

    def version_string(self) -> str:
        """Name no versions."""
        return "goldenhour"

    def log_message(self, *_: object) -> None:
        """Keep the terminal for the command."""

    def _answer(self, *, body: bool) -> None:
        if (refusal := self._refusal()) is not None:
            self._say(*refusal, body=body)
            return
        name = unquote(self.path.partition("?")[0]).removeprefix(f"/{self.server.token}/")
        try:
            if name in {"", OVERVIEW}:
                self.server.viewed.renewed()
            pages = self.server.viewed.pages
            if name == "" or pages is None:
                self._send(_front(self.server.viewed).encode(), "text/html; charset=utf-8", _front_policy(), body=body)
            elif name in pages.pages:
                self._page(pages, name, body=body)
            elif name in pages.originals:
                self._original(pages, name, body=body)
            else:
                self._say(404, "nothing of this name is here", body=body)
        except (HashingError, ExportError, OSError) as error:
            if isinstance(error, ConnectionError | TimeoutError):
                raise
            self._say(500, printable(str(error)), body=body)

    def _refusal(self) -> tuple[int, str] | None:
        """Return why a request is refused, if it is: by whom it is made, before what it is for."""
        fields, server = self.headers, self.server
        if fields.get_all("Host") != [server.host]:
            return 421, "this computer is asked under another name"
        if any(origin != f"http://{server.host}" for origin in fields.get_all("Origin", [])):
            return 403, "another page asks"
        if fields.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
            return 403, "another page asks"
        token = unquote(self.path.partition("?")[0]).split("/")[1:2]
        if not token or not hmac.compare_digest(token[0].encode(), server.token.encode()):
            return 404, "nothing of this name is here"
        return None

    def _page(self, pages: ViewedPages, name: str, *, body: bool) -> None:
        with pages.pages[name].open("rb") as file:
            if name.endswith(".jpg"):
                self._stream(file, pages.pages[name].stat().st_size, "image/jpeg", _NOTHING, body=body)
                return
            own = _POLICY.search(file.read(_HEAD))
            policy = f"{own[1].decode()}; frame-ancestors 'none'" if own else _NOTHING
            file.seek(0)
            size = pages.pages[name].stat().st_size
            self._stream(file, size, "text/html; charset=utf-8", policy, body=body)

    def _original(self, pages: ViewedPages, name: str, *, body: bool) -> None:
        item = pages.originals[name]
        drawn = item.mime in _DRAWN and not item.content_encoding
        with pages.files.opened(item.path) as file:
            kind = item.mime if drawn else "application/octet-stream"
            self._stream(file, item.size, kind, f"{_NOTHING}; sandbox", body=body, saved=not drawn)

    def _say(self, status: int, text: str, *, body: bool) -> None:
        self.close_connection = True
        self._send(f"{text}\n".encode(), "text/plain; charset=utf-8", _NOTHING, body=body, status=status)

    def _send(self, data: bytes, kind: str, policy: str, *, body: bool, status: int = 200) -> None:
        self._head(status, len(data), kind, policy)
        if body:
            self.wfile.write(data)

    def _stream(self, file: BinaryIO, size: int, kind: str, policy: str, *, body: bool, saved: bool = False) -> None:
        self._head(200, size, kind, policy, saved=saved)
        if body:
            shutil.copyfileobj(_Bounded(file, size), self.wfile)

    def _head(self, status: int, size: int, kind: str, policy: str, *, saved: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(size))
        self.send_header("Content-Security-Policy", policy)
        for name, value in _HEADERS:
            self.send_header(name, value)
        if saved:
            self.send_header("Content-Disposition", "attachment")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()


class _Bounded:
    """A file of which no more is read than was promised, though it grows meanwhile."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._left = size

    def read(self, count: int = -1, /) -> bytes:
        """Return the next bytes."""
        data = self._file.read(self._left if count < 0 else min(count, self._left))
        self._left -= len(data)
        return data


def _front(viewed: Viewed) -> str:
    """Return the first page: what is shown and as of when, what is not, and what nobody checked."""
    pages = viewed.pages
    assert pages is not None  # noqa: S101 - tells the type: they were made just before
    lines = "".join(f"<li>{html.escape(printable(line))}</li>" for line in _told(viewed, pages))
    report = (
        f'<p><a href="{OVERVIEW}"><b>Open the report</b></a></p>' if pages.pages else "<p>Nothing is sealed yet.</p>"
    )
    title = html.escape(printable(viewed.name))
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><h1>{title}</h1>{report}<ul>{lines}</ul>"
        f'<p><a href="./">Make the pages anew</a>, with what has been sealed since.</p></body></html>'
    )


def _told(viewed: Viewed, pages: ViewedPages) -> Iterator[str]:
    yield f"{pages.exhibits:,} exhibits with {pages.items:,} items, as of {pages.made}."
    yield f"{viewed.checked[:1].upper()}{viewed.checked[1:]}."
    yield from (f"Not shown: {line}." for line in pages.left_out)


def _front_policy() -> str:
    from exports.report.rendering import policy_hash

    return f"{_NOTHING}; style-src '{policy_hash(_STYLE)}'"
