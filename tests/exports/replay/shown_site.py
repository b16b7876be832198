"""A site that only a browser shows whole: photos that load late, that scripts write and ask for; videos in parts."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from tests.exports.small_case import photo
from tests.servers.program import find_tool

if TYPE_CHECKING:
    from collections.abc import Iterator

TITLE = "Fire on Market Street"
WORDS = "The crowd moved down the street at ten past six, and somebody broke the window. " * 8
LAZY = range(1, 9)
IMAGES = 17
"""As many as a browser shows, those in the frame among them."""
_PAGE = (
    f"<!doctype html><meta charset=utf-8><title>{TITLE}</title>"
    f"<style>body{{font:20px serif}}img{{height:120px}}</style>"
    f"<h1>{TITLE}</h1><img src=/0.jpg><p>{WORDS}"
    + "".join(f"<p>Photo {number}</p><img loading=lazy width=160 src=/{number}.jpg>" for number in LAZY)
    + """<video id=clip src=/clip.mp4 width=320 preload=metadata muted></video><iframe src=/frame></iframe>
<p id=here></p><div id=box></div><script>
  here.textContent = 'written at ' + location.pathname + ' of ' + document.title;
  box.innerHTML = '<img src="/9.jpg">';
  const made = new Image(); made.src = location.origin + '/10.jpg'; box.append(made);
  const chosen = document.createElement('img'); chosen.srcset = '/11.jpg 1x, /16.jpg 2x'; box.append(chosen);
  document.write('<img src=/12.jpg>');
  const add = (names) => { for (const name of names) box.insertAdjacentHTML('beforeend', `<img src=${name}>`) };
  fetch('/list.json').then((answer) => answer.json()).then(add);
  for (const half of [1, 2])
    fetch('/more', {method: 'POST', headers: {'Content-Type': 'application/json'},
                    body: JSON.stringify({half, of: ["street", "é"]})})
      .then((answer) => answer.json()).then(add);
  const late = document.createElement('video');
  late.id = 'late'; late.muted = true; late.src = '/late.mp4'; box.append(late);
</script>"""
)


@cache
def clip() -> bytes:
    """Return a video whose index stands behind 12 MiB of nothing: who does not ask for its end cannot play it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        made = (
            "-f lavfi -i testsrc2=size=320x180:rate=10:duration=6 -c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 10"
        )
        subprocess.run(
            [find_tool("ffmpeg", package="ffmpeg"), "-nostdin", "-v", "error", *made.split(), str(path)], check=True
        )
        data = path.read_bytes()
    place = data.index(b"moov") - 4
    nothing = 12 << 20
    return data[:place] + nothing.to_bytes(4, "big") + b"free" + bytes(nothing - 8) + data[place:]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Serve a file, or the part of it that is asked for."""
        if self.path == "/moved":
            self._send(302, "text/plain", b"", ("Location", "/"))
        elif self.path == "/":
            self._send(200, "text/html; charset=utf-8", _PAGE.encode())
        elif self.path == "/frame":
            self._send(200, "text/html", b"<p>framed</p><img src=/15.jpg height=60>")
        elif self.path == "/list.json":
            self._send(200, "application/json", b'["/13.jpg"]')
        elif self.path.endswith(".mp4"):
            self._send_part(clip())
        elif (number := re.fullmatch(r"/(\d+)\.jpg(\?again)?", self.path)) is not None:
            self._send(200, "image/jpeg", photo(int(number[1])))
        else:
            self._send(404, "text/plain", b"nothing")

    def do_POST(self) -> None:
        """Answer a list of photos that depends on what is posted."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._send(200, "application/json", b'["/14.jpg"]' if asked["half"] == 1 else b'["/0.jpg?again"]')

    def _send_part(self, data: bytes) -> None:
        part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        first, last = int(part[1]) if part else 0, int(part[2] or len(data) - 1) if part else len(data) - 1
        fields = [("Accept-Ranges", "bytes")]
        if part:
            fields.append(("Content-Range", f"bytes {first}-{last}/{len(data)}"))
        self._send(206 if part else 200, "video/mp4", data[first : last + 1], *fields)

    def _send(self, status: int, kind: str, body: bytes, *fields: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), *fields):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Site(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing: a browser breaks off what it has enough of."""


@contextmanager
def shown_site() -> Iterator[str]:
    """Serve the site; yield its address."""
    server = _Site(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
