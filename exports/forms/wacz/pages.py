"""The lists of pages of a WACZ: where a reader begins (WACZ 1.1.1, section 5.1.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from exports.bundle.opened_bundle import OpenedBundle
from exports.format.bundle_listing import CaptureListing
from exports.format.manifest import ListedItem
from exports.format.printable import printable
from hashing.case.kinds import ItemKind

_SCENE = "scene"
_SHOWN = {"page", "post", "photo", "video", "document", "account"}
_LARGEST_TEXT = 1 << 20


def entry_items(captures: Iterable[CaptureListing]) -> tuple[list[ListedItem], list[ListedItem]]:
    """Return the items that were asked for, of which each capture has at least one if it got any; and further pages.

    A post that was cut out of a list has no exchange of its own to be replayed, so the list stands for it.
    """
    entries: list[ListedItem] = []
    further: list[ListedItem] = []
    for capture in captures:
        served = [item for item in capture.items if item.response and not item.excerpt and not item.error_page]
        asked = [item for item in served if item.found_in.split(" ", 1)[0] == _SCENE] or served[:1]
        entries += asked
        taken = {item.ref for item in asked}
        further += [item for item in served if item.kind in {ItemKind.PAGE, ItemKind.POST} and item.ref not in taken]
    return entries, further


def page_lines(bundle: OpenedBundle, name: str, title: str, items: Iterable[ListedItem]) -> Iterator[bytes]:
    """Yield a list of pages, a line of JSON each, with the text that a reader can search.

    Raises NotWhole, NotCheckable.
    """
    yield _line({"format": "json-pages-1.0", "id": name, "title": title, "hasText": True})
    for item in items:
        page = {"id": item.ref, "url": item.url, "ts": item.captured, "title": _title(item)}
        text = _text(bundle, item)
        yield _line({**page, "text": text} if text else page)


def _line(value: Mapping[str, str | bool]) -> bytes:
    return msgspec.json.encode(value) + b"\n"


def _title(item: ListedItem) -> str:
    return printable(item.title or item.claimed_name or item.url, 300)


def _text(bundle: OpenedBundle, item: ListedItem) -> str:
    if item.post is not None:
        return item.post.text
    for copy in item.working_copies:
        if copy.path.endswith("-text.txt") and copy.size <= _LARGEST_TEXT and bundle.files.holds(copy.path):
            return bundle.files.small(copy.path).decode("utf-8", "replace")
    return ""
