"""The demo scene on loopback: a page, a dozen photos, a video, one picture that is gone, one whose server lies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler
from importlib.resources import files

from exports.view.loopback import LoopbackServer
from validation.demo.photos import PHOTOS

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


class DemoScene(LoopbackServer):
    """Serves the scene while it is entered; `url` is its page."""

    expected = Expected(photos=len(PHOTOS), videos=1, failed=2)

    def __init__(self) -> None:
        _files()  # drawn before the clock of whoever captures it begins
        super().__init__(_DemoHandler)
        self.url = f"{self.address}{PAGE}"


@cache
def _files() -> dict[str, tuple[str, bytes]]:
    """Return every path of the scene with its content type and bytes."""
    folder = files("validation.demo")
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


class _DemoHandler(BaseHTTPRequestHandler):
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
