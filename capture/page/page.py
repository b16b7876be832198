"""One page that was captured: what it says about itself, its text, and which media it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from capture.page.claim_reader import ClaimReader
from capture.page.claims import Claim, Claims, TimeClaim
from capture.page.content_media import ContentMedia
from capture.page.document import Reader, parse
from capture.page.encoding import decode
from capture.page.errors import PageUnreadable
from capture.page.json_ld import JsonLdReader, add_json_ld_claims, add_json_ld_media, read_json_ld
from capture.page.mentions import MediaLink, Mentions, bounded, to_links
from capture.page.metadata_media import MetadataMedia
from capture.page.outline import Outline, OutlineReader
from capture.page.style_media import StyleMedia
from capture.page.text import VisibleText
from capture.page.urls import Addresses

_MOST_INNER_PAGES = 20
_INNER_STEPS = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """What a page claims and shows. Whether a claim is true cannot be told from it.

    `claims` and `times` hold every place that says something, best-trusted first; `notes` says what could not be read.
    `embedded` counts the media that stand in the page itself, as `data:` addresses, and are stored with it.
    """

    claims: tuple[Claim, ...]
    times: tuple[TimeClaim, ...]
    text: str
    media: tuple[MediaLink, ...]
    embedded: int
    notes: tuple[str, ...]
    unread: str
    """Why the page was not read to its end, so that it may show more than is said here; "" where it was."""
    encoding: str
    """The encoding by which the page was read, and what decided it: "windows-1251 (meta)"."""
    base: str
    """The first `<base href>`, as it is written."""
    outline: Outline
    """How the page is built, for those who judge what it is."""

    def claimed(self, name: str) -> tuple[Claim, ...]:
        """Return the claims of one name, best-trusted place first."""
        return tuple(claim for claim in self.claims if claim.name == name)

    @property
    def title(self) -> str:
        """The best claim to a title, or "" where the page makes none; the same for the properties below."""
        return self._best("title")

    @property
    def author(self) -> tuple[Claim, ...]:
        """Every claim to an author."""
        return self.claimed("author")

    @property
    def description(self) -> str:
        """The page's summary of itself."""
        return self._best("description")

    @property
    def language(self) -> str:
        """The language tag."""
        return self._best("language")

    @property
    def site_name(self) -> str:
        """The name of the site."""
        return self._best("site name")

    @property
    def canonical_url(self) -> str:
        """The address under which the page wants to be known, as it writes it."""
        return self._best("canonical address")

    def _best(self, name: str) -> str:
        return next((claim.value for claim in self.claims if claim.name == name), "")


def read_page(body: bytes, *, url: str, content_type: str = "") -> ReadPage:
    """Read an HTML page from its bytes, without content coding; `content_type` is the header as it was served.

    Nothing is fetched and no script is run. Raises PageUnreadable where there is nothing to read; everything else
    that goes wrong becomes a note.
    """
    decoded = decode(body, content_type)
    if not decoded.text.strip("\ufffd\ufeff \t\n\f\r"):
        raise PageUnreadable(f"{url}: the page is empty")
    text, claims, mentions, outlining = VisibleText(), Claims(), Mentions(), OutlineReader()
    claiming, linked = ClaimReader(claims), JsonLdReader()
    showing, styling, naming = ContentMedia(mentions), StyleMedia(mentions), MetadataMedia(mentions)
    parsed = parse(decoded.text, text, (claiming, linked, showing, styling, naming), listener=outlining)
    if not (parsed.elements or parsed.unread):
        raise PageUnreadable(f"{url}: there is no element and no text in the page")
    inner_notes, inner_unread = _read_inner_pages(showing.inner_pages, (showing, styling), text)
    showing.page_ended()
    naming.page_ended()
    json_ld = read_json_ld(linked.blocks)
    add_json_ld_claims(json_ld.nodes, claims)
    add_json_ld_media(json_ld.nodes, mentions)
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
        outline=outlining.outline(),
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
