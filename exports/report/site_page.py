"""A page of the report before it is rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from exports.format.manifest import ListedItem

_NEAR = 4  # Pages before and behind one that it links to, besides the first and the last.


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePage:
    """A page: its name below `data`, its template and heading, and what it shows.

    `section` is the first page of the part of the report that it belongs to; `siblings` are all pages of that part, of
    which it is number `at`, counted from 0. `pictures` yields the photos of which it shows a small copy.
    """

    name: str
    template: str
    title: str
    section: str
    values: Mapping[str, Any] = field(default_factory=dict)
    siblings: Sequence[str] = ()
    at: int = 0
    scripted: bool = False
    pictures: Callable[[], Iterable[ListedItem]] = tuple

    @property
    def steps(self) -> Iterator[int | None]:
        """The siblings that it links to, by their numbers: the first, the last, and those near it; None for a gap."""
        last, near = len(self.siblings) - 1, range(max(self.at - _NEAR, 0), self.at + _NEAR + 1)
        yield from [0] if near[0] > 0 else []
        yield from [None] if near[0] > 1 else []
        yield from (number for number in near if number <= last)
        yield from [None] if near[-1] < last - 1 else []
        yield from [last] if near[-1] < last else []
