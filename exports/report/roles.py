"""What an item is in its capture: a picture of its own, a poster, a logo, a tracking pixel, or a part of a video.

All of it follows from the ledger: where an item was found, its address, the pixel size that it states. It decides what
stands where in the report, and hides nothing: each item is in the list of all items.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from exports.report.words import ANSWERS, PICTURES, frame, is_photo, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from exports.format.bundle_listing import BundleListing, CaptureListing
    from exports.format.manifest import ListedItem

PIXEL, FURNITURE, POSTER = "tracking pixel", "logo, icon or avatar", "poster"
MOST_TWINS = 24
"""Of a picture that hundreds of pages show, so many places are named."""
_PIXEL_EDGE = 3
"""A picture no wider and no higher than this shows nothing; it counts who opened the page."""
# Pixels: nothing smaller was ever a photo of anything, whatever it is called.
_ICON_EDGE = 64
_NAMED_EDGE = 640
"""A picture of which an edge is longer is a photo, whatever its address is called."""
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


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of a bundle's items, all by their references; `parts` and `posters` by those of the videos."""

    named: dict[str, str] = field(default_factory=dict)
    """PIXEL, FURNITURE or POSTER of what is one."""
    whole: dict[str, str] = field(default_factory=dict)
    """The video that an item is a part of."""
    parts: dict[str, list[ListedItem]] = field(default_factory=dict)
    posters: dict[str, ListedItem] = field(default_factory=dict)
    """What a video looks like: the poster that its page or site shows, or else a frame, under the video's reference."""
    views: dict[str, ListedItem] = field(default_factory=dict)
    """What a browser showed first of a page, by the page's reference."""
    same: dict[str, list[str]] = field(default_factory=dict)
    """The items that are the same bytes as one, itself among them: one list for all of them."""

    def twins(self, ref: str) -> list[str]:
        """Return the other items that are the same bytes; of very many the first."""
        return [other for other in self.same.get(ref, ())[: MOST_TWINS + 1] if other != ref][:MOST_TWINS]

    def is_apart(self, item: ListedItem) -> bool:
        """Say whether an item is no evidence to be looked at by itself: part of a video, or furniture of a page."""
        return item.ref in self.named or item.ref in self.whole


def roles(listing: BundleListing) -> Roles:
    """Return the roles of all items."""
    found = Roles()
    for capture in listing.captures:
        # 1. What a post shows is evidence even where it is small or called "avatar": so posts are asked before pictures
        # are judged.
        posts = (item.post for item in capture.items if item.post)
        shown = {ref for post in posts for media in post.media if (ref := capture.holder(media))}
        for item in capture.items:
            if (role := _role(item, said=item.ref in shown)) and not item.error_page:
                found.named[item.ref] = role
        # 2. Parts under their videos, then posters, which need to know which items are videos of their own.
        _gather_parts(capture, found)
        found.posters.update(_posters(capture, found))
        frames = {item.ref: taken for item in capture.items if (taken := frame(item)) is not None}
        found.posters.update((ref, taken) for ref, taken in frames.items() if ref not in found.posters)
        pages = {rendering.rendering: rendering.ref for rendering in capture.renderings}
        # 3. Of several views of a page the first, hence backwards.
        firsts = (item for item in reversed(capture.items) if item.kind == "first view" and pages.get(item.rendering))
        found.views.update((pages[item.rendering], item) for item in firsts)
    # 4. The same bytes at other places of the listing, over all captures.
    same: dict[str, dict[str, None]] = {}
    for item in listing.items:
        if (is_photo(item) or item.kind in {"video", "audio"}) and item.size and not item.error_page:
            same.setdefault(item.sha256, {})[item.ref] = None
    for refs in same.values():
        if len(refs) > 1:
            together = list(refs)
            found.same.update((ref, together) for ref in refs)
    return found


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
    # 1. What was fetched of each stream.
    streams: dict[str, list[ListedItem]] = {}
    fetched: dict[int, ListedItem] = {}
    for item in capture.items:
        match = _STREAM.fullmatch(item.found_in)
        if match and item.kind in _PARTS:
            streams.setdefault(match[1], []).append(item)
        if (match and item.kind in _STREAM_FILES) or item.kind == "playlist":
            fetched[_number(item.ref)] = item
    # 2. What a working copy was made of belongs to the item that has it, and so do the streams of these.
    left = 4 * len(capture.items)
    for item in capture.items:
        if (copy := joined(item)) is None:
            continue
        named = []
        for number in _named_in(copy.how, capture.exhibit, max(fetched, default=0)):
            left -= 1
            if left < 0:
                break  # no copy that we make names an item twice
            named += [fetched[number]] if number in fetched else []
        of_streams = {match[1]: None for each in [item, *named] if (match := _STREAM.fullmatch(each.found_in))}
        _add(found, item, [*named, *(each for stream in of_streams for each in streams.pop(stream, ()))])
    # 3. A stream that was not joined stands under its playlist.
    for members in streams.values():
        first = next((each for each in members if each.kind == "playlist"), members[0])
        _add(found, first, members)


def _add(found: Roles, whole: ListedItem, members: Iterable[ListedItem]) -> None:
    for each in {member.ref: member for member in members}.values():
        if each.ref != whole.ref and each.ref not in found.whole and each.ref not in found.parts:
            found.whole[each.ref] = whole.ref
            found.parts.setdefault(whole.ref, []).append(each)


def _number(ref: str) -> int:
    number = ref.rpartition("-")[2]
    return int(number) if number.isascii() and number.isdigit() else 0


def _named_in(how: str, exhibit: str, highest: int) -> Iterator[int]:
    """Yield the numbers of the items that a working copy says it was made of: `MP/1-0004 to MP/1-0009, MP/1-0012`."""
    for match in _RUN.finditer(how):
        if match[1].rpartition("-")[0] == exhibit:
            last = match[2] or match[1]
            yield from range(_number(match[1]), min(_number(last), highest) + 1)


def _posters(capture: CaptureListing, found: Roles) -> Mapping[str, ListedItem]:
    """Return the posters of videos: by the video that a thumbnail names; else where a page has as many as videos."""
    # By name where the site's own data link them. Else by order, and only if there are as many as videos: a wrong
    # poster is worse than none.
    posters = [item for item in capture.items if found.named.get(item.ref) == POSTER and is_photo(item)]
    by_stream = {
        item.found_in.removeprefix(_THUMBNAIL): item for item in posters if item.found_in.startswith(_THUMBNAIL)
    }
    made = {}
    for item in capture.items:
        match = _STREAM.fullmatch(item.found_in)
        streams = [match[1]] if match else []
        streams += [m[1] for part in found.parts.get(item.ref, ()) if (m := _STREAM.fullmatch(part.found_in))]
        poster = next((by_stream[stream] for stream in streams if stream in by_stream), None)
        if poster is not None:
            made[item.ref] = poster
    on_pages = [item for item in posters if not item.found_in.startswith(_THUMBNAIL)]
    videos = [item for item in watched(capture.items, found) if item.ref not in made]
    if len(on_pages) == len(videos):
        made.update((video.ref, poster) for video, poster in zip(videos, on_pages, strict=True))
    return made


def watched(items: Sequence[ListedItem], found: Roles) -> list[ListedItem]:
    """Return the videos among items: files that play, and what stands for a video in parts."""
    return [
        item
        for item in items
        if item.ref not in found.whole
        and not item.error_page
        and (item.kind == "video" or joined(item) is not None or (item.ref in found.parts and item.kind not in ANSWERS))
    ]
