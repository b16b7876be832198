"""Places that do not fit together, and where the sun stood at a claimed place and time."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from capture.photo import names
from exports.report.words import counted
from intelligence.checks.finding import PLACE, SUN, CheckFinding
from intelligence.checks.material import CheckedItem
from intelligence.checks.sun import sun_position
from intelligence.checks.times import ClaimedMoment, shown_by_posts

# Decimal degrees, with or without the scheme of RFC 5870 (geo:).
_PAIR = re.compile(r"\s*(?:geo:)?(-?[0-9]{1,3}(?:\.[0-9]+)?)\s*[,; ]\s*(-?[0-9]{1,3}(?:\.[0-9]+)?)\b")
_EARTH = 6371.0  # Kilometres of the mean radius.
_FAR = 2.0  # Kilometres that a position may be off.
_NAMED = 50
_LARGEST_SLACK = timedelta(minutes=15)  # Within it the sun moves less than four degrees.

Place = tuple[float, float]


def place_findings(items: Sequence[CheckedItem]) -> Iterator[CheckFinding]:
    """Yield where a post and what it shows are apart, and where the sun stood by an item's own place and time."""
    for post, shown in shown_by_posts(items):
        if (measured := _gps(shown)) is not None:
            yield from _apart(post, shown, measured)
    count, told = 0, list[tuple[str, str]]()
    for item in items:
        if said := _sun(item):
            count += 1
            told += [(item.ref, said)] if count <= _NAMED else []
    if told:
        yield CheckFinding(SUN, f"{counted(count, 'item')} with a place and a time that is known", tuple(told))


def _apart(post: CheckedItem, shown: CheckedItem, measured: Place) -> Iterator[CheckFinding]:
    """Compare where a post says that it was with where its photo says so."""
    words = post.post.location if post.post is not None else ""
    claimed = _claimed(post)
    rests = ((post.ref, f"says {words or claimed}"), (shown.ref, f"GPS {measured[0]}, {measured[1]}"))
    if claimed is None:
        if words:
            said = (
                f"{post.ref} says that it was at {words!r}; {shown.ref}, which it shows, states a position of its own"
            )
            yield CheckFinding(PLACE, said, rests)
    elif (far := _kilometres(claimed, measured)) > _FAR:
        yield CheckFinding(PLACE, f"{shown.ref} was taken {far:,.0f} km from where {post.ref} says that it was", rests)


def _sun(item: CheckedItem) -> str:
    """Return where the sun stood by an item's own claims; "" where place or time are not known well enough."""
    facts, place = item.facts, _gps(item) or _claimed(item)
    # The best known time first. Without a zone the sun may be anywhere, and nothing is said.
    zone = facts.get(names.ORIGINAL_TIME + names.ZONE, "") or facts.get(names.ORIGINAL_ZONE_BY_GPS, "")
    told = (
        ("GPS time", ClaimedMoment(facts.get(names.GPS_TIME, ""))),
        ("EXIF original time", ClaimedMoment(facts.get(names.ORIGINAL_TIME, ""), zone)),
        ("claimed time", ClaimedMoment(item.claimed)),
    )
    for name, moment in told:
        if place is not None and moment.known is not None and moment.slack <= _LARGEST_SLACK:
            found = sun_position(moment.known, *place)
            where = f"{place[0]:.4f}, {place[1]:.4f}"
            return f"at {where} and {name} {_utc(moment.known)} {found}" if found is not None else ""
    return ""


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _gps(item: CheckedItem) -> Place | None:
    return _place(item.facts.get(names.GPS_LATITUDE, ""), item.facts.get(names.GPS_LONGITUDE, ""))


def _claimed(item: CheckedItem) -> Place | None:
    """Return the coordinates that a page or post claims; None where it has none, or words alone."""
    pair = _PAIR.match(item.post.location) if item.post is not None else None
    if pair is not None:
        return _place(pair[1], pair[2])
    return _place(item.facts.get("latitude", ""), item.facts.get("longitude", ""))


def _place(latitude: str, longitude: str) -> Place | None:
    try:
        north, east = float(latitude), float(longitude)
    except ValueError:
        return None
    return (north, east) if abs(north) <= 90 and abs(east) <= 180 else None  # noqa: PLR2004 - degrees


def _kilometres(one: Place, other: Place) -> float:
    """Return the distance along a great circle (haversine)."""
    north, east = (math.radians(there - here) for here, there in zip(one, other, strict=True))
    wide = math.cos(math.radians(one[0])) * math.cos(math.radians(other[0])) * math.sin(east / 2) ** 2
    return 2 * _EARTH * math.asin(math.sqrt(min(math.sin(north / 2) ** 2 + wide, 1.0)))
