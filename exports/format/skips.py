"""Why something was not fetched: the reason, and the item that has it already."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashing.case.events import Skipped

_ITEM = re.compile(r", as ([^ ]+-[0-9]+)$")


def reason_alike(reason: str) -> str:
    """Return a reason without the item that it ends with: `photo: captured before, as MP/1-0005` fits every photo.

    Each round of a watch says so of every post and photo that it meets again.
    """
    return _ITEM.sub("", reason)


def item_named(reason: str) -> str:
    """Return the reference of the item that a reason ends with; "" where it names none."""
    match = _ITEM.search(reason)
    return match[1] if match else ""


@dataclass(frozen=True, slots=True)
class Skips:
    """What was skipped for one reason, and the first address of it."""

    reason: str
    url: str
    count: int


def skips_together(skipped: Iterable[Skipped]) -> list[Skips]:
    """Put those on one line that were captured before; what else was skipped stands by itself."""
    rows: dict[tuple[str, str], Skips] = {}
    for each in skipped:
        reason = reason_alike(each.reason)
        key = (reason, "" if reason != each.reason else each.url)
        before = rows.get(key, Skips(reason, each.url, 0))
        rows[key] = Skips(reason, before.url, before.count + each.count)
    return list(rows.values())
