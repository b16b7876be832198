"""The demo scene on loopback: a page, a dozen photos, a video, one picture that is gone, one whose server lies."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import TYPE_CHECKING

from capture.demo.photos import PHOTOS

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

PAGE = "/market-street-fire.html"
GONE = "/photos/deleted.jpg"
LYING = "/photos/cut-short.jpg"
CLIP = "/clip.mp4"

_NOT_FOUND = b"<!doctype html><title>Gone</title><h1>Gone</h1><p>The author has removed this picture."


@dataclass(frozen=True, slots=True)
class Expected:
    """What a perfect capture of the scene finds."""

    photos: int
    videos: int
    failed: int


class DemoScene:
    """Serves the scene while it is entered; `url` is its page."""

    expected = Expected(photos=len(PHOTOS), videos=1, failed=2)

    def __enter__(self) -> Self:
        _files()  # drawn before the clock of whoever captures it begins
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}{PAGE}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@cache
def _files() -> dict[str, tuple[str, bytes]]:
    """Return every path of the scene with its content type and bytes."""
    folder = files("capture.demo")
    types = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
    found = {f"/photos/{photo.name}": (types[photo.name.rpartition(".")[2]], photo.encoded()) for photo in PHOTOS}
    found[CLIP] = ("video/mp4", folder.joinpath("clip.mp4").read_bytes())
    page = folder.joinpath("page.html").read_text("utf-8").replace("<!-- photos -->", _gallery())
    found[PAGE] = ("text/html; charset=utf-8", page.encode())
    return found


def _gallery() -> str:
    """Write the photos into the page in the several ways in which pages do."""
    ways = (
        '<a href="{src}"><img src="{src}" alt="{alt}"></a>',
        '<img src="{src}" srcset="{src} 800w" alt="{alt}">',
        '<img data-src="{src}" src="data:," alt="{alt}">',
        '<picture><source srcset="{src}"><img src="{src}" alt="{alt}"></picture>',
    )
    shown = [
        ways[number % len(ways)].format(src=f"/photos/{photo.name}", alt=photo.alt)
        for number, photo in enumerate(PHOTOS)
    ]
    return "\n".join([*shown, f'<img src="{GONE}" alt="The two people">', f'<img src="{LYING}" alt="The canal">'])


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer one request."""
        kind, body = _files().get(self.path, ("text/html", _NOT_FOUND))
        status = 200 if self.path in _files() else 404
        declared = len(body)
        if self.path == LYING:
            status, kind, body = 200, "image/jpeg", _files()["/photos/after.jpg"][1][:20_000]
            declared = 90_000  # the lie: the connection ends long before
            self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(declared))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the terminal for the demo."""
