"""One image of a page: of all the sizes it comes in, the largest.

`srcset` is read by the HTML Standard's algorithm (4.8.4.3.10, "parsing a srcset attribute").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote

from capture.page.kinds import kind_of_address
from capture.page.mentions import Mention, Position
from capture.page.urls import LONGEST, is_embedded
from hashing.case.kinds import ItemKind

# ASCII whitespace of the standard. Quantifiers are possessive: a hostile `srcset` of a megabyte is read once.
_BEFORE = re.compile(r"[\t\n\f\r ,]*+")
_URL = re.compile(r"[^\t\n\f\r ]++")
_DESCRIPTORS = re.compile(r"(?:\([^)]*+\)?|[^,(])*+")
_WIDTH = re.compile(r"[0-9]{1,9}w")
_HEIGHT = re.compile(r"[0-9]{1,9}h")
_DENSITY = re.compile(r"[0-9]{0,9}(?:\.[0-9]{1,9})?(?:[eE][+-]?[0-9]{1,2})?x")


_MOST = 1000
_LONGEST_DESCRIPTORS = 1000
# Where pages that load images late keep the address until a script moves it to src.
_LATE = ("data-src", "data-original", "data-lazy-src")
# Where WordPress and shop galleries keep the file that their image viewer opens.
_IN_FULL = ("data-orig-file", "data-full-url", "data-large_image", "data-zoom-image")

# Where pages that load images late keep a background until a script moves it into the style.
LATE_BACKGROUNDS = ("data-bg", "data-background", "data-background-image")

_KEPT = 5
_KNOWN = frozenset((*_LATE, *_IN_FULL, "src"))
_WORDS = frozenset({"alt", "title", "class", "id", "name", "style", "usemap", "longdesc", "href", "aria-label"})
_QUOTED_ADDRESS = re.compile(r"https?%3a", re.IGNORECASE)
_WIDTH_LEFT_OPEN = "{width}"
# By its name an attribute may hold a photo's address, unless it names a page.
_LIKELY = re.compile(r"src|lazy|image|img|photo|original|url|bg|background")
_PAGES = re.compile(r"pin|share|href|link|page|permalink|post")
_NO_PHOTO = re.compile(r"(?:about|javascript|blob):|#|\s*+$", re.IGNORECASE)
# What stands in `src` until a script puts the photo there.
_STAND_IN = re.compile(
    r"(?:^|[/_.-])(?:blank|placeholder|spacer|pixel|loading|loader|lazy|transparent|empty|dummy|grey|gray|1x1|spinner)"
    r"[\w.-]{0,40}\.(?:gif|png|svg|webp|jpe?g)(?:\?[^/]*)?$",
    re.IGNORECASE,
)
# Placeholders of template languages that a script was to fill in.
_TEMPLATE = re.compile(r"\{\{|\$\{|<%|\[\[")
_INSIDE = re.compile(
    r"[^\s\"'{}\[\]<>,;()]+\.(?:jpe?g|png|gif|webp|avif|heic)(?:\?[^\s\"'{}\[\]<>,;()]*)?", re.IGNORECASE
)
_ADDRESS = re.compile(r"(?:https?:)?/{0,2}[^\s\"'{}\[\]<>,;]*/[^\s\"'{}\[\]<>,;]+")

_MIN_WIDTH = re.compile(r"min-width\s*+:\s*+([0-9]{1,6})")


class Sized(NamedTuple):
    """One candidate: its address as written, and its width in pixels or its pixel density."""

    url: str
    width: int = 0
    density: float = 1.0


def parse_srcset(value: str) -> Iterator[Sized]:
    """Yield the first 1,000 candidates of a srcset; as in browsers, one with a faulty descriptor is left out."""
    position = 0
    for _ in range(_MOST):
        # Blanks and commas, an address up to a blank, descriptors up to a comma outside of brackets. A comma at an
        # address's end says that it has no descriptors.
        url = _URL.match(value, _end(_BEFORE, value, position))
        if url is None:
            return
        position = url.end()
        if url[0].endswith(","):
            yield Sized(url[0].rstrip(","))
            continue
        end = _end(_DESCRIPTORS, value, position)
        if end - position <= _LONGEST_DESCRIPTORS and (sized := _sized(url[0], value[position:end].split())):
            yield sized
        position = end


def _end(pattern: re.Pattern[str], value: str, position: int) -> int:
    match = pattern.match(value, position)
    return match.end() if match else position


def _sized(url: str, descriptors: list[str]) -> Sized | None:
    # One width or one density, and a height only beside a width, as the algorithm has it: a candidate with anything
    # else is dropped, not guessed at.
    width, density, height = 0, 0.0, 0
    for descriptor in descriptors:
        if not width and not density and _WIDTH.fullmatch(descriptor):
            width = int(descriptor[:-1])
            known = width > 0
        elif not width and not density and not height and len(descriptor) > 1 and _DENSITY.fullmatch(descriptor):
            density = float(descriptor[:-1])
            known = density > 0
        else:
            known = not height and not density and bool(_HEIGHT.fullmatch(descriptor))
            height = 1
        if not known:
            return None
    if height and not width:
        return None
    return Sized(url, width, density or 1.0)


class ImageCandidate(NamedTuple):
    """One address of an image, with what the page says of its size: 0 and 1 where it says nothing."""

    place: Position
    width: int = 0
    density: float = 1.0
    min_width: int = 0  # The least width of window for which a <source> is meant.

    @property
    def size(self) -> tuple[int, float, int]:
        """What candidates are compared by."""
        return self.width, self.density, self.min_width

    @property
    def is_sized(self) -> bool:
        """Whether the page says anything of its size."""
        return self.size != (0, 1.0, 0)


def source_candidates(attributes: Mapping[str, str]) -> list[ImageCandidate]:
    """Return the candidates of a <source> in a <picture>."""
    match = _MIN_WIDTH.search(attributes.get("media", "")[:1000])
    found = list(_in_srcsets(attributes, "picture source", int(match[1]) if match else 0))
    late = (parse_srcset(value) for name, value in attributes.items() if "data-" in name or "lazy" in name)
    return found or [
        ImageCandidate(Position(sized.url, "picture source"), sized.width, sized.density)
        for sizes in late
        for sized in sizes
        if kind_of_address(sized.url) == "photo"
    ]


def image_mentions(
    tag: str, attributes: Mapping[str, str], sources: Sequence[ImageCandidate] = ()
) -> Iterator[Mention]:
    """Yield the largest candidate of an <img>, with the others behind it for the case that it is no address.

    Where nothing says which is the largest, and the image is one that loads late, both the late address and the one
    that stands in for it are yielded: which of the two is the photo cannot be told from the page.
    """
    alt = attributes.get("alt", "") or attributes.get("title", "")
    # 1. What a gallery opens on a click is a picture of its own, larger than any that is in the page.
    for name in _IN_FULL:
        if attributes.get(name):
            yield Mention(ItemKind.PHOTO, (Position(attributes[name], f"{tag} {name}"),), alt)
    # 2. Addresses from which scripts load late; under unusual names only where no usual one says anything.
    late = [
        ImageCandidate(Position(_unwrapped(value, attributes), f"{tag} {name}"))
        for name in _LATE
        if (value := attributes.get(name)) and not _TEMPLATE.search(value)
    ]
    if not (late or _has_address(attributes)):
        late = [ImageCandidate(place) for place in late_places(tag, attributes)]
    now = [ImageCandidate(Position(attributes["src"], f"{tag} src"))] if attributes.get("src") else []
    # The image's own stand before those of <source>: of two of one size it is taken, being JPEG as a rule.
    ranked = [*_in_srcsets(attributes, tag), *late, *now, *sources]
    # 3. The largest by what is stated; the sort is stable, so that of equals the first written stands.
    if late:
        ranked = [candidate for candidate in ranked if not (candidate.is_sized and is_embedded(candidate.place.raw))]
    ranked.sort(key=lambda candidate: candidate.size, reverse=True)
    if not ranked:
        return
    if ranked[0].is_sized or not late:
        yield Mention(ItemKind.PHOTO, _best(ranked), alt)
        return
    for candidate in late:
        yield Mention(ItemKind.PHOTO, (candidate.place,), alt)
    if now and not is_embedded(now[0].place.raw):
        yield Mention(ItemKind.PHOTO, (now[0].place,), alt)


def late_places(tag: str, attributes: Mapping[str, str], *, shows_images: bool = True) -> list[Position]:
    """Return the addresses that an element keeps for a script in attributes of whatever name.

    Of an image whatever looks like an address counts, first those that promise a photo; of another element only those
    that promise one.
    """
    kept = [
        (name, _unwrapped(value, attributes))
        for name, value in attributes.items()
        if name not in _KNOWN | _WORDS and not _is_srcset(name)
    ]
    # By the ending of the address, else by the name of the attribute; names of such attributes are each script's own.
    late = [(name, value) for name, value in kept if "data-" in name or "lazy" in name or "src" in name]
    promised = [(name, value) for name, value in (kept if shows_images else late) if kind_of_address(value) == "photo"]
    likely = [
        (name, value)
        for name, value in late
        if _LIKELY.search(name) and not _PAGES.search(name) and _ADDRESS.fullmatch(value[:LONGEST])
    ]
    styled = [(name, value) for name, value in late if "url(" in value and name not in LATE_BACKGROUNDS]
    chosen = promised or (likely or list(_inside(late)) if shows_images else list(_inside(styled)))
    return [Position(value, f"{tag} {name}") for name, value in chosen[:_KEPT]]


def _unwrapped(value: str, attributes: Mapping[str, str]) -> str:
    """Return the address in a value as a script makes it: decoded, and the width that was left open put in."""
    if _QUOTED_ADDRESS.match(value):
        value = unquote(value)
    if _WIDTH_LEFT_OPEN in value:
        widths = re.findall(r"[0-9]{1,5}", attributes.get("data-widths", "")[:LONGEST])
        value = value.replace(_WIDTH_LEFT_OPEN, max(widths, key=int, default="1024"))
    return value


def _has_address(attributes: Mapping[str, str]) -> bool:
    """Say whether an image names an address of its own, and nothing that stands there until a script has run."""
    src = attributes.get("src", "")
    own = bool(src) and not (is_embedded(src) or _NO_PHOTO.match(src) or _STAND_IN.search(src[:LONGEST]))
    return own or any(not is_embedded(each.place.raw) for each in _in_srcsets(attributes, "img"))


def _inside(kept: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the addresses of photos in values that hold more than an address: JSON, lists with sizes."""
    for name, value in kept:
        for match in islice(_INSIDE.finditer(value[:LONGEST].replace("\\/", "/")), _KEPT):
            yield name, match[0]


def _is_srcset(name: str) -> bool:
    return name.endswith(("srcset", "bgset"))


def largest(sources: Sequence[ImageCandidate]) -> Mention:
    """Return the largest of a <picture> that has no <img>."""
    return Mention(ItemKind.PHOTO, _best(sorted(sources, key=lambda candidate: candidate.size, reverse=True)))


def srcset_mention(value: str, found_in: str) -> Mention | None:
    """Return the largest candidate of a srcset that stands alone, or None where it has none."""
    sources = [
        ImageCandidate(Position(sized.url, found_in), sized.width, sized.density) for sized in parse_srcset(value)
    ]
    return largest(sources) if sources else None


def _best(ranked: Sequence[ImageCandidate]) -> tuple[Position, ...]:
    return tuple(candidate.place for candidate in ranked[:_KEPT])


def _in_srcsets(attributes: Mapping[str, str], where: str, min_width: int = 0) -> Iterator[ImageCandidate]:
    for name in attributes:
        if _is_srcset(name):
            found_in = where if where == "picture source" else f"{where} {name}"
            for sized in parse_srcset(attributes[name]):
                yield ImageCandidate(Position(sized.url, found_in), sized.width, sized.density, min_width)
