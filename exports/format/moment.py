"""A ledger's time as people read it, and the time between two."""

from __future__ import annotations

import re
from datetime import datetime

_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?Z", re.ASCII)
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def second(time: str) -> str:
    """Write a time such as `2026-11-24 10:15:02 UTC`; one that is not of a ledger's form stays as it is."""
    match = _TIME.fullmatch(time)
    return f"{match[1]} {match[2]} UTC" if match else time


def seconds_between(earlier: str, later: str) -> float | None:
    """Return the seconds from one time of a ledger to another; None where one of them is no such time."""
    if not (_TIME.fullmatch(earlier) and _TIME.fullmatch(later)):
        return None
    try:
        return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
    except ValueError:
        return None


def span(seconds: float) -> str:
    """Write a span in its two largest units, such as `3 h 2 min`; what is shorter than a second is `less than 1 s`."""
    left = int(abs(seconds))
    said = []
    for size, unit in _UNITS:
        if left >= size:
            said.append(f"{left // size:,} {unit}")
            left %= size
        elif said:
            break
    return " ".join(said[:2]) or "less than 1 s"


def recorded_after(done: str, recorded: str) -> str:
    """Say when something was recorded that was done before: `recorded 3 s later`; after a minute, with the time."""
    gap = seconds_between(done, recorded)
    if gap is None or gap < 0:
        return f"recorded {second(recorded)}"
    return f"recorded {span(gap)} later" + (f", {second(recorded)}" if gap >= 60 else "")  # noqa: PLR2004 - a minute


def timestamped_after(late: float) -> str:
    """Say how the time of an authority stands to that of the seal which it confirms, by the officer's clock.

    A token names the seal's hash, so it was made after the seal: where its time is an earlier one, two clocks differ.
    Authorities state whole seconds as a rule.
    """
    if late >= 1:
        return f"{span(late)} after the seal by the officer's clock"
    if late > -1:
        return "within a second of the seal by the officer's clock"
    return f"made after the seal, which it names; the authority's clock reads {span(late)} less than the officer's"
