"""A page that is stored, read in the sandbox: what it says, or why it says nothing."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import msgspec

from capture.page.errors import PageUnreadable
from capture.page.page import ReadPage, read_page
from capture.page.players import Players, players_in
from capture.recorder.decoding import NotDecoded, decoded_or_cut
from hashing.sandbox import Readers, handed_over


class PageRead(msgspec.Struct, frozen=True, kw_only=True):
    """What a page claims and shows, and the players in it; or why it could not be read."""

    page: ReadPage | None = None
    players: Players = Players(playlist=False)
    cut: bool = False
    """Whether its coded data ends before its own end."""
    unreadable: str = ""


def read_stored_page(readers: Readers, path: Path, *, coding: str, url: str, content_type: str) -> PageRead:
    """Have a stored page read; `coding` is its content coding. Raises NotRead."""
    with handed_over(path) as file:
        return readers.ask(f"{__name__}:page_in", coding, url, content_type, files=[file], answer=PageRead)


def page_in(file: BinaryIO, coding: str, url: str, content_type: str) -> PageRead:
    """Read the page that a file holds. Run this in the sandbox."""
    try:
        body = decoded_or_cut(file, coding)
        page = read_page(body.data, url=url, content_type=content_type)
        return PageRead(page=page, players=players_in(body.data, url), cut=body.cut)
    except (NotDecoded, PageUnreadable) as error:
        return PageRead(unreadable=str(error))
