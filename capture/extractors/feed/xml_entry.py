"""Reads one entry of an XML feed: RSS with its modules and Atom share their words too often to be kept apart.

RSS 2.0 (rssboard.org/rss-specification), RSS 1.0 (web.resource.org/rss/1.0), Atom (RFC 4287), Dublin Core, Media RSS
(rssboard.org/media-rss), GeoRSS (georss.org), Atom Threading (RFC 4685).
"""

from __future__ import annotations

import html
import re

from lxml import etree

from capture.extractors.feed.elements import RDF_ABOUT, XML_LANG, Elements, base_of, in_scope, name_of, text_of
from capture.extractors.feed.entry import NOBODY, NOTHING, Text, Written, together
from capture.extractors.feed.head import Head
from capture.extractors.feed.xml_media import media_of
from hashing.case.post import Account

_PUBLISHED = ("pubDate", "published", "issued", "dc:date", "dcterms:issued", "created", "dcterms:created")
_UPDATED = ("updated", "modified", "dcterms:modified")
_BODY = (
    "content:encoded", "content", "html:body", "description", "summary", "dc:description", "itunes:summary",
    "media:description", "media:text", "itunes:subtitle",
)  # fmt: skip
_TAGS = ("category", "dc:subject")
_PLAIN = frozenset({"text", "text/plain"})
_MARKUP = re.compile(r"[<&]")
_XHTML = re.compile(r"html:([A-Za-z][A-Za-z0-9]*)")
_REFERENCE = re.compile(r"&#?[A-Za-z0-9]{1,32};")
# RSS 2.0 writes an author as `mail@example.org (Name)`; others turn it round, or write it as a mail does.
_MAIL = r"[^\s()<>@,;]{1,200}@[^\s()<>@,;]{1,200}"
_MAILBOX = re.compile(
    rf"(?:mailto:)?(?P<mail>{_MAIL})(?: ?\((?P<name>[^()]{{1,200}})\))?"
    rf"|[\"']?(?P<before>[^()<>@\"]{{1,200}}?)[\"']? ?[(<](?:mailto:)?(?P<behind>{_MAIL})[)>]"
)
_BETWEEN = re.compile(r" ?[,;] ?")
_LOOKED_AT = 5000
_MOST_AUTHORS = 20


def read_entry(entry: etree._Element, head: Head, url: str) -> Written:
    """Read an entry; `url` is the feed's own. Never fails."""
    elements = Elements(entry)
    base = base_of(entry, url)
    # The first that says anything, in the order of _BODY: the whole text before a summary of it.
    body_element = next((element for element in elements.all(*_BODY) if len(element) or text_of(element)), None)
    body = NOTHING if body_element is None else _body(body_element)
    link = _link(elements)
    return Written(
        base=base,
        content_base=base if body_element is None else base_of(body_element, url),
        id=elements.first("guid", "id") or entry.get(RDF_ABOUT) or "",
        link=link,
        title=next((_title(element) for element in elements.all("title", "media:title", "dc:title")), NOTHING),
        body=body,
        author=_author(elements) or head.author,
        published=elements.first(*_PUBLISHED),
        updated=elements.first(*_UPDATED),
        tags=tuple(filter(None, (element.get("term") or text_of(element) for element in elements.all(*_TAGS)))),
        language=elements.first("dc:language", "language") or in_scope(entry, XML_LANG) or head.language,
        location=_location(entry),
        reply_to=next((element.get("ref") or "" for element in elements.all("thr:in-reply-to")), ""),
        media=tuple(media_of(entry)),
    )


def link_of(element: etree._Element) -> str:
    """Return where a link leads: Atom writes it as an attribute, RSS as text."""
    return element.get("href") or text_of(element)


def accounts_of(element: etree._Element) -> list[Account]:
    """Return whom an element names: one of parts in Atom, mailboxes or a name in RSS."""
    if len(element):
        person = Elements(element)
        return [Account(handle=person.first("email"), name=person.first("name"), url=person.first("uri", "url"))]
    text = " ".join(text_of(element)[:_LOOKED_AT].split())
    pieces = [text] if _MAILBOX.fullmatch(text) else _BETWEEN.split(text)[:_MOST_AUTHORS]
    found = list(filter(None, map(_MAILBOX.fullmatch, pieces)))
    if not found or len(found) < len(pieces):
        return [Account(name=text)]
    return [
        Account(handle=each["mail"] or each["behind"], name=(each["name"] or each["before"] or "").strip())
        for each in found
    ]


def _link(elements: Elements) -> str:
    """Return the address of an entry: a link, or a guid that says that it is one."""
    links = [element for element in elements.all("link") if element.get("rel", "alternate") == "alternate"]
    pages = [element for element in links if element.get("type", "text/html") in {"text/html", "application/xhtml+xml"}]
    for element in (*pages, *links):
        if link := link_of(element):
            return link
    guids = (element for element in elements.all("guid") if element.get("isPermaLink", "true").lower() != "false")
    return next((link for link in map(text_of, guids) if link.lower().startswith(("http://", "https://"))), "")


def _author(elements: Elements) -> Account | None:
    """Return who is named as author: by the first kind of element that gives a name, or else by the first of all.

    An entry that was taken over from another feed has that feed's author (RFC 4287, section 4.2.1).
    """
    sources = [child for source in elements.all("source") for child in source if name_of(child) == "author"]
    named = [
        together(account for element in kind for account in accounts_of(element))
        for kind in (*map(elements.all, ("author", "dc:creator", "itunes:author")), sources)
    ]
    return next((each for each in named if each.name), None) or next((each for each in named if each != NOBODY), None)


def _title(element: etree._Element) -> Text:
    """Return a title: HTML only where Atom says so; in RSS it is text, in which many write references all the same."""
    kind = (element.get("type") or "").strip().lower()
    if kind and kind not in _PLAIN:
        return _markup(element, kind)
    text = text_of(element)
    return Text(html.unescape(text) if not kind and len(text) <= _LOOKED_AT and _REFERENCE.search(text) else text)


def _body(element: etree._Element) -> Text:
    kind = (element.get("type") or "").strip().lower()
    if kind in _PLAIN:
        return Text(text_of(element))
    if "/" in kind and not kind.startswith("text/") and not kind.endswith(("+xml", "/xml")):
        return NOTHING  # something else in Base64 (RFC 4287, section 4.1.3.3), which stays in the entry's bytes
    return _markup(element, kind)


def _markup(element: etree._Element, kind: str) -> Text:
    """Return text with markup, whether it stands escaped or as elements; what holds no mark of it is plain."""
    if not len(element):
        text = text_of(element)
        return Text(text, is_html=bool(kind and kind != "text/plain") or bool(_MARKUP.search(text)))
    inner = [html.escape(element.text or "", quote=False)]
    for child in element.iter():
        if tag := _XHTML.fullmatch(name_of(child)):
            child.tag = tag[1]  # without the prefix that the feed may have given to it
    inner += [etree.tostring(child, encoding="unicode", method="html") for child in element]
    return Text("".join(inner), is_html=True)


def _location(entry: etree._Element) -> str:
    """Return the place that an entry names, as written: a name, latitude and longitude (GeoRSS, W3C Basic Geo)."""
    said: dict[str, str] = {}
    for element in entry.iter():
        name = name_of(element)
        if name.startswith(("georss:", "geo:", "gml:")) and not len(element):
            said.setdefault(name, text_of(element))
    # Latitude first in all three (GeoRSS-Simple, GML's EPSG:4326, W3C Basic Geo): they need no turning round.
    degrees = f"{said.get('geo:lat', '')} {said.get('geo:long', '')}".strip()
    point = said.get("georss:point") or said.get("gml:pos") or degrees
    place = said.get("georss:featurename") or said.get("georss:featureName") or ""
    return f"{place} ({point})" if place and point else place or point
