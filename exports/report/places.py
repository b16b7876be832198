"""Where photos claim to have been taken: the positions in a listing, gathered into regions that a map can show."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exports.format.manifest import ListedItem

if TYPE_CHECKING:
    from exports.format.bundle_listing import BundleListing

_LATITUDE = ("GPS latitude", "latitude")
_LONGITUDE = ("GPS longitude", "longitude")
_ERROR = "GPS horizontal error"
_CELL = 0.5  # Degrees: what lies in neighbouring cells of this size is one region.


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPlace:
    """A position in degrees (WGS 84, as far as the photo says), signed; `error` in metres as stated, or ""."""

    ref: str  # The item's.
    latitude: float
    longitude: float
    error: str
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """A position that is claimed and cannot be drawn, and why."""

    ref: str  # The item's.
    said: str


def places(listing: BundleListing) -> tuple[list[MapPlace], list[Unplaced]]:
    """Return the positions that items claim, and the claims that are no positions."""
    placed: list[MapPlace] = []
    unplaced: list[Unplaced] = []
    for capture in listing.captures:
        for item in capture.items:
            found = _place(item)
            if isinstance(found, MapPlace):
                placed.append(found)
            elif found is not None:
                unplaced.append(found)
    return placed, unplaced


def regions(placed: Sequence[MapPlace]) -> list[list[MapPlace]]:
    """Gather positions that lie near each other; the region with the most comes first."""
    # A grid, and cells that touch joined by flooding: time grows with the number of places, not with its square, for a
    # case of others may hold a hundred thousand.
    cells: dict[tuple[int, int], list[MapPlace]] = {}
    for place in placed:
        cell = (math.floor(place.latitude / _CELL), math.floor(place.longitude / _CELL))
        cells.setdefault(cell, []).append(place)
    found: list[list[MapPlace]] = []
    waiting = set(cells)
    for first in cells:
        if first not in waiting:
            continue
        waiting.discard(first)
        region, edge = [], [first]
        while edge:
            cell = edge.pop()
            region += cells[cell]
            near = [each for each in _around(cell) if each in waiting]
            waiting.difference_update(near)
            edge += near
        found.append(region)
    return sorted(found, key=len, reverse=True)


def _around(cell: tuple[int, int]) -> Iterator[tuple[int, int]]:
    round_the_world = round(360 / _CELL)
    half = round_the_world // 2
    for up in (-1, 0, 1):
        for along in (-1, 0, 1):
            yield cell[0] + up, (cell[1] + along + half) % round_the_world - half


def _place(item: ListedItem) -> MapPlace | Unplaced | None:
    # Backwards: of two facts with one name the first counts.
    facts = {fact.name: fact for fact in reversed(item.facts)}
    latitude = next((facts[name] for name in _LATITUDE if name in facts), None)
    longitude = next((facts[name] for name in _LONGITUDE if name in facts), None)
    if latitude is None and longitude is None:
        return None
    # Half a claim, or one that is no position on Earth, is said beside the map: left out it would look as if none were
    # made.
    if latitude is None or longitude is None:
        only = latitude or longitude
        return Unplaced(ref=item.ref, said=f"{only.name} {only.value}, and no other half" if only else "")
    north, east = _degrees(latitude.value, 90), _degrees(longitude.value, 180)
    if north is None or east is None:
        return Unplaced(ref=item.ref, said=f"{latitude.value}; {longitude.value}")
    error = str(facts[_ERROR].value) if _ERROR in facts else ""
    return MapPlace(ref=item.ref, latitude=north, longitude=east, error=error, tag=latitude.tag)


def _degrees(value: str | float | bool, most: int) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        degrees = float(value)
    except OverflowError:
        return None
    return degrees if abs(degrees) <= most else None  # not a number is no less than anything
