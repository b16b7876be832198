"""Times that do not fit together: what a file claims, what its post claims, and when it was there to be captured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from capture.photo import names
from exports.format.lookup import Lookup
from intelligence.checks.finding import TIME, CheckFinding
from intelligence.checks.material import CheckedItem

_FORM = re.compile(
    r"([0-9]{4})[-:]([0-9]{2})[-:]([0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?(?:\.[0-9]+)?"
    r"\s*(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
# A time without a zone may be so far from UTC: 14 hours, and one for a clock that was not put forward.
_UNZONED = timedelta(hours=15)
# How far a camera's clock may be wrong before it counts as a contradiction.
_ZONED = timedelta(minutes=10)
# Programs on phones write the file some seconds or minutes after the shutter.
_EDITED = timedelta(hours=1)


class ClaimedMoment:
    """A time that was claimed, with how far it may be off because its zone is not known."""

    def __init__(self, text: str, zone: str = "") -> None:
        match = _FORM.match(text)
        self.known: datetime | None = None
        self.text = text
        self.slack = _UNZONED
        if match is None:
            return
        try:
            numbers = [int(part or 0) for part in match.groups()[:6]]
            plain = datetime(*numbers[:6], tzinfo=UTC)  # type: ignore[misc, arg-type]  # six numbers
        except ValueError:
            return
        offset = match[7] or (zone if re.fullmatch(r"Z|[+-][0-9]{2}:?[0-9]{2}", zone) else "")
        if offset:
            self.slack = _ZONED
            if offset != "Z":
                sign = -1 if offset[0] == "-" else 1
                plain -= sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
        self.known = plain


def time_claimed(item: CheckedItem) -> str:
    """Return the earliest time that an item claims for itself, in words; "" where it claims none."""
    found = [(moment.known, f"{name} {moment.text}") for name, moment in _moments(item).items() if moment.known]
    return min(found)[1] if found else ""


def claimed_first(item: CheckedItem) -> tuple[bool, datetime, str]:
    """Order items by the earliest time that each claims; those that claim none stand behind, as they were captured."""
    known = [moment.known for moment in _moments(item).values() if moment.known]
    return not known, min(known, default=datetime.max.replace(tzinfo=UTC)), item.captured


def _moments(item: CheckedItem) -> dict[str, ClaimedMoment]:
    """Return the times of an item's own making: as its post or page claims, and as its EXIF data do."""
    original = item.facts.get(names.ORIGINAL_TIME, "")
    zone = item.facts.get(names.ORIGINAL_TIME + names.ZONE, "")
    told = {"claimed": ClaimedMoment(item.claimed), "EXIF original time": ClaimedMoment(original, zone)}
    return {name: moment for name, moment in told.items() if moment.known is not None}


def time_findings(items: Sequence[CheckedItem]) -> Iterator[CheckFinding]:
    """Yield each pair of times that cannot both be right, or of which one tells something of the other."""
    first: Lookup[str, str] = Lookup(str)
    for item in items:
        # The first capture of the same bytes bounds the time of all of them.
        captured, _, _ = first.get(item.sha256, "").partition("\0")
        if not captured or item.captured < captured:
            first[item.sha256] = f"{item.captured}\0{item.ref}"
    for item in items:
        captured, _, ref = first[item.sha256].partition("\0")
        yield from _of_one(item, *((captured, ref) if item.size else (item.captured, item.ref)))
    for post, shown in shown_by_posts(items):
        yield from _shown_by(post, shown)


def shown_by_posts(items: Sequence[CheckedItem]) -> Iterator[tuple[CheckedItem, CheckedItem]]:
    """Yield each post with each item that it shows."""
    by_url: Lookup[str, int] = Lookup(str)
    if not any(item.post is not None and item.post.media for item in items):
        return
    for number, item in enumerate(items):
        by_url.setdefault(item.url, number)
    for item in items:
        for media in item.post.media if item.post is not None else ():
            named = [url for url in (media.url, media.origin) if url and url in by_url]
            if named:
                yield item, items[by_url[named[0]]]


def _of_one(item: CheckedItem, captured: str, ref: str) -> Iterator[CheckFinding]:
    """Compare an item's times with when it was there; `captured` and `ref` are of the first item of the same bytes."""
    # A file cannot have been made after somebody had it: after we captured these bytes, or after its server gave them
    # out. The first is said if both hold, since it rests on our own clock.
    served = ClaimedMoment(served_at(item.server_date))
    for name, moment in _moments(item).items():
        claim = f"{item.ref}: {name} {moment.text} is"
        if gap := _after(moment, ClaimedMoment(captured)):
            what = "it" if ref == item.ref else f"{ref}, which has the same bytes,"
            rests = {item.ref: f"captured {item.captured}", ref: f"captured {captured}"}
            yield CheckFinding(TIME, f"{claim} {gap} after {what} was captured", tuple(rests.items()))
        elif gap := _after(moment, served):
            rests = {item.ref: f"served {served.text}, captured {item.captured}"}
            yield CheckFinding(
                TIME, f"{claim} {gap} after its server's clock when it gave it out", tuple(rests.items())
            )
    facts: Mapping[str, str] = item.facts
    original = ClaimedMoment(facts.get(names.ORIGINAL_TIME, ""), facts.get(names.ORIGINAL_TIME + names.ZONE, ""))
    modified = ClaimedMoment(facts.get(names.MODIFIED_TIME, ""), facts.get(names.MODIFIED_TIME + names.ZONE, ""))
    if original.known and modified.known and modified.known - original.known > _EDITED:
        gap = _words(modified.known - original.known)
        claim = f"{item.ref}: modified {gap} after it was taken, by its own EXIF data"
        yield CheckFinding(TIME, claim, ((item.ref, f"original {original.text}, modified {modified.text}"),))


def served_at(server_date: str) -> str:
    """Return what a Date header says in the form of other times; "" where there is none, or none that can be read."""
    try:
        moment = parsedate_to_datetime(server_date) if server_date else None
        # One without a zone, or with "-0000", is in UTC (RFC 9110 section 5.6.7), and not in this computer's zone.
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC).isoformat() if moment else ""
    except (ValueError, OverflowError):
        return ""


def _shown_by(post: CheckedItem, shown: CheckedItem) -> Iterator[CheckFinding]:
    """Compare when a photo claims to have been taken with when its post claims to have been published."""
    published = ClaimedMoment(post.claimed)
    # After the post is impossible; more than a day before it is worth a look, and common.
    original = _moments(shown).get("EXIF original time")
    if original is None or published.known is None or original.known is None:
        return
    rests = ((post.ref, f"claimed {published.text}"), (shown.ref, f"EXIF original time {original.text}"))
    if gap := _after(original, published):
        yield CheckFinding(TIME, f"{shown.ref} claims to have been taken {gap} after {post.ref} published it", rests)
    elif (early := published.known - original.known) > timedelta(days=1) + original.slack + published.slack:
        yield CheckFinding(TIME, f"{shown.ref} claims to have been taken {_words(early)} before {post.ref}", rests)


def _after(later: ClaimedMoment, earlier: ClaimedMoment) -> str:
    """Return by how much one time is after another beyond doubt; "" where it is not."""
    if later.known is None or earlier.known is None:
        return ""
    gap = later.known - earlier.known
    return _words(gap) if gap > later.slack + earlier.slack else ""


def _words(gap: timedelta) -> str:
    hours = gap.total_seconds() / 3600
    return f"{hours:,.0f} hours" if hours < 48 else f"{gap.days:,} days"  # noqa: PLR2004 - two days
