"""The feed of appeals, as Atom (RFC 4287). Nothing of a case stands in it but what the appeal itself says."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

from lxml import etree

from hashing.errors import WouldOverwrite
from hashing.files.storage import read_named, storing, write_exclusively
from intelligence.appeals.appeals import OpenAppeal

_ATOM = "http://www.w3.org/2005/Atom"
_LARGEST = 16 << 20
# What no document of XML 1.0 holds (section 2.2).
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def appeals_feed(appeals: Iterable[OpenAppeal], *, url: str, author: str, title: str, now: str) -> bytes:
    """Return the feed of these appeals, newest first; `url` is where it is to be found, and names it for good.

    An appeal keeps its id, which does not tell its case. `now` is when it is made.
    """
    newest = sorted(appeals, key=lambda each: each.made.time, reverse=True)
    feed = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})  # type: ignore[dict-item]  # lxml-stubs know no default namespace
    _add(feed, "title", title)
    _add(feed, "id", url)
    _add(feed, "updated", now)
    etree.SubElement(feed, f"{{{_ATOM}}}link", rel="self", href=url, type="application/atom+xml")
    _add(etree.SubElement(feed, f"{{{_ATOM}}}author"), "name", author)
    _add(feed, "generator", "goldenhour")
    for each in newest:
        entry, made = etree.SubElement(feed, f"{{{_ATOM}}}entry"), each.made
        _add(entry, "title", made.title)
        # RFC 9562, section 5.5: a hash, so that it stays the same in every making of the feed and tells nothing of the
        # case.
        _add(entry, "id", uuid.uuid5(uuid.NAMESPACE_URL, f"goldenhour:{each.case}:{made.number}").urn)
        _add(entry, "published", made.time)
        _add(entry, "updated", made.time)
        etree.SubElement(entry, f"{{{_ATOM}}}link", rel="alternate", href=made.link)
        _add(entry, "content", made.text).set("type", "text")
    made_bytes: bytes = etree.tostring(feed, xml_declaration=True, encoding="utf-8", pretty_print=True)
    return made_bytes


def write_feed(path: Path, feed: bytes, url: str) -> None:
    """Write a feed whole or not at all, over an earlier one of the same address and over nothing else.

    Raises WouldOverwrite, Unreadable, Unwritable.
    """
    if os.path.lexists(path):
        if f"<id>{escape(url)}</id>".encode() not in read_named(path, _LARGEST):
            raise WouldOverwrite(f"{path}: exists already, and is no feed of {url}", hint="choose another name")
        part = path.with_name(f".{path.name}.part")
        write_exclusively(part, feed)
        with storing(path):
            part.replace(path)
    else:
        write_exclusively(path, feed)


def _add(parent: etree._Element, name: str, text: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{_ATOM}}}{name}")
    element.text = _NO_XML.sub("\ufffd", text)
    return element
