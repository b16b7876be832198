"""What a page claims about itself: title, author, times and the like, each with the place that says it."""

from __future__ import annotations

from enum import IntEnum
from typing import Self

import msgspec

from capture.page.times import parse_time

MOST = 200  # Claims, and times, of one page; a long discussion has a <time> for every post.

_LONGEST_TIME = 200
_LONGEST = {"description": 5000}
_LONGEST_OTHER = 1000
# Characters of a value that are tidied: blanks between its words may be many.
_LOOKED_AT = 20_000

_ORDER = ("title", "author", "description", "site name", "publisher", "language", "canonical address")


class Trust(IntEnum):
    """Places in order of trust, best first: the more a place is meant for machines, the better."""

    JSON_LD = 0
    OPEN_GRAPH = 1
    META = 2
    MARKUP = 3
    TITLE = 4


class Claim(msgspec.Struct, frozen=True):
    """One thing that the page says of itself; `tag` is where, such as "JSON-LD headline" or "og:title"."""

    name: str
    value: str
    tag: str


class TimeClaim(msgspec.Struct, frozen=True):
    """One time that the page gives: as written, and in ISO 8601 where it can be read.

    Without `has_zone` no zone is written, and nobody can say from the page alone which one is meant.
    """

    name: str
    written: str
    iso: str | None
    has_zone: bool
    tag: str

    @classmethod
    def of(cls, name: str, written: str, tag: str) -> Self:
        """Read a time."""
        parsed = parse_time(written)
        return cls(name, written, parsed.iso, parsed.has_zone, tag)


class Claims:
    """Collects what a page claims, each thing once for each place that says it, up to a bound."""

    def __init__(self) -> None:
        self._claims: dict[Claim, Trust] = {}
        self._times: dict[TimeClaim, Trust] = {}
        self._more = {"claims": 0, "times": 0}

    def add(self, name: str, value: str, tag: str, trust: Trust) -> None:
        """Take a claim, its white space tidied; an empty one claims nothing."""
        value = cut(" ".join(sound(value[:_LOOKED_AT]).split()), _LONGEST.get(name, _LONGEST_OTHER))
        claim = Claim(name, value, tag)
        if value and claim not in self._claims:
            if len(self._claims) < MOST:
                self._claims[claim] = trust
            else:
                self._more["claims"] += 1

    def add_time(self, name: str, written: str, tag: str, trust: Trust) -> None:
        """Take a time, exactly as it is written."""
        written = cut(sound(written[:_LOOKED_AT]), _LONGEST_TIME)
        if not written.strip():
            return
        time = TimeClaim.of(name, written, tag)
        if time not in self._times:
            if len(self._times) < MOST:
                self._times[time] = trust
            else:
                self._more["times"] += 1

    def claims(self) -> tuple[Claim, ...]:
        """Return the claims of each name together, best place first."""
        return tuple(sorted(self._claims, key=lambda claim: (_ORDER.index(claim.name), self._claims[claim])))

    def times(self) -> tuple[TimeClaim, ...]:
        """Return the times, best place first."""
        return tuple(sorted(self._times, key=self._times.__getitem__))

    def notes(self) -> list[str]:
        """Say what was left out."""
        return [f"{count:,} further {what} are not listed" for what, count in self._more.items() if count]


def sound(text: str) -> str:
    """Replace lone surrogates, which JSON can smuggle in and no file or ledger can hold."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def cut(text: str, longest: int) -> str:
    """Bound a text, with a mark where it was cut."""
    return text if len(text) <= longest else f"{text[:longest]}… (cut here)"
