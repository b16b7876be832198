"""The names of elements in feeds, whatever prefix a feed gives to their namespace."""

from __future__ import annotations

from lxml import etree

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
_USUAL = {prefix[:-1]: prefix for prefix in _PREFIXES.values() if prefix} | {"atom": ""}
"""What a prefix stands for as a rule, for feeds that use it without saying."""


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
