"""A manifest in numbers, for the head of the report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exports.format.bundle_listing import BundleListing


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How much there is: items and their bytes, by kind and source, and what was not got."""

    items: int
    bytes: int
    failed: int
    skipped: int
    kinds: tuple[tuple[str, int], ...]
    sources: tuple[tuple[str, int], ...]
    began: str
    ended: str


def summary(listing: BundleListing) -> Summary:
    """Count what a manifest lists."""
    items = [item for capture in listing.captures for item in capture.items]
    return Summary(
        items=len(items),
        bytes=sum(item.size for item in items),
        failed=sum(len(capture.failed) for capture in listing.captures),
        skipped=sum(each.count for capture in listing.captures for each in capture.skipped),
        kinds=tuple(Counter(item.kind for item in items).most_common()),
        sources=tuple(Counter(item.source for item in items if item.source).most_common()),
        began=min((capture.started.time for capture in listing.captures), default=""),
        ended=max((capture.finished.time for capture in listing.captures), default=""),
    )
