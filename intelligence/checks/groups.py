"""Items that have something in common, found without holding them in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from exports.format.kept import Picked
from exports.format.lookup import Lookup, Places
from intelligence.checks.finding import NOT_CHECKED, CheckFinding
from intelligence.checks.material import CheckedItem

_NAMED = 20


def grouped(
    items: Sequence[CheckedItem], key: Callable[[CheckedItem], str], least: int = 2
) -> Iterator[tuple[str, Sequence[CheckedItem]]]:
    """Yield the items that have a key by it, where there are so many: key by key, in the order of their first items."""
    places, begun = Places(), Lookup[int, str](int)
    seen: Lookup[str, str] = Lookup(str)
    for number, item in enumerate(items):
        if said := key(item):
            places.add(said, number)
            if said not in seen:
                seen[said] = ""
                begun[number] = said
    for _, said in begun.pairs():
        if len(numbers := places.pop(said)) >= least:
            yield said, Picked(items, numbers)


def first_of_each(items: Sequence[CheckedItem], wanted: Callable[[CheckedItem], bool]) -> Iterator[int]:
    """Yield the numbers of the items that are wanted, one for each SHA-256."""
    seen: Lookup[str, str] = Lookup(str)
    for number, item in enumerate(items):
        if wanted(item) and item.sha256 not in seen:
            seen[item.sha256] = ""
            yield number


class UnreadItems:
    """Items of which something could not be checked: how many, of which kinds, and the first of them by name."""

    def __init__(self) -> None:
        self.count = 0
        self.kinds = set[str]()
        self._first = list[tuple[str, str]]()

    def add(self, item: CheckedItem, reason: str = "") -> None:
        """Add one, with the reason."""
        self.count += 1
        self.kinds.add("video" if item.film else "photo")
        if len(self._first) < _NAMED:
            self._first.append((item.ref, reason))

    def told(self, remark: str) -> Iterator[CheckFinding]:
        """Yield the finding that says so, where there are any."""
        if self.count:
            yield CheckFinding(NOT_CHECKED, remark, tuple(self._first))
