"""Serves an archive (WACZ) with the player that shows it."""

from __future__ import annotations

import html
import re
from pathlib import Path

from exports.view.token_server import TokenHandler, TokenServer

_ARCHIVE = "archive.wacz"
_WINDOW = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name}</title>
<style>html,body{{margin:0;height:100%}}replay-web-page{{display:block;height:100vh}}</style>
<script src="ui.js"></script></head><body>
<replay-web-page source="archive.wacz" {url}replayBase="replay/" embed="default"></replay-web-page></body></html>"""
_FRAME = b'<!doctype html><script src="ui.js"></script><replay-app-main></replay-app-main>'
# The player needs inline styles and scripts of its own; nothing comes from elsewhere.
_POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; object-src 'none'; base-uri 'self';"
    " form-action 'self'; frame-ancestors 'self'"
)
_HTML, _SCRIPT = "text/html; charset=utf-8", "text/javascript; charset=utf-8"
_RANGE = re.compile(r"bytes=([0-9]{1,18})?-([0-9]{1,18})?")


class ReplayServer(TokenServer):
    """Serves an archive while it is entered: `address` shows the list of its pages, or the page `url`."""

    def __init__(self, archive: Path, window: bytes, worker: bytes, *, name: str, url: str = "") -> None:
        super().__init__(_Handler)
        self.archive = archive
        self.size = archive.stat().st_size
        shown = f'url="{html.escape(url)}" ' if url else ""
        page = _WINDOW.format(name=html.escape(name), url=shown).encode("utf-8", "replace")
        self.files = {
            "": (_HTML, page),
            "ui.js": (_SCRIPT, window),
            "replay/": (_HTML, _FRAME),
            "replay/ui.js": (_SCRIPT, window),
            "replay/sw.js": (_SCRIPT, worker),
        }


class _Handler(TokenHandler):
    server: ReplayServer
    framed = "SAMEORIGIN"

    def answer(self, name: str, *, body: bool) -> None:
        """Answer with a file of the player, or with the part of the archive that is asked for (RFC 9110)."""
        if name in self.server.files:
            kind, data = self.server.files[name]
            self.send(data, kind, _POLICY, body=body)
        elif name == _ARCHIVE:
            self._archive(body=body)
        else:
            self.say(404, "nothing of this name is here", body=body)

    def _archive(self, *, body: bool) -> None:
        size, fields = self.server.size, [("Content-Type", "application/wacz"), ("Accept-Ranges", "bytes")]
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        first, last, status = 0, size - 1, 200
        if asked is not None and (asked[1] or asked[2]):
            first = int(asked[1]) if asked[1] else max(size - int(asked[2]), 0)
            last = min(int(asked[2]), size - 1) if asked[1] and asked[2] else size - 1
            if first > last:
                self.send_head(416, 0, (("Content-Range", f"bytes */{size}"),))
                return
            status = 206
            fields.append(("Content-Range", f"bytes {first}-{last}/{size}"))
        with self.server.archive.open("rb") as file:
            file.seek(first)
            self.stream(file, last - first + 1, *fields, body=body, status=status)
