"""A page that is stored, read in the sandbox: what it says, or why it says nothing."""

from __future__ import annotations

from pathlib import Path

import msgspec

from capture.page.page import ReadPage
from capture.page.players import Players
from hashing.sandbox import Readers


class PageRead(msgspec.Struct, frozen=True, kw_only=True):
    """What a page claims and shows, and the players in it; or why it could not be read."""

    page: ReadPage | None = None
    players: Players = Players(playlist=False)
    cut: bool = False  # Whether its coded data ends before its own end.
    unreadable: str = ""


def read_stored_page(readers: Readers, path: Path, *, coding: str, url: str, content_type: str) -> PageRead:
    """Have a stored page read; `coding` is its content coding. Raises NotRead."""
    return readers.ask("capture.page.read_page:page_in", coding, url, content_type, files=[path], answer=PageRead)
