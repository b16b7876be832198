"""Mentions of media in a page, and the links that come of them: each address once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from capture.page.claims import cut, sound
from capture.page.errors import BadAddress
from capture.page.urls import Addresses, is_embedded
from hashing.case.kinds import ItemKind

MOST = 50_000  # Mentions that are kept of what a page shows, and of what its metadata names.

_LONGEST_ALT = 500
_LOOKED_AT = 10_000
_MOST_NOTES = 20


class MediaLink(msgspec.Struct, frozen=True):
    """One photo, video, audio or document that the page shows or links to.

    `url` is absolute, http or https, without fragment; `found_in` is the place ("img srcset"); `alt` the page's own
    words for it, or "".
    """

    url: str
    kind: ItemKind
    found_in: str
    alt: str = ""


class Position(NamedTuple):
    """An address as written, and where it stands."""

    raw: str
    found_in: str


class Mention(msgspec.Struct):
    """One medium, at the addresses of `places`, best first: the first that can be fetched is the one that counts.

    `stated` says that the page itself states the kind; otherwise it is what the extension of the address promises.
    """

    kind: ItemKind
    places: tuple[Position, ...]
    alt: str = ""
    stated: bool = True


class Mentions:
    """Collects the mentions of a page in order, up to a bound: first what it shows, then what its metadata names."""

    def __init__(self) -> None:
        self.content: list[Mention] = []
        self.metadata: list[Mention] = []
        self._known: dict[tuple[ItemKind, tuple[Position, ...]], Mention] = {}
        self.hidden = 0  # How many elements are open whose content the page does not show.
        self._left_out = 0
        self._not_shown = 0

    def show(self, mention: Mention) -> Mention:
        """Take something that the page shows or links to; return the same mention, or the earlier one it repeats."""
        if self.hidden > 0:
            self._not_shown += 1
            return mention
        return self._add(mention, self.content)

    def name(self, mention: Mention) -> Mention:
        """Take something that the page's metadata names; return as `show` does."""
        return self._add(mention, self.metadata)

    def _add(self, mention: Mention, to: list[Mention]) -> Mention:
        # Pages repeat themselves: a mention that is there already takes no further room.
        known = self._known.get((mention.kind, mention.places))
        if known is not None:
            known.alt = known.alt or mention.alt
            return known
        if len(to) < MOST:
            to.append(mention)
            self._known[mention.kind, mention.places] = mention
        else:
            self._left_out += 1
        return mention

    def notes(self) -> list[str]:
        """Say what was left out."""
        notes = []
        if self._not_shown:
            notes.append(f"{self._not_shown:,} media in <template>, which the page does not show, left out")
        if self._left_out:
            notes.append(f"more than {MOST:,} media, {self._left_out:,} left out")
        return notes


class PageLinks(NamedTuple):
    """The links of a page, how many different things are embedded in it, and what could not be read."""

    media: tuple[MediaLink, ...]
    embedded: int
    notes: list[str]


def to_links(mentions: Mentions, addresses: Addresses) -> PageLinks:
    """Make each address absolute and keep each once, where it was first mentioned."""
    links: dict[str, MediaLink] = {}
    stated: set[str] = set()
    embedded: set[str] = set()
    faults: dict[str, None] = {}
    for mention in _all(mentions):
        url = _first_address(mention, addresses, embedded, faults)
        if url is None:
            continue
        link = _link(mention, *url)
        # Mentioned again: the first place stays, a kind that an element states outranks one that an ending promises,
        # and an alternative text fills a gap.
        if (known := links.get(link.url)) is not None:
            kind = link.kind if mention.stated and link.url not in stated else known.kind
            link = msgspec.structs.replace(known, kind=kind, alt=known.alt or link.alt)
        links[link.url] = link
        if mention.stated:
            stated.add(link.url)
    return PageLinks(tuple(links.values()), len(embedded), bounded(list(faults)))


def _all(mentions: Mentions) -> Iterable[Mention]:
    yield from mentions.content
    yield from mentions.metadata


def _link(mention: Mention, url: str, found_in: str) -> MediaLink:
    return MediaLink(url, mention.kind, found_in, cut(" ".join(sound(mention.alt[:_LOOKED_AT]).split()), _LONGEST_ALT))


def _first_address(
    mention: Mention, addresses: Addresses, embedded: set[str], faults: dict[str, None]
) -> tuple[str, str] | None:
    """Return the best address that can be fetched and its place, or None; an embedded one needs no fetching."""
    for raw, found_in in mention.places:
        if is_embedded(raw):
            embedded.add(raw)
            return None
        try:
            url = addresses.resolve(raw)
        except BadAddress as error:
            faults[sound(f"{error} ({found_in})")] = None
            continue
        if url is not None:
            return url, found_in
    return None


def bounded(notes: list[str]) -> list[str]:
    """Keep the first notes, and say how many more there are."""
    if len(notes) <= _MOST_NOTES:
        return notes
    return [*notes[:_MOST_NOTES], f"and {len(notes) - _MOST_NOTES:,} more of this kind"]
