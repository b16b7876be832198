"""Looking into the elements of a feed."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from capture.extractors.feed.addresses import absolute
from capture.extractors.feed.names import XML_BASE, name_of

_LONGEST_BASE = 500
"""Characters. It is repeated in every address: without a bound a small feed could fill a disk with it."""


class Elements:
    """The elements that stand directly in an entry, or in its group of media, by name."""

    def __init__(self, entry: etree._Element) -> None:
        self.entry = entry
        self._named: dict[str, list[etree._Element]] = {}
        grouped = (child for element in entry if name_of(element) == "media:group" for child in element)
        for element in (*entry, *grouped):
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
