"""Reads a feed in XML: RSS or Atom, well-formed or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from lxml import etree

from capture.extractors.feed.characters import Characters
from capture.extractors.feed.content import EntryContents
from capture.extractors.feed.elements import XML_LANG, absolute, base_of, name_of, text_of
from capture.extractors.feed.entry import EntrySpan, FeedEntry, UnreadEntry, entry_of, together
from capture.extractors.feed.head import Feed, FeedUnreadable, Head
from capture.extractors.feed.scan import MOST, LocatedElement, locate
from capture.extractors.feed.xml import Pieces, xml_fault
from capture.extractors.feed.xml_entry import accounts_of, link_of, read_entry
from hashing.case.facts import Fact
from hashing.case.post import Account

_MOST_IN_HEAD = 50
_CLAIMS = {
    "title": "title",
    "description": "description",
    "subtitle": "description",
    "tagline": "description",
    "managingEditor": "author",
    "author": "author",
    "dc:creator": "author",
    "dc:publisher": "publisher",
    "language": "language",
    "dc:language": "language",
    "generator": "generator",
}
# Relations of RFC 5005, sections 3 and 4: the next page of a paged feed, the archive before this document.
_GOES_ON = frozenset({"next", "prev-archive"})
_TIMES = {"pubDate": "published", "lastBuildDate": "updated", "updated": "updated", "modified": "updated"}


def read_head(root: etree._Element) -> Head:
    """Read a feed from which the entries were taken out."""
    claims, times, authors = [], [], list[Account]()
    language, next_page, link = root.get(XML_LANG) or "", "", ""
    software = ""
    # Elements of the feed itself, in the order in which they stand; of what can be said once, the first counts.
    for element in _own(root):
        name, text = name_of(element), text_of(element)
        if _CLAIMS.get(name) == "author":
            claims += [(part, value, name) for part, value in _parts(element)]
        elif name in _CLAIMS:
            claims.append((_CLAIMS[name], text, name))
        elif name in _TIMES:
            times.append((_TIMES[name], text, name))
        elif name == "link" and element.get("rel") in _GOES_ON:
            next_page = next_page or element.get("href") or ""
        elif name == "link":
            link = link or link_of(element)
        if name == "generator":
            software = software or text
        if name in {"language", "dc:language"}:
            language = language or text
        elif name == "author" and len(element):
            authors += accounts_of(element)
    claims.append(("site address", link, "link"))
    return Head(
        claims=tuple(claims[:_MOST_IN_HEAD]),
        times=tuple(times[:_MOST_IN_HEAD]),
        author=together(authors),
        language=language,
        next_page=next_page,
        software=software,
    )


def _parts(author: etree._Element) -> Iterator[tuple[str, str]]:
    """Yield the name, address and mail of each whom an element names."""
    for account in accounts_of(author):
        parts = (("author", account.name), ("author address", account.url), ("author mail", account.handle))
        yield from (part for part in parts if part[1])


def _own(root: etree._Element) -> Iterator[etree._Element]:
    """Yield what stands directly in the feed: in its root, and in the channel of RSS."""
    for element in root:
        yield element
        if name_of(element) == "channel":
            yield from element


_LARGEST_HEAD = 1 << 20
_LARGEST_ENTRY = 4 << 20  # Code units that are parsed: of what a feed says beside its entries, and of one entry.

# How its feeds begin the address that they name as their generator.
_WORDPRESS = re.compile(r"https?://(?:www\.)?wordpress\.(?:org|com)/", re.IGNORECASE)
_PAGED = "paged"
_MOST = 10_000


def read_xml_feed(body: bytes, *, url: str, content_type: str) -> Feed:
    """Read a feed from its bytes, without content coding. Raises FeedUnreadable where it holds nothing of a feed."""
    # 1. Characters, with a way back to the bytes: an excerpt must be the very bytes that were served.
    characters = Characters.of(body, content_type)
    # 2. Well-formed or not decides how entries are found: by the tags alone where it is not, so that one stray
    # ampersand does not cost the feed.
    fault = xml_fault(characters.text)
    located = locate(characters.units, well_formed=not fault)
    if not located.around and not located.entries:
        raise FeedUnreadable(f"there is no feed in it ({fault or 'its root element is none of a feed'})")
    # 3. Everything but the entries is parsed once; the entries one by one, as they are asked for.
    around = [(tag.name, characters.read(*tag.span)) for tag in located.around]
    pieces = Pieces(around)
    root = pieces.parse(_beside_entries(characters, located), enclosed=False).root
    head = Head() if root is None else read_head(root)
    reading = _XmlReading(characters, located, pieces, head, url)
    stated_page = "" if root is None else absolute(head.next_page, base_of(root, url), page=url)
    offered = "" if stated_page or not located.entries else offered_page(head.software, url)
    return Feed(
        facts=(*head.facts(), *_frame_facts(characters, fault, len(located.entries) + located.left_out)),
        count=len(located.entries) + located.left_out,
        entries=reading.entries(),
        next_page=stated_page or offered,
        next_by_software=bool(offered),
        missing=_missing(located, fault),
    )


class _XmlReading:
    """Reads the entries of one feed, in its order."""

    def __init__(self, characters: Characters, located: LocatedElement, pieces: Pieces, head: Head, url: str) -> None:
        self._characters = characters
        self._located = located
        self._pieces = pieces
        self._head = head
        self._url = url
        self._contents = EntryContents()

    def entries(self) -> Iterator[FeedEntry | UnreadEntry]:
        for index in range(len(self._located.entries)):
            if (entry := self._entry(index)) is not None:
                yield entry

    def _entry(self, index: int) -> FeedEntry | UnreadEntry | None:
        """Return an entry; None for an element of that name that no feed format defines."""
        start, end = self._located.entries[index]
        piece = self._pieces.parse(self._characters.read(start, min(end, start + _LARGEST_ENTRY)))
        # Faults are told beside what could be read; only an entry of which nothing could be read is unread.
        element = None if piece.root is None else _entry_in(piece.root)
        if element is None:
            return UnreadEntry(number=index + 1, reason=piece.fault) if piece.fault else None
        faults = [f"not well-formed: {piece.fault}"] if piece.fault else []
        if index in self._located.unclosed:
            faults = ["its end tag is missing"]
        elif end - start > _LARGEST_ENTRY:
            faults = [f"only its first {_LARGEST_ENTRY:,} characters were read"]
        entry = entry_of(
            read_entry(element, self._head, self._url),
            EntrySpan(self._characters.offset(start), self._characters.bytes(start, end)),
            number=index + 1,
            url=self._url,
            contents=self._contents,
            faults=faults,
        )
        if end - start > _LARGEST_ENTRY:
            entry = replace(entry, unread=f"only its first {_LARGEST_ENTRY:,} characters were read")
        return entry


def _entry_in(root: etree._Element) -> etree._Element | None:
    return next((element for element in root.iter() if name_of(element) in {"item", "entry"}), None)


def _beside_entries(characters: Characters, located: LocatedElement) -> str:
    """Return what stands before the first entry and after the last, from the root's start tag on."""
    if not located.around:
        return ""
    start = located.around[0].span.start
    first = located.entries[0].start if located.entries else len(characters.units)
    last = located.entries[-1].end if located.entries else first
    before = characters.read(start, min(max(first, start), start + _LARGEST_HEAD))
    return before + characters.read(last, last + _LARGEST_HEAD)


def _missing(located: LocatedElement, fault: str) -> str:
    if fault and not located.whole:
        return f"the feed breaks off before its end ({fault})"
    return f"more than {MOST:,} entries, {located.left_out:,} were not read" if located.left_out else ""


def _frame_facts(characters: Characters, fault: str, count: int) -> list[Fact]:
    facts = [
        Fact("encoding", f"{characters.encoding} ({characters.decided_by.replace('meta', 'XML declaration')})", "feed"),
        Fact("entries", count, "feed"),
    ]
    if characters.lost:
        reason = f"{characters.lost:,} characters that are not valid {characters.encoding}, or were lost before"
        facts.append(Fact("could not be read", reason, "feed"))
    if fault:
        facts.append(Fact("not well-formed", fault, "feed"))
    return facts


def offered_page(software: str, url: str) -> str:
    """Return the address of the page behind that of a feed; "" where the software is not known to have pages.

    WordPress answers `paged=2` with what its feed shows no more of, and 404 behind the last page.
    """
    if not _WORDPRESS.match(software.strip()):
        return ""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    # The first page is the one without a number. What is no number was not made by WordPress, and is not counted on.
    written = next((value for name, value in query if name == _PAGED), "1")
    if not (written.isascii() and written.isdigit()) or int(written[:9]) >= _MOST:
        return ""
    query = [(name, value) for name, value in query if name != _PAGED]
    return urlunsplit(parts._replace(query=urlencode([*query, (_PAGED, int(written) + 1)]), fragment=""))
