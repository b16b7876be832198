"""What an XML feed says of itself, beside its entries."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from capture.extractors.feed.elements import XML_LANG, name_of, text_of
from capture.extractors.feed.entry import together
from capture.extractors.feed.head import Head
from capture.extractors.feed.xml_entry import accounts_of, link_of
from hashing.case.post import Account

_MOST = 50
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
        claims=tuple(claims[:_MOST]),
        times=tuple(times[:_MOST]),
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
