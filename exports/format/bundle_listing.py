"""What a bundle lists, in memory: for what shows it whole, such as the report, or a capture at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

import msgspec

from exports.format.capture_view import reading_order
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

    items: tuple[ListedItem, ...] = ()
    """In the order of their references."""
    failed: tuple[ListedFailure, ...] = ()
    skipped: tuple[ListedSkip, ...] = ()
    changed: tuple[ListedChange, ...] = ()
    verdicts: tuple[ListedVerdict, ...] = ()
    renderings: tuple[ListedRendering, ...] = ()
    """Pages that were shown in a browser."""
    rendered: dict[int, ListedOutcome] = msgspec.field(default_factory=dict)
    """How each of these renderings went, by its number; of one that its process did not live to tell, nothing."""
    recovered: tuple[ListedRecovery, ...] = ()
    custody: tuple[CustodyRecord, ...] = ()
    """The log of its exhibit, until the bundle was made."""
    holders: dict[str, str] = msgspec.field(default_factory=dict)
    """The reference of the first item of each address that is no error page."""

    def holder(self, media: PostMedia) -> str:
        """Return the reference of the item that holds what a post shows; "" where it was not captured."""
        return self.holders.get(media.url) or self.holders.get(media.origin, "")


class BundleListing(msgspec.Struct, frozen=True, kw_only=True):
    """All that a bundle lists."""

    case: CaseRecord
    exported: ExportRecord
    disclosure: DisclosureRecord | None = None
    captures: tuple[CaptureListing, ...]
    findings: tuple[FoundFact, ...] = ()
    """What the last recorded run of the check found over items that are here."""

    @property
    def items(self) -> Iterator[ListedItem]:
        """The items of all captures."""
        return (item for capture in self.captures for item in capture.items)


def listings(
    heads: Iterable[CaptureRecord], entries: Iterator[Listed], logs: Mapping[str, tuple[CustodyRecord, ...]]
) -> Iterator[CaptureListing]:
    """Yield each capture with its entries, which come one behind another, and the log of its exhibit."""
    for head in heads:
        yield capture_listing(head, islice(entries, head.lines), logs.get(head.exhibit, ()))


def capture_listing(
    head: CaptureRecord, entries: Iterable[Listed], custody: tuple[CustodyRecord, ...]
) -> CaptureListing:
    """Return a capture with its entries and the log of its exhibit."""
    items: list[ListedItem] = []
    failed: list[ListedFailure] = []
    skipped: list[ListedSkip] = []
    changed: list[ListedChange] = []
    verdicts: list[ListedVerdict] = []
    renderings: list[ListedRendering] = []
    rendered: dict[int, ListedOutcome] = {}
    recovered: list[ListedRecovery] = []
    for entry in entries:
        match entry:
            case ListedItem():
                items.append(entry)
            case ListedFailure():
                failed.append(entry)
            case ListedSkip():
                skipped.append(entry)
            case ListedChange():
                changed.append(entry)
            case ListedVerdict():
                verdicts.append(entry)
            case ListedRendering():
                renderings.append(entry)
            case ListedOutcome():
                rendered[entry.rendering] = entry
            case ListedRecovery():
                recovered.append(entry)
    # The ledger has items in the order in which they arrived, which two runs do not share; people read them by
    # reference.
    items.sort(key=lambda item: reading_order(item.ref))
    return CaptureListing(
        **{name: getattr(head, name) for name in head.__struct_fields__},
        items=tuple(items),
        failed=tuple(failed),
        skipped=tuple(skipped),
        changed=tuple(changed),
        verdicts=tuple(verdicts),
        renderings=tuple(renderings),
        rendered=rendered,
        recovered=tuple(recovered),
        custody=custody,
        # Backwards, so that the first item of an address is the one that a post's media lead to.
        holders={item.url: item.ref for item in reversed(items) if not item.error_page},
    )
