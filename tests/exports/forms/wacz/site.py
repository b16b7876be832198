"""A captured site whose bundle is made a WACZ of: a page with a photo, a redirect, and bodies too large for a WARC."""

from __future__ import annotations

import threading
from array import array
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from click.testing import CliRunner

from cli import main
from hashing.ledger.keys import load_or_create_signing_key
from tests.exports.small_case import photo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGE = array("I", range((2 << 20) + 13_579)).tobytes()
PAGE = (
    b"<!doctype html><title>Fire on Market Street</title><p>It was dark.<img src=/one.jpg><img src=/two.jpg>"
    b"<video src=/plain.mp4></video><video src=/chunked.mp4></video>"
)
FILES = {"/": PAGE, "/one.jpg": photo(1), "/two.jpg": photo(2), "/plain.mp4": LARGE, "/chunked.mp4": LARGE[::-1]}
_TYPES = {"jpg": "image/jpeg", "mp4": "video/mp4"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Serve a file: one of them in chunks, `/moved` by a redirect."""
        body = FILES.get(self.path)
        self.send_response(302 if self.path == "/moved" else 200 if body is not None else 404)
        if self.path == "/moved":
            self.send_header("Location", "/")
        self.send_header("Content-Type", _TYPES.get(self.path[-3:], "text/html; charset=utf-8"))
        if self.path == "/chunked.mp4" and body is not None:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for start in range(0, len(body), 999_999):
                piece = body[start : start + 999_999]
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def site() -> Iterator[str]:
    """Serve the site; yield its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def captured_site(folder: Path) -> tuple[Path, str]:
    """Capture the site and switch it off; return its bundle, a zip, and the address that it had."""
    case, bundle = str(folder / "OP-ALDER"), folder / "site.zip"
    key = ["--key", str(folder / "key.pem")]
    load_or_create_signing_key(folder / "key.pem")
    with site() as url:
        options = ["--case", case, "--allow-private", "--initials", "MP", "--officer", "Mary Price", "-q", *key]
        ran = CliRunner().invoke(main, ["capture", f"{url}/moved", *options])
        assert ran.exit_code == 0, ran.output
    ran = CliRunner().invoke(
        main, ["export", case, "--zip", "--output", str(bundle), "-q", "--officer", "Mary Price", *key]
    )
    assert ran.exit_code == 0, ran.output
    return bundle, url
