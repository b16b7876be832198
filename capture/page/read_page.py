"""Reading one page that was captured: in the sandbox, which alone loads what parses it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from msgspec.structs import replace

from capture.page.claim_reader import ClaimReader
from capture.page.claims import Claims
from capture.page.content_media import ContentMedia
from capture.page.document import Reader, parse
from capture.page.encoding import decode
from capture.page.errors import PageUnreadable
from capture.page.json_ld import JsonLdReader, add_json_ld_claims, add_json_ld_media, is_paid, read_json_ld
from capture.page.mentions import Mentions, bounded, to_links
from capture.page.metadata_media import MetadataMedia
from capture.page.outline import OutlineReader
from capture.page.page import ReadPage
from capture.page.players import players_in
from capture.page.stored_page import PageRead
from capture.page.style_media import StyleMedia
from capture.page.text import VisibleText
from capture.page.urls import Addresses
from capture.recorder.decoding import NotDecoded, decoded_or_cut

# Pages in frames (`srcdoc`): each may cost an eighth of what the page itself may.
_MOST_INNER_PAGES = 20
_INNER_STEPS = 1 << 30


def page_in(file: BinaryIO, coding: str, url: str, content_type: str) -> PageRead:
    """Read the page that a file holds. Run this in the sandbox."""
    try:
        body = decoded_or_cut(file, coding)
        page = read_page(body.data, url=url, content_type=content_type)
        return PageRead(page=page, players=players_in(body.data, url), cut=body.cut)
    except (NotDecoded, PageUnreadable) as error:
        return PageRead(unreadable=str(error))


def read_page(body: bytes, *, url: str, content_type: str = "") -> ReadPage:
    """Read an HTML page from its bytes, without content coding; `content_type` is the header as it was served.

    Nothing is fetched and no script is run. Raises PageUnreadable where there is nothing to read; everything else
    that goes wrong becomes a note.
    """
    decoded = decode(body, content_type)
    if not decoded.text.strip("\ufffd\ufeff \t\n\f\r"):
        raise PageUnreadable("the page is empty")
    # 1. One pass over the page, with all that read it listening at once.
    text, claims, mentions, outlining = VisibleText(), Claims(), Mentions(), OutlineReader()
    claiming, linked = ClaimReader(claims), JsonLdReader()
    showing, styling, naming = ContentMedia(mentions), StyleMedia(mentions), MetadataMedia(mentions)
    parsed = parse(decoded.text, text, (claiming, linked, showing, styling, naming), listener=outlining)
    if not (parsed.elements or parsed.unread):
        raise PageUnreadable("there is no element and no text in the page")
    inner_notes, inner_unread = _read_inner_pages(showing.inner_pages, (showing, styling), text)
    # 2. What only the end of the page tells, and the blocks of JSON-LD, which may contradict it.
    showing.page_ended()
    naming.page_ended()
    json_ld = read_json_ld(linked.blocks)
    add_json_ld_claims(json_ld.nodes, claims)
    add_json_ld_media(json_ld.nodes, mentions)
    # 3. Addresses, by the base that the page names.
    links = to_links(mentions, Addresses(url, claiming.base))
    cut = ["the text is longer than 1 MiB and was cut"] if text.was_cut else []
    notes = [
        *parsed.notes,
        *inner_notes,
        *cut,
        *bounded(json_ld.notes),
        *linked.notes(),
        *showing.notes(),
        *styling.notes(),
    ]
    outline = outlining.outline()
    return ReadPage(
        claims=claims.claims(),
        times=claims.times(),
        text=text.text(),
        media=links.media,
        embedded=links.embedded,
        notes=(*notes, *claims.notes(), *mentions.notes(), *links.notes),
        unread=parsed.unread or inner_unread,
        encoding=f"{decoded.encoding} ({decoded.decided_by})",
        base=claiming.base,
        outline=replace(outline, paid=outline.paid or is_paid(json_ld.nodes)),
    )


def _read_inner_pages(pages: Sequence[str], readers: Sequence[Reader], text: VisibleText) -> tuple[list[str], str]:
    """Read the pages that frames hold in themselves; what they show is part of the page.

    Return what is to be said of them, and why one of them was not read to its end.
    """
    notes: list[str] = []
    unread = ""
    for number in range(_MOST_INNER_PAGES):
        if number >= len(pages):
            break
        parsed = parse(pages[number], text, readers, steps=_INNER_STEPS)
        notes += [f"frame {number + 1}: {note}" for note in parsed.notes]
        unread = unread or (parsed.unread and f"frame {number + 1}: {parsed.unread}")
    if len(pages) > _MOST_INNER_PAGES:
        unread = f"{len(pages) - _MOST_INNER_PAGES:,} further frames with a page in themselves were not read"
        notes.append(unread)
    return notes, unread
