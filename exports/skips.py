"""Why something was not fetched: the reason, and the item that has it already."""

from __future__ import annotations

import re

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
