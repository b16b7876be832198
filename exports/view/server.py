"""Serves the pages of a view: originals are sent as what a browser draws without running anything, or to be saved."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterator

from exports.errors import ExportError
from exports.report.links import OVERVIEW
from exports.report.words import counted
from exports.view.token_server import NOTHING, TokenHandler, TokenServer
from exports.view.viewed import Viewed, ViewedPages
from hashing.errors import HashingError
from hashing.printable import printable

_DRAWN = frozenset({
    "image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4", "video/webm", "video/ogg", "video/quicktime",
    "audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/webm", "audio/flac", "audio/aac",
})  # fmt: skip
"""What a browser shows without running anything of it; all else is saved, never opened."""
# Each page states its own policy; the server repeats it as a header, which holds before the page is parsed.
_POLICY = re.compile(rb'<meta http-equiv="Content-Security-Policy" content="([\x20\x21\x23-\x7e]+)">')
_HEAD = 8192  # Bytes of a page in which its own policy stands.
_STYLE = "body{font:1rem/1.5 sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}li{margin:.3rem 0}"


class ViewServer(TokenServer):
    """Serves a view while it is entered."""

    def __init__(self, viewed: Viewed) -> None:
        super().__init__(_Handler)
        self.viewed = viewed


class _Handler(TokenHandler):
    server: ViewServer

    def answer(self, name: str, *, body: bool) -> None:
        """Answer a request for a page or an original."""
        try:
            if name in {"", OVERVIEW}:
                # Only the first page looks whether the case has grown: the others of one visit then belong together.
                self.server.viewed.renewed()
            pages = self.server.viewed.pages
            if name == "" or pages is None:
                self.send(_front(self.server.viewed).encode(), "text/html; charset=utf-8", _front_policy(), body=body)
            elif name in pages.pages:
                self._page(pages, name, body=body)
            elif name in pages.originals:
                self._original(pages, name, body=body)
            else:
                self.say(404, "nothing of this name is here", body=body)
        except (HashingError, ExportError, OSError) as error:
            # The visitor has gone: there is nobody to answer.
            if isinstance(error, ConnectionError | TimeoutError):
                raise
            self.say(500, printable(str(error)), body=body)

    def _page(self, pages: ViewedPages, name: str, *, body: bool) -> None:
        with open(pages.pages[name], "rb") as file:  # noqa: PTH123 - a name of ours
            kind, policy = "image/jpeg", NOTHING
            if not name.endswith(".jpg"):
                own = _POLICY.search(file.read(_HEAD))
                kind = "text/html; charset=utf-8"
                policy = f"{own[1].decode()}; frame-ancestors 'none'" if own else NOTHING
                file.seek(0)
            size = os.fstat(file.fileno()).st_size
            self.stream(file, size, ("Content-Type", kind), ("Content-Security-Policy", policy), body=body)

    def _original(self, pages: ViewedPages, name: str, *, body: bool) -> None:
        item = pages.originals[name]
        drawn = item.mime in _DRAWN and not item.content_encoding
        fields = [
            ("Content-Type", item.mime if drawn else "application/octet-stream"),
            ("Content-Security-Policy", f"{NOTHING}; sandbox"),
        ]
        if not drawn:
            fields.append(("Content-Disposition", "attachment"))
        with pages.files.opened(item.path) as file:
            self.stream(file, item.size, *fields, body=body)


def _front(viewed: Viewed) -> str:
    """Return the first page: what is shown and as of when, what is not, and what nobody checked."""
    pages = viewed.pages
    assert pages is not None  # noqa: S101 - tells the type: they were made just before
    # `printable` first: `escape` knows nothing of characters that turn the reading direction round or hide.
    lines = "".join(f"<li>{html.escape(printable(line))}</li>" for line in _sentences(viewed, pages))
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


def _sentences(viewed: Viewed, pages: ViewedPages) -> Iterator[str]:
    yield f"{counted(pages.exhibits, 'exhibit')} with {counted(pages.items, 'item')}, as of {pages.made}."
    yield f"{viewed.checked[:1].upper()}{viewed.checked[1:]}."
    yield from (f"Not shown: {line}." for line in pages.left_out)


def _front_policy() -> str:
    from exports.report.rendering import policy_hash

    return f"{NOTHING}; style-src '{policy_hash(_STYLE)}'"
