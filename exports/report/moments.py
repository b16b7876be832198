"""The times in a listing, for the timeline: what we recorded, and what posts, photos and pages claim, kept apart.

A claimed time is placed only where it says its zone. One without a zone or a day, or that could not be read, is listed
apart with the reason: no zone is ever assumed.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import chain
from typing import TYPE_CHECKING

from exports.format.kept import Picked, Spool
from exports.format.lookup import Lookup
from exports.format.manifest import ListedItem
from exports.format.moment import span

if TYPE_CHECKING:
    from exports.format.bundle_listing import BundleListing, CaptureListing

# Day, time and zone apart: only a time with all three can be placed beside others.
_ZONED = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)[0-9]* ?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
_NAIVE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?", re.ASCII)
# Facts that are times, with what each claims.
_FACTS = {
    "original time": "photo taken",
    "digitized time": "photo digitized",
    "modified time": "photo changed",
    "GPS time": "position fixed",
    "published": "published",
    "modified": "changed",
}
_RECKONED = "original time zone by GPS"
_UNREAD = "could not be read: "
_CUSTODY = {"handed-over": "handed over"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One time. `utc` is None where it cannot be placed, and `unclear` says why; `written` is as it was claimed."""

    utc: datetime | None
    what: str
    claimed: bool
    written: str = ""
    note: str = ""
    unclear: str = ""
    item: ListedItem | None = None
    exhibit: str = ""
    recorded: str = ""  # Beside a claim: when its item was captured.

    @property
    def day(self) -> str:
        """The day in UTC."""
        return self.utc.isoformat()[:10] if self.utc else ""

    @property
    def clock(self) -> str:
        """The time of day in UTC."""
        return self.utc.isoformat()[11:19] if self.utc else ""

    @property
    def stamp(self) -> str:
        """The moment to the minute in UTC, to be compared as text."""
        return self.utc.isoformat()[:16] if self.utc else ""


def moments(listing: BundleListing) -> tuple[Picked[Moment], Picked[Moment]]:
    """Return the times that can be placed, in order, and those that cannot."""
    kept: Spool[Moment] = Spool(Moment)
    placed, unplaced = Lookup[str, int](str), array("Q")
    for number, each in enumerate(chain.from_iterable(map(_of_capture, listing.captures))):
        place = kept.add(each)
        if each.utc is None:
            unplaced.append(place)
        else:
            ref = each.item.ref if each.item else ""
            placed["\0".join((each.utc.isoformat(), each.exhibit, ref, f"{number:012d}"))] = place
    return Picked(kept, array("Q", (place for _, place in placed.pairs()))), Picked(kept, unplaced)


def read_time(text: str) -> datetime | None:
    """Return a time that says its zone, in RFC 3339 or RFC 5322; None for any other text."""
    match = _ZONED.fullmatch(text.strip())
    try:
        if match is not None:
            zone = "+00:00" if match[3] == "Z" else match[3]
            return datetime.fromisoformat(f"{match[1]}T{match[2]}{zone}").astimezone(UTC)
        read = parsedate_to_datetime(text) if len(text) < 60 and "," in text else None  # noqa: PLR2004 - none is longer
        return read.astimezone(UTC) if read is not None and read.tzinfo is not None else None
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _of_capture(capture: CaptureListing) -> Iterator[Moment]:
    exhibit = capture.exhibit
    yield _recorded(capture.started.time, "capture began", exhibit)
    yield _recorded(capture.finished.time, "capture ended", exhibit)
    if capture.timestamp is not None:
        yield _recorded(
            capture.timestamp.token_time, "trusted time of the seal", exhibit, note=capture.timestamp.authority
        )
    silent = _Silent()
    for item in capture.items:
        claims = list(_claims(item, exhibit))
        yield from claims
        if not any(claim.utc for claim in claims):
            silent.add(item)
    yield from silent.told(exhibit)
    for change in capture.changed:
        yield _recorded(change.time, f"noticed: {change.change}", exhibit, note=change.id)
    for entry in capture.custody:
        what = _CUSTODY.get(entry.event, entry.event)
        if entry.event in {"seized", "sealed"}:
            continue  # the capture itself, which stands here already
        if entry.late:
            yield _claimed(entry.time, f"{what}, as its officer states", exhibit, note=entry.ref)
        yield _recorded(entry.recorded, f"{what}: recorded", exhibit, note=entry.ref)


class _Silent:
    """Items that claim no time that can be placed: they are many (segments, scripts), and told together."""

    def __init__(self) -> None:
        self._count = 0
        self._item: ListedItem | None = None
        self._times: list[tuple[datetime, str]] = []  # The first and the last.

    def add(self, item: ListedItem) -> None:
        """Take an item."""
        self._count += 1
        self._item = item
        if (utc := read_time(item.captured)) is not None:
            times = sorted([*self._times, (utc, item.captured)])
            self._times = [times[0], times[-1]]

    def told(self, exhibit: str) -> Iterator[Moment]:
        """Yield when they were captured: of several one row, with the last time."""
        if self._count == 1 and self._item is not None:
            yield _recorded(self._item.captured, "captured", exhibit, self._item)
        elif self._times:
            (_, first), (last, _) = self._times
            what = f"{self._count:,} items captured that claim no time which can be placed"
            yield _recorded(first, what, exhibit, note=f"until {last.isoformat()[11:19]}")


def _claims(item: ListedItem, exhibit: str) -> Iterator[Moment]:
    """Yield what an item claims; what it claims alike of one time, such as taken and digitized, as one."""
    post = item.post
    if post is not None:
        claims = [("posted", post.published), ("post edited", post.edited)]
        claims += [("earlier wording", edit.time) for edit in post.edits]
        yield from (_claimed(time, what, exhibit, item) for what, time in claims if time)
        return
    reckoned = next((str(fact.value) for fact in item.facts if fact.name == _RECKONED), "")
    # Cameras write the same time into three tags. One moment with three names is what the reader should see.
    alike: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for fact in item.facts:
        if fact.name in _FACTS:
            zone = reckoned if fact.name == "original time" else ""
            alike.setdefault((str(fact.value), zone), []).append((_FACTS[fact.name], fact.tag))
    for (time, zone), claimed in alike.items():
        what, tags = (", ".join(dict.fromkeys(each)) for each in zip(*claimed, strict=True))
        yield _claimed(time, what, exhibit, item, note=tags, reckoned=zone)


def _recorded(time: str, what: str, exhibit: str, item: ListedItem | None = None, note: str = "") -> Moment:
    utc = read_time(time)
    unclear = "" if utc else "not a time"
    return Moment(
        utc=utc, what=what, claimed=False, written=time, item=item, exhibit=exhibit, note=note, unclear=unclear
    )


def _claimed(
    time: str, what: str, exhibit: str, item: ListedItem | None = None, note: str = "", reckoned: str = ""
) -> Moment:
    # A zone is never assumed. One that follows from the photo's own GPS time is used, and the moment says so.
    utc = read_time(time)
    if utc is None and reckoned and (utc := read_time(time + reckoned)) is not None:
        note = f"{note}; names no zone: {reckoned} is reckoned from its GPS time"
    unclear = "" if utc else _why(time)
    return Moment(
        utc=utc,
        what=what,
        claimed=True,
        written=time,
        note=note,
        unclear=unclear,
        item=item,
        exhibit=exhibit,
        recorded=_captured_after(utc, item) if utc and item else "",
    )


def _captured_after(utc: datetime, item: ListedItem) -> str:
    """Say when an item was captured, and how long after the time that it claims."""
    captured = read_time(item.captured)
    if captured is None:
        return ""
    gap = (captured - utc).total_seconds()
    day = f"{captured.isoformat()[:10]} " if captured.date() != utc.date() else ""
    return f"captured {day}{captured.isoformat()[11:19]}, {span(gap)} {'later' if gap >= 0 else 'before it'}"


def _why(time: str) -> str:
    """Say why a claimed time cannot be placed."""
    if time.startswith(_UNREAD):
        return time
    if time.endswith("day not stated"):
        return "no day stated"
    return "no zone stated" if _NAIVE.fullmatch(time.strip()) else "not in a form that is read here"
