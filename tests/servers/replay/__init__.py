"""ReplayWeb.page in Chromium without a screen, served from this computer: what a reader of a WACZ is shown.

The page that embeds it tells our server again and again what stands in the replayed frames; for the browser there is no
other host.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.patience import PATIENCE, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

_SCRIPTS = Path(__file__).parent / "node_modules" / "package"
_FILES = {"/ui.js": "ui.js", "/replay/ui.js": "ui.js", "/replay/sw.js": "sw.js"}
_FRAME = b'<!doctype html><script src="./ui.js"></script><replay-app-main></replay-app-main>'
_PAGE = """<!doctype html><script src="/ui.js"></script>
<replay-web-page source="/a.wacz" url="{scene}" replayBase="/replay/" embed="replayonly"></replay-web-page>
<script>
  const found = (root, all = []) => {
    for (const each of root.querySelectorAll("*")) {
      if (each.shadowRoot) found(each.shadowRoot, all);
      if (each.tagName === "IFRAME" && each.contentDocument) {
        all.push(each.contentDocument);
        found(each.contentDocument, all);
      }
    }
    return all;
  };
  setInterval(() => {
    const said = found(document).map((one) => ({
      url: one.URL, title: one.title, text: one.body ? one.body.innerText : "",
      images: Object.fromEntries([...one.images].map((image) => [image.src, image.naturalWidth])),
    }));
    fetch("/said", { method: "POST", body: JSON.stringify(said) });
  }, 500);
</script>"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A document in a frame: its address, title and text, and the width in pixels of each image by its address."""

    url: str
    title: str
    text: str
    images: dict[str, int]


def why_not() -> str:
    """Say what is missing for a replay; "" where nothing is."""
    if shutil.which("chromium") is None:
        return "chromium is not installed"
    return "" if (_SCRIPTS / "sw.js").exists() else "ReplayWeb.page is not installed (make test does it)"


def replayed(wacz: Path, url: str, enough: Callable[[list[Shown]], bool]) -> list[Shown]:
    """Open an address in a WACZ; return what is shown once it is `enough`."""
    server = _Server(wacz, url)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = subprocess.Popen(
            [
                "chromium",
                "--headless=new",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                *(["--no-sandbox"] if os.geteuid() == 0 else []),  # Chromium has no sandbox for root
                f"--user-data-dir={profile}",
                f"http://127.0.0.1:{server.server_port}/",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until(lambda: enough(server.said))
        finally:
            browser.terminate()
            with suppress(subprocess.TimeoutExpired):
                browser.wait(PATIENCE)
            browser.kill()
            browser.wait()
            server.shutdown()
            server.server_close()
    return server.said


class _Server(ThreadingHTTPServer):
    """Serves one WACZ with the means to replay it; `said` is what the page said last."""

    def __init__(self, wacz: Path, url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.data = wacz.read_bytes()
        self.page = _PAGE.replace("{scene}", url).encode()
        self.said: list[Shown] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Serve the page, the scripts, and any range of the WACZ."""
        path = self.path.partition("?")[0]
        if path == "/":
            self._send(self.server.page, "text/html")
        elif path == "/replay/":
            self._send(_FRAME, "text/html")
        elif path in _FILES:
            self._send((_SCRIPTS / _FILES[path]).read_bytes(), "text/javascript")
        elif path == "/a.wacz":
            self._send_range(self.server.data)
        else:
            self._send(b"", "text/plain", 404)

    def do_HEAD(self) -> None:
        """Serve the same without its body."""
        self.do_GET()

    def do_POST(self) -> None:
        """Take what is shown."""
        told: list[Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.said = [Shown(**each) for each in told]
        self._send(b"", "text/plain")

    def _send_range(self, data: bytes) -> None:
        match = re.fullmatch(r"bytes=([0-9]*)-([0-9]*)", self.headers.get("Range", ""))
        if match is None:
            self._send(data, "application/zip")
            return
        first = int(match[1]) if match[1] else max(len(data) - int(match[2]), 0)
        last = min(int(match[2]), len(data) - 1) if match[1] and match[2] else len(data) - 1
        self._send(data[first : last + 1], "application/zip", 206, f"bytes {first}-{last}/{len(data)}")

    def _send(self, body: bytes, kind: str, status: int = 200, where: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Accept-Ranges", "bytes")
        if where:
            self.send_header("Content-Range", where)
        self.end_headers()
        if self.command != "HEAD":
            with suppress(OSError):  # the browser left meanwhile
                self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
