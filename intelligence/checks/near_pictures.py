"""Photos and videos that show the same picture: near hashes over the whole case, the earliest copy first."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from heapq import nsmallest

from exports.format.lookup import Lookup
from exports.report.words import counted
from intelligence.checks.finding import SAME_PICTURE, CheckFinding
from intelligence.checks.groups import grouped
from intelligence.checks.material import CheckedItem
from intelligence.checks.picture_hash import BITS, NEAR, distance
from intelligence.checks.shown_pictures import ShownFile, ShownPicture, ShownPictures
from intelligence.checks.times import claimed_first, time_claimed

# Bits; why so many, `near_pairs` says.
_BAND = 16
_BANDS, _MASK = BITS // _BAND, (1 << _BAND) - 1
_FLIPS = (0, *(1 << bit for bit in range(_BAND)))
_CROWD = 200


def near_pictures(items: Sequence[CheckedItem], shown: ShownPictures) -> Iterator[CheckFinding]:
    """Yield each group of photos and videos that show nearly the same, by what they show."""
    files: Lookup[str, int] = Lookup(str)
    files.update((file.sha256, number) for number, file in enumerate(shown.files))
    leaders = _leaders(shown.files)

    def _group(item: CheckedItem) -> str:
        number = files.get(item.sha256, -1)
        return str(leaders[number]) if number >= 0 else ""

    for _, group in grouped(items, _group):
        if any(item.sha256 != group[0].sha256 for item in group):
            yield _finding(group, lambda item: shown.files[files[item.sha256]].pictures)
    remarks = (
        ("too plain to be told from others by what they show", shown.plain),
        ("that could not be compared", shown.unread),
        ("of which the beginning alone was compared", shown.in_part),
    )
    for which, refs in remarks:
        yield from refs.told(f"{_counted(refs.count, refs.kinds)} {which}")


def _leaders(files: Sequence[ShownFile]) -> array[int]:
    """Return for each file the first of its group, of which each is near to another; by their numbers."""
    # Disjoint sets: near is not transitive, and a group is whoever is reached by steps of nearness.
    leader, shown = array("I", range(len(files))), array("I")

    def _first(number: int) -> int:
        while leader[number] != number:
            leader[number] = number = leader[leader[number]]
        return number

    values = list[tuple[int, ...]]()
    for number, file in enumerate(files):
        for picture in file.pictures:
            values.append(picture.numbers)
            shown.append(number)
    for place, other in near_pairs(values):
        one, two = sorted((_first(shown[place]), _first(shown[other])))
        leader[two] = one
    return array("I", map(_first, range(len(files))))


def near_pairs(values: Sequence[tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    """Yield the places of each two photos that are near, the later one first.

    Two hashes that differ in at most 31 of 256 bits differ in at most one bit in one of their 16 bands of 16 bits. So
    only those are compared that share a band but for one bit (multi-index hashing: Norouzi, Punjani and Fleet, 2012).
    Of thousands that are all near to each other, such as the pictures of a fixed camera, each is compared with the
    first of them alone: what is near to _CROWD others is found by these.
    """
    # For each number that a band can be, the last entry with it; and for each entry, its place and the entry before:
    # some bytes each, where lists of the places would be most of the memory.
    last, places, before = array("i", [-1]) * (_BANDS << _BAND), array("I"), array("i")
    for place, value in enumerate(values):
        # Looked up with each bit of a band turned, and stored as it is: that way round the tables stay small.
        keys = {band << _BAND | number >> _BAND * band & _MASK for number in value for band in range(_BANDS)}
        found = set[int]()
        for key in keys:
            for flip in _FLIPS:
                entry = last[key ^ flip]
                while entry >= 0:
                    found.add(places[entry])
                    entry = before[entry]
        near = [other for other in sorted(found) if distance(value, values[other]) <= NEAR]
        yield from ((place, other) for other in near)
        for key in keys if len(near) < _CROWD else ():
            places.append(place)
            before.append(last[key])
            last[key] = len(places) - 1


def _finding(group: Sequence[CheckedItem], pictures: Callable[[CheckedItem], Sequence[ShownPicture]]) -> CheckFinding:
    """Tell a group: the copy that claims to be the earliest first, behind it those that claim no time."""
    named = nsmallest(_CROWD, group, claimed_first)
    first = pictures(named[0])
    sealed = min(group, key=lambda item: item.captured)
    told = tuple((item.ref, _told(item, pictures(item), first)) for item in named)
    # A film that shows two photos joins them, though these show nothing alike.
    linked = any(_nearest(pictures(item), first)[0] > NEAR for item in group)
    how = " as another of them, and not all as the first" if linked else ""
    claims = f"{named[0].ref} claims to be the earliest" if time_claimed(named[0]) else "none claims a time"
    what = f"{_counted(len(group), {'video' if item.film else 'photo' for item in group})} show nearly the same{how}"
    few = f" ({_CROWD} of them are named)" if len(group) > _CROWD else ""
    return CheckFinding(SAME_PICTURE, f"{what}{few}: {claims}; {sealed.ref} was captured first", told)


def _told(item: CheckedItem, shown: Sequence[ShownPicture], first: Sequence[ShownPicture]) -> str:
    bits, at, there = _nearest(shown, first)
    near = f"{f'at {at} ' if at else ''}{bits} of {BITS} bits from the first"
    beside = f" at {there}" if there and shown is not first else ""
    return f"{time_claimed(item) or 'claims no time'}; captured {item.captured}; {near}{beside}"


def _nearest(shown: Sequence[ShownPicture], first: Sequence[ShownPicture]) -> tuple[int, str, str]:
    """Return how many bits the nearest pictures of two files differ by, and when each is shown."""
    return min((distance(one.numbers, other.numbers), one.at, other.at) for one in shown for other in first)


def _counted(count: int, kinds: Collection[str]) -> str:
    """Say how many photos, or videos, or both there are."""
    [*kind] = kinds
    return counted(count, kind[0]) if len(kind) == 1 else f"{count:,} photos and videos"
