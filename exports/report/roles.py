"""What an item is in its capture: a picture of its own, a poster, a logo, a tracking pixel, or a part of a video.

All of it follows from the ledger: where an item was found, its address, the pixel size that it states. It decides what
stands where in the report, and hides nothing: each item is in the list of all items.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from exports.format.kept import Picked
from exports.format.lookup import Lookup, RecordLookup
from exports.format.manifest import ListedItem
from exports.report.item_index import NamedTogether
from exports.report.words import ANSWERS, PICTURES, frame, is_photo, joined

if TYPE_CHECKING:
    from exports.format.bundle_listing import BundleListing, CaptureListing

PIXEL, FURNITURE, POSTER = "tracking pixel", "logo, icon or avatar", "poster"
MOST_TWINS = 24  # Of a picture that hundreds of pages show, so many places are named.
_PIXEL_EDGE = 3  # A picture no wider and no higher than this shows nothing; it counts who opened the page.
# Pixels: nothing smaller was ever a photo of anything, whatever it is called.
_ICON_EDGE = 64
_NAMED_EDGE = 640  # A picture of which an edge is longer is a photo, whatever its address is called.
# Words between characters that are no letters, so that "logo" is found in `logo-2.png` and not in `catalogos`.
_NAMED = re.compile(
    r"(?:^|[^a-z])(?:avatars?|logos?|logotype|icons?|favicon|apple-touch-icon|gravatar|userpics?|emojis?|sprites?"
    r"|badges?|profile_images?|profile-pictures?|spacer|button)(?:[^a-z]|$)"
)
_POSTER = re.compile(r"(?:amp-)?(?:video|audio) poster|thumbnail of .*", re.DOTALL)
_STREAM = re.compile(r"(?:subtitles of )?(video [^ ]+)(?:: .*)?", re.DOTALL)
_THUMBNAIL = "thumbnail of "
_PARTS = {"segment", "subtitles", "playlist", "data"}
_STREAM_FILES = _PARTS | {"video", "audio"}
_REF = r"[^\s,;]{1,64}-[0-9]{1,9}"
_RUN = re.compile(rf"({_REF})(?: to ({_REF}))?")


class _Posters(RecordLookup[ListedItem]):
    """Takes posters of videos, and videos themselves of which a frame was taken: these come back as their frames."""

    def __getitem__(self, ref: str) -> ListedItem:
        """Return a poster, or a frame under the reference of its video. Raises KeyError."""
        poster = super().__getitem__(ref)
        return (frame(poster) or poster) if poster.ref == ref else poster


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of a bundle's items, all by their references; `parts` and `posters` by those of the videos."""

    # PIXEL, FURNITURE or POSTER of what is one.
    named: MutableMapping[str, str] = field(default_factory=lambda: Lookup(str))
    whole: MutableMapping[str, str] = field(default_factory=lambda: Lookup(str))  # The video that an item is a part of.
    parts: dict[str, Sequence[ListedItem]] = field(default_factory=dict)
    # What a video looks like: the poster that its page or site shows, or else a frame, under the video's reference.
    posters: MutableMapping[str, ListedItem] = field(default_factory=lambda: _Posters(ListedItem))
    # What a browser showed first of a page, by the page's reference.
    views: MutableMapping[str, ListedItem] = field(default_factory=lambda: RecordLookup(ListedItem))
    # How many items of each kind a capture has, once they are counted (`opening.py`).
    kinds: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    # The pictures and recordings that are the same bytes, by their SHA-256.
    _same: NamedTogether = field(default_factory=lambda: NamedTogether(MOST_TWINS + 1))

    def add_bytes(self, item: ListedItem) -> None:
        """Take note of the bytes of an item that is looked at or heard."""
        if _is_perceived(item):
            self._same.add(item.sha256, item.ref)

    def copies(self, item: ListedItem) -> int:
        """Count the items that are the same bytes, itself among them."""
        return self._same.of(item.sha256).count if _is_perceived(item) else 0

    def twins(self, item: ListedItem) -> list[str]:
        """Return the other items that are the same bytes; of very many the first."""
        first = self._same.of(item.sha256).first if _is_perceived(item) else ()
        return [other for other in first if other != item.ref][:MOST_TWINS]

    def is_apart(self, item: ListedItem) -> bool:
        """Say whether an item is no evidence to be looked at by itself: part of a video, or furniture of a page."""
        return item.ref in self.named or item.ref in self.whole


def roles(listing: BundleListing) -> Roles:
    """Return the roles of all items."""
    found = Roles()
    for capture in listing.captures:
        # 1. What a post shows is evidence even where it is small or called "avatar": so posts are asked before pictures
        # are judged.
        shown: Lookup[str, int] = Lookup(str)
        for ref in media_of_posts(capture):
            shown[ref] = 1
        for item in capture.items:
            if (role := _role(item, said=item.ref in shown)) and not item.error_page:
                found.named[item.ref] = role
            # The same bytes at other places of the listing, over all captures.
            found.add_bytes(item)
        # 2. Parts under their videos, then posters, which need to know which items are videos of their own.
        _gather_parts(capture, found)
        for ref, poster in _posters(capture, found):
            found.posters[ref] = poster
        pages = {rendering.rendering: rendering.ref for rendering in capture.renderings}
        for item in capture.items:
            if frame(item) is not None and item.ref not in found.posters:
                found.posters[item.ref] = item
            # 3. Of several views of a page the first.
            page = pages.get(item.rendering) if item.kind == "first view" else None
            if page and page not in found.views:
                found.views[page] = item
    return found


def media_of_posts(capture: CaptureListing) -> Iterator[str]:
    """Yield the references of what the posts of a capture show, as far as it was captured."""
    for item in capture.items:
        for media in item.post.media if item.post else ():
            if ref := capture.holder(media):
                yield ref


def _is_perceived(item: ListedItem) -> bool:
    return (is_photo(item) or item.kind in {"video", "audio"}) and item.size > 0 and not item.error_page


def _role(item: ListedItem, *, said: bool) -> str:
    """Return what a picture is, where it is no photo. What a post shows is one, whatever it is called."""
    if item.kind in PICTURES or not (item.kind == "photo" or is_photo(item)):
        return ""
    # In this order: a pixel counts visits, even in a post; what a post shows is evidence; a poster stands for its
    # video; and only what is left is judged by its size and its name, which the site chose.
    width, height = _edge(item, "width"), _edge(item, "height")
    longest = max(width, height)
    if 0 < longest <= _PIXEL_EDGE:
        return PIXEL
    if said:
        return ""
    if _POSTER.fullmatch(item.found_in):
        return POSTER
    if 0 < longest <= _ICON_EDGE:
        return FURNITURE
    named = _NAMED.search(_said_of(item)) is not None
    return FURNITURE if named and longest <= _NAMED_EDGE else ""


def _edge(item: ListedItem, name: str) -> int:
    value = next((fact.value for fact in item.facts if fact.name == name), 0)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _said_of(item: ListedItem) -> str:
    """Return the last two steps of an address and the description, in small letters."""
    try:
        path = unquote(urlsplit(item.url[:2_000]).path)
    except ValueError:
        path = ""
    return f"{'/'.join(path.split('/')[-2:])} {item.alt[:200]}".lower()


def _gather_parts(capture: CaptureListing, found: Roles) -> None:
    """Put the playlists, segments and keys of a video under the item that stands for it.

    What a working copy says it was made of holds words of the site too, so only what was fetched as a stream counts.
    """
    # 1. What was fetched of each stream: in memory are the numbers of the items.
    streams, fetched, highest = _streams(capture)
    # 2. What a working copy was made of belongs to the item that has it, and so do the streams of these.
    left = 4 * len(capture.items)
    for item in capture.items:
        if (copy := joined(item)) is None:
            continue
        named = array("Q")
        for number in _named_in(copy.how, capture.exhibit, highest):
            left -= 1
            if left < 0:
                break  # no copy that we make names an item twice
            if (part := fetched.get(number)) is not None:
                named.append(part)
        members = Picked(capture.items, named)
        of_streams = {match[1]: None for each in (item, *members) if (match := _STREAM.fullmatch(each.found_in))}
        for stream in of_streams:
            named.extend(streams.pop(stream, ()))
        _add(found, capture, item, named)
    # 3. A stream that was not joined stands under its playlist.
    for places in streams.values():
        members = Picked(capture.items, places)
        _add(found, capture, next((each for each in members if each.kind == "playlist"), members[0]), places)


def _streams(capture: CaptureListing) -> tuple[dict[str, array[int]], Lookup[int, int], int]:
    """Return the parts of each stream, and what was fetched by the numbers of the references, with the highest."""
    streams: dict[str, array[int]] = {}
    fetched, highest = Lookup[int, int](int), 0
    for place, item in enumerate(capture.items):
        match = _STREAM.fullmatch(item.found_in)
        if match and item.kind in _PARTS:
            streams.setdefault(match[1], array("Q")).append(place)
        if (match and item.kind in _STREAM_FILES) or item.kind == "playlist":
            fetched[_number(item.ref)] = place
            highest = max(highest, _number(item.ref))
    return streams, fetched, highest


def _add(found: Roles, capture: CaptureListing, whole: ListedItem, places: Iterable[int]) -> None:
    if whole.ref in found.parts:
        return  # an item of the same reference, which no ledger of ours has: what is left stands by itself
    kept = array("Q")
    for place in dict.fromkeys(places):
        ref = capture.items[place].ref
        if ref != whole.ref and ref not in found.whole and ref not in found.parts:
            found.whole[ref] = whole.ref
            kept.append(place)
    if kept:
        found.parts[whole.ref] = Picked(capture.items, kept)


def _number(ref: str) -> int:
    number = ref.rpartition("-")[2]
    return int(number) if number.isascii() and number.isdigit() else 0


def _named_in(how: str, exhibit: str, highest: int) -> Iterator[int]:
    """Yield the numbers of the items that a working copy says it was made of: `MP/1-0004 to MP/1-0009, MP/1-0012`."""
    for match in _RUN.finditer(how):
        if match[1].rpartition("-")[0] == exhibit:
            last = match[2] or match[1]
            yield from range(_number(match[1]), min(_number(last), highest) + 1)


def _posters(capture: CaptureListing, found: Roles) -> Iterator[tuple[str, ListedItem]]:
    """Yield the posters of videos: by the video that a thumbnail names; else where a page has as many as videos."""
    # By name where the site's own data link them. Else by order, and only if there are as many as videos: a wrong
    # poster is worse than none.
    by_stream: dict[str, int] = {}
    on_pages, videos = array("Q"), array("Q")
    for place, item in enumerate(capture.items):
        if found.named.get(item.ref) == POSTER and is_photo(item):
            if item.found_in.startswith(_THUMBNAIL):
                by_stream[item.found_in.removeprefix(_THUMBNAIL)] = place
            else:
                on_pages.append(place)
    if not by_stream and not on_pages:
        return
    for place, item in enumerate(capture.items):
        parts = found.parts.get(item.ref, ()) if by_stream else ()
        streams = (match[1] for each in (item, *parts) if (match := _STREAM.fullmatch(each.found_in)))
        poster = next((by_stream[stream] for stream in streams if stream in by_stream), None)
        if poster is not None:
            yield item.ref, capture.items[poster]
        elif is_watched(item, found):
            videos.append(place)
    if len(on_pages) == len(videos):
        yield from (
            (capture.items[video].ref, capture.items[poster]) for video, poster in zip(videos, on_pages, strict=True)
        )


def is_watched(item: ListedItem, found: Roles) -> bool:
    """Say whether an item is a video: a file that plays, or what stands for a video in parts."""
    return (
        item.ref not in found.whole
        and not item.error_page
        and (item.kind == "video" or joined(item) is not None or (item.ref in found.parts and item.kind not in ANSWERS))
    )
