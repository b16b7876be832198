"""What stands on an exhibit's pages: what was written, what can be seen and heard, and what else was kept."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from exports.format.kept import Picked
from exports.format.lookup import Lookup
from exports.format.manifest import ListedItem
from exports.report.roles import POSTER, Roles, is_watched, media_of_posts
from exports.report.words import ANSWERS, PICTURES, is_photo

if TYPE_CHECKING:
    from exports.format.bundle_listing import BundleListing, CaptureListing

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
_COVER = 12  # Pictures on the first page.


class EvidenceGroup(NamedTuple):
    """Items of an exhibit that stand under one heading."""

    heading: str
    items: Sequence[ListedItem]


@dataclass(frozen=True, slots=True)
class ShownEvidence:
    """What a reader looks at of an exhibit, in that order, and how much else was kept, by kind."""

    groups: tuple[EvidenceGroup, ...]
    behind: dict[str, int]

    def __len__(self) -> int:
        """Count the items."""
        return sum(len(group.items) for group in self.groups)

    def between(self, start: int, stop: int) -> list[EvidenceGroup]:
        """Return what stands on a page: the items from a number up to another."""
        shown = []
        for heading, items in self.groups:
            if part := items[max(start, 0) : max(stop, 0)]:
                shown.append(EvidenceGroup(heading, part))
            start, stop = start - len(items), stop - len(items)
        return shown


def evidence(capture: CaptureListing, roles: Roles) -> ShownEvidence:
    """Return what stands on an exhibit's pages; a photo that a post shows stands with the post alone."""
    apart: Lookup[str, str] = Lookup(str)
    for ref in media_of_posts(capture):
        apart[ref] = PHOTOS
    for item in capture.items:
        # A poster stands with its video, and not once more among the photos.
        if (poster := roles.posters.get(item.ref)) is not None and poster.ref != item.ref:
            apart[poster.ref] = WATCHED if is_watched(item, roles) else apart.get(poster.ref, "")
    groups = {heading: array("Q") for heading in (WRITTEN, SEEN, WATCHED, PHOTOS, HEARD, FILES, NOT_ASKED, APART)}
    behind: Counter[str] = Counter()
    for number, item in enumerate(capture.items):
        stands = apart.get(item.ref)
        heading = "" if stands == WATCHED else WATCHED if is_watched(item, roles) else _heading(item, roles)
        if heading and not (heading == PHOTOS and stands == PHOTOS):
            groups[heading].append(number)
        elif stands is None:
            behind[item.kind] += 1
    shown = (EvidenceGroup(heading, Picked(capture.items, numbers)) for heading, numbers in groups.items() if numbers)
    return ShownEvidence(tuple(shown), dict(behind))


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


def pictures_of(shown: Iterable[ListedItem], capture: CaptureListing, roles: Roles) -> Iterator[ListedItem]:
    """Yield the photos that stand on a page with these items: their own, their posters, and what their posts show."""
    for item in shown:
        if is_photo(item):
            yield item
        for shown_by in (roles.posters, roles.views):
            if (picture := shown_by.get(item.ref)) is not None:
                yield picture
        for media in item.post.media if item.post else ():
            held = capture.item(capture.holder(media))
            if held is not None and is_photo(held):
                yield held


def cover(listing: BundleListing, roles: Roles) -> list[ListedItem]:
    """Return the pictures of the first page: photos and posters, some of each exhibit, none twice."""
    # In turn: the first of each exhibit, then the second of each, so that no exhibit fills the page; by bytes, none
    # twice.
    chosen: dict[str, ListedItem] = {}
    rows = [islice(_covering(capture, roles), _COVER) for capture in listing.captures]
    for _ in range(_COVER):
        for row in rows:
            if len(chosen) < _COVER and (item := next(row, None)) is not None:
                chosen.setdefault(item.sha256, item)
    return list(chosen.values())


def _covering(capture: CaptureListing, roles: Roles) -> Iterator[ListedItem]:
    """Yield the pictures of an exhibit: posters, other photos, and frames of videos."""

    def _pictures() -> Iterator[ListedItem]:
        return (
            item for item in capture.items if is_photo(item) and not item.error_page and item.kind != "page picture"
        )

    yield from (item for item in _pictures() if roles.named.get(item.ref) == POSTER)
    yield from (item for item in _pictures() if item.ref not in roles.named)
    yield from (shown for item in capture.items if (shown := roles.posters.get(item.ref)) and shown.ref == item.ref)
