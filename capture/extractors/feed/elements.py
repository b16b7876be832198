"""Looking into the elements of a feed, whose names are the same whatever prefix it gives to their namespaces."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from capture.page.errors import BadAddress
from capture.page.urls import Addresses

XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"

_PREFIXES = {
    # The words of RSS and Atom themselves.
    "http://purl.org/rss/1.0": "",
    "http://my.netscape.com/rdf/simple/0.9": "",
    "http://channel.netscape.com/rdf/simple/0.9": "",
    "http://backend.userland.com/rss2": "",
    "http://www.w3.org/2005/atom": "",
    "http://purl.org/atom/ns": "",
    # Modules.
    "http://purl.org/dc/elements/1.1": "dc:",
    "http://purl.org/dc/terms": "dcterms:",
    "http://purl.org/rss/1.0/modules/content": "content:",
    "http://search.yahoo.com/mrss": "media:",
    "http://www.georss.org/georss": "georss:",
    "http://www.w3.org/2003/01/geo/wgs84_pos": "geo:",
    "http://www.opengis.net/gml": "gml:",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "http://purl.org/syndication/thread/1.0": "thr:",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns": "rdf:",
    "http://www.w3.org/1999/xhtml": "html:",
}
# What a prefix stands for as a rule, for feeds that use it without saying.
_USUAL = {prefix[:-1]: prefix for prefix in _PREFIXES.values() if prefix} | {"atom": ""}

# Characters. It is repeated in every address: without a bound a small feed could fill a disk with it.
_LONGEST_BASE = 500


def name_of(element: etree._Element) -> str:
    """Return `title`, `dc:creator`, `media:content` …; "" for what no feed format defines.

    A namespace that is not known counts as the feed's own where it is the default one.
    """
    namespace, _, local = element.tag.rpartition("}")
    if not namespace:
        prefix, colon, rest = local.rpartition(":")
        if not colon:
            return local
        return f"{_USUAL[prefix]}{rest}" if prefix in _USUAL else ""
    prefix = _PREFIXES.get(namespace[1:].lower().rstrip("/#"), "" if not element.prefix else "?")
    return "" if prefix == "?" else f"{prefix}{local}"


def absolute(raw: str, base: str, page: str = "") -> str:
    """Return a web address without its fragment; "" for what is none, for what cannot be fetched, and for `page`."""
    try:
        return Addresses(page, base).resolve(raw) or ""
    except BadAddress:
        return ""


class Elements:
    """The elements that stand directly in an entry, in its group of media, or else in one of its media, by name."""

    def __init__(self, entry: etree._Element) -> None:
        self.entry = entry
        self._named: dict[str, list[etree._Element]] = {}
        grouped = [child for element in entry if name_of(element) == "media:group" for child in element]
        media = (child for element in (*entry, *grouped) if name_of(element) == "media:content" for child in element)
        for element in (*entry, *grouped, *media):
            self._named.setdefault(name_of(element), []).append(element)

    def all(self, *names: str) -> Iterator[etree._Element]:
        """Yield the elements of these names, name by name."""
        for name in names:
            yield from self._named.get(name, ())

    def first(self, *names: str) -> str:
        """Return the text of the first element that has one."""
        return next(filter(None, map(text_of, self.all(*names))), "")


def text_of(element: etree._Element) -> str:
    """Return the text in an element, without white space at its ends."""
    return (element.text or "" if not len(element) else "".join(map(str, element.itertext()))).strip()


def base_of(element: etree._Element, url: str) -> str:
    """Return what addresses in an element are relative to: each `xml:base` around it, then the feed's own address."""
    bases = [raw for node in (element, *element.iterancestors()) if (raw := node.get(XML_BASE))]
    base = url
    for raw in reversed(bases):
        base = absolute(raw, base) or base
    return base if len(base) <= max(_LONGEST_BASE, len(url)) else url


def in_scope(element: etree._Element, attribute: str) -> str:
    """Return the value of an attribute that holds for an element: its own, or that of the nearest one around it."""
    return next((value for node in (element, *element.iterancestors()) if (value := node.get(attribute))), "")
