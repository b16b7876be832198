"""What a feed says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from capture.errors import CaptureError
from capture.extractors.feed.entry import NOBODY, FeedEntry, UnreadEntry
from capture.page.claims import cut, sound
from capture.page.times import parse_time
from hashing.case.facts import Fact
from hashing.case.post import Account

_LONGEST = 5000
_LONGEST_TIME = 200


class FeedUnreadable(CaptureError):
    """There is nothing in it that could be read as a feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A feed's own words, and what of them holds for its entries."""

    claims: tuple[tuple[str, str, str], ...] = ()  # Name, value, and the element that says it.
    times: tuple[tuple[str, str, str], ...] = ()
    author: Account = NOBODY
    language: str = ""
    next_page: str = ""  # Where the feed goes on (RFC 5005: `next`, or `prev-archive`), as written.
    software: str = ""  # What made the feed, as it says.

    def facts(self) -> tuple[Fact, ...]:
        """Return what the feed claims about itself; a time is kept as it is written, with whether it has a zone."""
        facts = [
            Fact(name, cut(" ".join(sound(value).split()), _LONGEST), tag)
            for name, value, tag in self.claims
            if value.strip()
        ]
        for name, written, tag in self.times:
            facts += _time_facts(name, cut(sound(" ".join(written.split())), _LONGEST_TIME), tag)
        return tuple(facts)


def _time_facts(name: str, written: str, tag: str) -> Iterable[Fact]:
    if not written:
        return
    iso, has_zone = parse_time(written)
    yield Fact(name, iso or written, tag)
    yield Fact(f"{name} zone", "stated" if has_zone else "not stated", tag)
    if iso and iso != written:
        yield Fact(f"{name} as written", written, tag)


class FeedHead(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed says of itself; there are at most `count` entries."""

    facts: tuple[Fact, ...]
    count: int = 0
    # Where the feed goes on, absolute; "" where it does not say and no software is known to offer it.
    next_page: str = ""
    next_by_software: bool = False  # Whether it does not say so itself: there may be nothing more.
    missing: str = ""  # Why something that belongs to the feed is not there; "" where it is whole.


class Feed(FeedHead, frozen=True, kw_only=True):
    """A feed that was read: `entries` are read one by one as they are asked for."""

    entries: Iterator[FeedEntry | UnreadEntry]

    def head(self) -> FeedHead:
        """Return what it says of itself alone."""
        return FeedHead(**{name: getattr(self, name) for name in FeedHead.__struct_fields__})
