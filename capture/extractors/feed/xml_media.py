"""The media that an entry of an XML feed names: enclosures, Media RSS, the images of podcasts."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from capture.extractors.feed.elements import name_of, text_of
from capture.page.kinds import kind_of_address, kind_of_type
from capture.page.mentions import Mention, Position
from hashing.case.kinds import ItemKind

_MEDIUMS: dict[str, ItemKind] = {
    "image": ItemKind.PHOTO,
    "video": ItemKind.VIDEO,
    "audio": ItemKind.AUDIO,
    "document": ItemKind.DOCUMENT,
}
_WORDS = ("media:title", "media:description", "media:text")
_LONGEST_WORDS = 10_000


def media_of(entry: etree._Element) -> Iterator[Mention]:
    """Yield the media that stand in an entry's own elements; those in its HTML are another matter."""
    # All levels: Media RSS groups its contents, and some nest thumbnails in them.
    for element in entry.iter():
        name = name_of(element)
        if name == "enclosure":
            yield from named(element.get("url"), name, element.get("type"), alt=element.get("title"))
        elif name == "link" and element.get("rel") == "enclosure":
            yield from named(element.get("href"), "link enclosure", element.get("type"), alt=element.get("title"))
        elif name == "content" and element.get("src"):
            yield from named(element.get("src"), "content src", element.get("type"))
        elif name == "media:content":
            medium = (element.get("medium") or "").strip().lower()
            yield from named(element.get("url"), name, element.get("type"), medium=medium, alt=_words(element))
        elif name == "media:thumbnail":
            yield from named(element.get("url"), name, "image/*", alt=_words(element))
        elif name == "itunes:image":
            yield from named(element.get("href"), name, "image/*")


def named(
    raw: str | None, found_in: str, mime: str | None, *, medium: str = "", alt: str | None = None
) -> Iterator[Mention]:
    """Yield a medium that is named with its type, or with nothing but its address.

    Where a type says nothing to us it is taken for a document; where nothing is said at all, for a photo, so that it
    is fetched: the bytes decide in the end.
    """
    if not raw or not raw.strip():
        return
    stated = kind_of_type(mime or "") or _MEDIUMS.get(medium)
    kind: ItemKind = stated or kind_of_address(raw) or (ItemKind.DOCUMENT if mime and mime.strip() else ItemKind.PHOTO)
    yield Mention(kind, (Position(raw, found_in),), alt or "", stated=stated is not None)


def _words(element: etree._Element) -> str:
    """Return what is said of a medium: in its own element, or in the group around it."""
    around = element.getparent()
    places = [element] if around is None or name_of(around) != "media:group" else [element, around]
    for place in places:
        for child in place:
            if name_of(child) in _WORDS and (text := text_of(child)):
                return text[:_LONGEST_WORDS]
    return ""
