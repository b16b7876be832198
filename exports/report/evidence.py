"""What stands on an exhibit's pages: what was written, what can be seen and heard, and what else was kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exports.report.roles import POSTER, watched
from exports.report.words import ANSWERS, PICTURES, is_photo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from exports.format.bundle_listing import BundleListing, CaptureListing
    from exports.format.manifest import ListedItem
    from exports.report.roles import Roles

WRITTEN, SEEN, WATCHED, PHOTOS, HEARD, FILES, NOT_ASKED, APART = (
    "What was written",
    "As a browser showed it",
    "Videos",
    "Photos",
    "Recordings",
    "Documents and other files",
    "Not what was asked for",
    "Logos, icons, avatars and tracking pixels",
)
_COVER = 12
"""Pictures on the first page."""


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item as it stands on its exhibit's page, under a heading."""

    heading: str
    item: ListedItem


def evidence(capture: CaptureListing, roles: Roles) -> list[ShownItem]:
    """Return what a reader looks at, in that order; a photo that a post shows stands with the post alone."""
    on_posts = set(_media_of_posts(capture))
    videos = {item.ref for item in watched(capture.items, roles)}
    posters = {poster.ref for ref, poster in roles.posters.items() if ref in videos and poster.ref != ref}
    groups: dict[str, list[ShownItem]] = {
        heading: [] for heading in (WRITTEN, SEEN, WATCHED, PHOTOS, HEARD, FILES, NOT_ASKED, APART)
    }
    for item in capture.items:
        # A poster stands with its video, and not once more among the photos.
        heading = "" if item.ref in posters else WATCHED if item.ref in videos else _heading(item, roles)
        if heading and not (heading == PHOTOS and item.ref in on_posts):
            groups[heading].append(ShownItem(heading, item))
    return [each for group in groups.values() for each in group]


def _heading(item: ListedItem, roles: Roles) -> str:
    """Return where an item stands; "" where it is what programs read, or a part of another item."""
    # Before the kind: an error page in a photo's place is a page, and shows nothing of what was asked for.
    if item.error_page:
        return NOT_ASKED
    if item.post is not None or item.kind == "page":
        return WRITTEN
    if item.kind in PICTURES:
        return SEEN
    if named := roles.named.get(item.ref):
        return WATCHED if named == POSTER else APART
    # What only programs read is in the listing and not on the pages: a reader sees the posts that were read from it.
    if item.ref in roles.whole or item.kind in ANSWERS | {"feed", "playlist", "segment", "subtitles"}:
        return ""
    if item.kind == "photo" or is_photo(item):
        return PHOTOS
    return HEARD if item.kind == "audio" else FILES


def _media_of_posts(capture: CaptureListing) -> Iterator[str]:
    for item in capture.items:
        for media in item.post.media if item.post else ():
            if ref := capture.holder(media):
                yield ref


def behind(capture: CaptureListing, roles: Roles) -> list[tuple[str, int]]:
    """Count, by kind, what was kept of a capture and does not stand among its evidence."""
    seen = {each.item.ref for each in evidence(capture, roles)} | set(_media_of_posts(capture))
    posters = {poster.ref for ref, poster in roles.posters.items() if poster.ref != ref}
    kinds = (item.kind for item in capture.items if item.ref not in seen and item.ref not in posters)
    return list(Counter(kinds).items())


def pictures_of(shown: Iterable[ShownItem], capture: CaptureListing, roles: Roles) -> Iterator[ListedItem]:
    """Yield the photos that stand on a page with these items: their own, their posters, and what their posts show."""
    items = {item.ref: item for item in capture.items}
    for each in shown:
        if is_photo(each.item):
            yield each.item
        for shown_by in (roles.posters, roles.views):
            if each.item.ref in shown_by:
                yield shown_by[each.item.ref]
        for media in each.item.post.media if each.item.post else ():
            held = items.get(capture.holder(media))
            if held is not None and is_photo(held):
                yield held


def cover(listing: BundleListing, roles: Roles) -> list[ListedItem]:
    """Return the pictures of the first page: photos and posters, some of each exhibit, none twice."""
    rows: list[Sequence[ListedItem]] = []
    for capture in listing.captures:
        pictures = [
            item for item in capture.items if is_photo(item) and not item.error_page and item.kind != "page picture"
        ]
        posters = [item for item in pictures if roles.named.get(item.ref) == POSTER]
        frames = (shown for item in capture.items if (shown := roles.posters.get(item.ref)) and shown.ref == item.ref)
        rows.append([*posters, *(item for item in pictures if item.ref not in roles.named), *frames])
    # In turn: the first of each exhibit, then the second of each, so that no exhibit fills the page; by bytes, none
    # twice.
    chosen: dict[str, ListedItem] = {}
    for place in range(_COVER):
        for row in rows:
            if place < len(row) and len(chosen) < _COVER:
                chosen.setdefault(row[place].sha256, row[place])
    return list(chosen.values())
