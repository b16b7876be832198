"""What a bundle lists, to be gone through in any order: for what shows it whole, such as the report.

In memory are the heads of the captures, and some bytes for each entry (`kept.py`, `lookup.py`).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from exports.format.capture_view import sortable
from exports.format.kept import Chained, Picked, Spool
from exports.format.lookup import Lookup, Section
from exports.format.manifest import (
    CaptureRecord,
    CaseRecord,
    CustodyRecord,
    DisclosureRecord,
    ExportRecord,
    Listed,
    ListedChange,
    ListedFailure,
    ListedItem,
    ListedOutcome,
    ListedRecovery,
    ListedRendering,
    ListedSkip,
    ListedVerdict,
)
from hashing.case.events import FoundFact
from hashing.case.post import PostMedia


class CaptureListing(CaptureRecord, frozen=True, kw_only=True):
    """One capture with all that is listed of it."""

    items: Sequence[ListedItem] = ()  # In the order of their references.
    failed: Sequence[ListedFailure] = ()
    skipped: Sequence[ListedSkip] = ()
    changed: Sequence[ListedChange] = ()
    verdicts: Sequence[ListedVerdict] = ()
    renderings: Sequence[ListedRendering] = ()  # Pages that were shown in a browser.
    # How each of these went; of one that its process did not live to tell, nothing.
    outcomes: Sequence[ListedOutcome] = ()
    recovered: Sequence[ListedRecovery] = ()
    custody: tuple[CustodyRecord, ...] = ()  # The log of its exhibit, until the bundle was made.
    # The reference of the first item of each address that is no error page.
    holders: Mapping[str, str] = msgspec.field(default_factory=dict)

    def holder(self, media: PostMedia) -> str:
        """Return the reference of the item that holds what a post shows; "" where it was not captured."""
        return self.holders.get(media.url) or self.holders.get(media.origin, "")

    def item(self, ref: str) -> ListedItem | None:
        """Return the item of a reference; None where the capture has none."""
        place = bisect_left(self.items, sortable(ref), key=lambda item: sortable(item.ref))
        found = self.items[place] if place < len(self.items) else None
        return found if found is not None and found.ref == ref else None

    def rendered(self) -> Iterator[tuple[ListedRendering, ListedOutcome | None]]:
        """Yield each page that was shown in a browser, and how that went."""
        numbers = {outcome.rendering: number for number, outcome in enumerate(self.outcomes)}
        for rendering in self.renderings:
            number = numbers.get(rendering.rendering)
            yield rendering, self.outcomes[number] if number is not None else None


class BundleListing(msgspec.Struct, frozen=True, kw_only=True):
    """All that a bundle lists."""

    case: CaseRecord
    exported: ExportRecord
    disclosure: DisclosureRecord | None = None
    captures: tuple[CaptureListing, ...]
    findings: tuple[FoundFact, ...] = ()  # What the last recorded run of the check found over items that are here.

    @property
    def items(self) -> Chained[ListedItem]:
        """The items of all captures."""
        return Chained([capture.items for capture in self.captures])


# Where each kind of entry stands in a `CaptureListing`.
_KINDS: dict[type[Listed], str] = {
    ListedItem: "items",
    ListedFailure: "failed",
    ListedSkip: "skipped",
    ListedChange: "changed",
    ListedVerdict: "verdicts",
    ListedRendering: "renderings",
    ListedOutcome: "outcomes",
    ListedRecovery: "recovered",
}


class ListingKeeper:
    """Keeps the entries of captures, outside of memory where they are many."""

    def __init__(self) -> None:
        self._entries: Spool[Any] = Spool(Listed)
        self._holders: Lookup[str, str] = Lookup(str)
        self._captures = 0

    def capture(
        self, head: CaptureRecord, entries: Iterable[Listed], custody: tuple[CustodyRecord, ...]
    ) -> CaptureListing:
        """Return a capture with its entries and the log of its exhibit."""
        self._captures += 1
        places: dict[str, array[int]] = {name: array("Q") for name in _KINDS.values()}
        order, holders = Lookup[str, int](str), Section(self._holders, f"{self._captures} ")
        for number, entry in enumerate(entries):
            place = self._entries.add(entry)
            if not isinstance(entry, ListedItem):
                places[_KINDS[type(entry)]].append(place)
                continue
            key = sortable(entry.ref)
            order[f"{key}\0{number:012d}"] = place
            if not entry.error_page:
                # The first item of an address is the one that a post's media lead to.
                before = holders.get(entry.url)
                if before is None or key < sortable(before):
                    holders[entry.url] = entry.ref
        # The ledger has items in the order in which they arrived, which two runs do not share; people read them by
        # reference.
        places["items"].extend(place for _, place in order.pairs())
        said: dict[str, Any] = {name: getattr(head, name) for name in head.__struct_fields__}
        said |= {name: Picked(self._entries, of) for name, of in places.items() if of}
        return CaptureListing(**said, custody=custody, holders=holders)


def listings(
    heads: Iterable[CaptureRecord],
    entries: Iterator[Listed],
    logs: Mapping[str, tuple[CustodyRecord, ...]],
    keeper: Callable[[], ListingKeeper],
) -> Iterator[CaptureListing]:
    """Yield each capture with its entries, which come one behind another, and the log of its exhibit.

    `keeper` returns what keeps a capture: one for all, or one for each, whose entries go with it.
    """
    for head in heads:
        yield keeper().capture(head, islice(entries, head.lines), logs.get(head.exhibit, ()))
