"""Exhibit references: `MP/1` for an exhibit, `MP/1-0003` for one of its items; and whether a case has them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hashing.case.capture_folder import capture_events
from hashing.case.case import CAPTURES, Case
from hashing.case.events import CaptureRegistered, Item
from hashing.errors import NoSuchExhibit
from hashing.files.as_typed import as_typed

# From the right: an exhibit's initials may hold a hyphen.
_ITEM = re.compile(r"(.+/[0-9]{1,18})-[0-9]{1,18}", re.ASCII | re.DOTALL)
_SHOWN = 8  # Exhibits that a hint lists; of more it names the first and the last.


def exhibit_of(ref: str) -> str:
    """Return the exhibit's reference from that of an item; any other reference is the exhibit's own."""
    match = _ITEM.fullmatch(ref)
    return match[1] if match else ref


def demand_known(case: Case, refs: Sequence[str]) -> dict[str, str]:
    """Check that the case has each of these exhibits and items; return when each exhibit's capture began.

    Raises NoSuchExhibit, Unreadable, BadFormat.

    References are given once and never taken back, so what is there now is there when it is recorded.
    """
    registered = {event.exhibit: event for event in case.events() if isinstance(event, CaptureRegistered)}
    items: dict[str, set[str]] = {}
    for ref in refs:
        exhibit = exhibit_of(ref)
        if exhibit not in registered:
            known = list(registered) or ["no exhibits"]
            if len(known) > _SHOWN:
                known = [*known[:2], "…", f"{known[-1]}: {len(known):,} in all"]
            raise NoSuchExhibit(f"{case.path}: no exhibit {exhibit}", hint=f"the case holds {', '.join(known)}")
        # A capture's ledger is read only for items, and once: it may have a hundred thousand lines.
        if ref != exhibit and exhibit not in items:
            folder = case.path / CAPTURES / registered[exhibit].capture
            items[exhibit] = {event.ref for event in capture_events(folder) if isinstance(event, Item)}
        if ref != exhibit and ref not in items[exhibit]:
            raise NoSuchExhibit(
                f"{case.path}: {exhibit} has no item {ref}",
                hint=f"see its items with: goldenhour show {as_typed(case.path)} {exhibit}",
            )
    return {exhibit_of(ref): registered[exhibit_of(ref)].began for ref in refs}
