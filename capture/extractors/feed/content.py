"""The HTML of an entry, reduced to what a reader sees: its text, its links, its media."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from capture.extractors.feed.elements import absolute
from capture.page.content_media import ContentMedia
from capture.page.document import Attributes, Start, parse
from capture.page.mentions import MediaLink, Mentions, to_links
from capture.page.text import VisibleText
from capture.page.urls import Addresses

# As for a page in a frame: an eighth of what a whole page may cost (`capture/page/document.py`).
_STEPS = 1 << 30
_STEPS_ALTOGETHER = 1 << 35  # Steps (see `capture.page.document`) for the HTML of one entry, and of a whole feed.
_MOST_LINKS = 500
_MOST_LINK_CHARACTERS = 100_000


class EntryContent(NamedTuple):
    """What the HTML of an entry shows; `notes` says what of it could not be read."""

    text: str
    links: tuple[str, ...]
    media: tuple[MediaLink, ...]
    embedded: int  # Media that stand in the entry itself, as `data:` addresses.
    notes: tuple[str, ...]
    unread: str = ""  # Why the HTML was not read to its end; "" where it was.


class EntryContents:
    """Reads the HTML of a feed's entries, one after the other, in a bounded number of steps."""

    def __init__(self) -> None:
        self._left = _STEPS_ALTOGETHER

    def read(self, html: str, base: str) -> EntryContent:
        """Read the HTML of one entry; addresses in it are relative to `base`. Never fails."""
        # The feed's own measure beside that of each entry: many entries, each just within its own, would be days of
        # work.
        if self._left <= 0:
            unread = f"the HTML was not read: that of the entries before it took {_STEPS_ALTOGETHER:,} steps"
            return EntryContent("", (), (), 0, (unread,), unread)
        text, mentions, hrefs = VisibleText(), Mentions(), _Hrefs()
        showing = ContentMedia(mentions)
        parsed = parse(html.replace("\0", "\ufffd"), text, (showing, hrefs), steps=min(_STEPS, self._left))
        self._left -= parsed.steps
        # Before the media are asked for: what is still open at the end of the HTML is only complete now.
        showing.page_ended()
        links = to_links(mentions, Addresses("", base))
        notes = [*parsed.notes, *links.notes, *showing.notes(), *mentions.notes()]
        notes += ["the text is longer than 1 MiB and was cut"] if text.was_cut else []
        return EntryContent(text.text(), hrefs.resolved(base), links.media, links.embedded, tuple(notes), parsed.unread)


class _Hrefs:
    """Collects where the links of a text lead."""

    def __init__(self) -> None:
        self._raw: dict[str, None] = {}
        self.starts: Mapping[str, Start] = {"a": self._link, "area": self._link}
        self.attributes: Mapping[str, Start] = {}
        self.ends: Mapping[str, Callable[[], None]] = {}

    def _link(self, _tag: str, attributes: Attributes) -> None:
        if len(self._raw) < _MOST_LINKS and attributes.get("href"):
            self._raw[attributes["href"]] = None

    def resolved(self, base: str) -> tuple[str, ...]:
        """Return the web addresses, each once; what is none leads nowhere."""
        urls: dict[str, None] = {}
        room = _MOST_LINK_CHARACTERS
        for raw in self._raw:
            url = absolute(raw, base)
            room -= len(url)
            if room < 0:
                break
            if url:
                urls[url] = None
        return tuple(urls)
