"""A manifest in numbers, for the head of the report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exports.format.manifest import Manifest


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


def summary(manifest: Manifest) -> Summary:
    """Count what a manifest lists."""
    items = [item for capture in manifest.captures for item in capture.items]
    return Summary(
        items=len(items),
        bytes=sum(item.size for item in items),
        failed=sum(len(capture.failed) for capture in manifest.captures),
        skipped=sum(each.count for capture in manifest.captures for each in capture.skipped),
        kinds=tuple(Counter(item.kind for item in items).most_common()),
        sources=tuple(Counter(item.source for item in items if item.source).most_common()),
        began=min((capture.started for capture in manifest.captures), default=""),
        ended=max((capture.finished for capture in manifest.captures), default=""),
    )
