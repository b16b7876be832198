"""Photos and videos that show the same picture: near hashes over the whole case, the earliest copy first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from exports.report.words import counted
from intelligence.checks.finding import NOT_CHECKED, SAME_PICTURE, CheckFinding
from intelligence.checks.material import CheckedItem
from intelligence.checks.picture_hash import BITS, NEAR, distance
from intelligence.checks.shown_pictures import ShownPicture, ShownPictures
from intelligence.checks.times import claimed_first, time_claimed

# Bits; why so many, `near_pairs` says.
_BAND = 16
_BANDS, _MASK = BITS // _BAND, (1 << _BAND) - 1
_FLIPS = (0, *(1 << bit for bit in range(_BAND)))
_CROWD = 200
_NAMED = 20


def near_pictures(items: Sequence[CheckedItem], shown: ShownPictures) -> Iterator[CheckFinding]:
    """Yield each group of photos and videos that show nearly the same, by what they show."""
    by_sha256 = dict[str, list[CheckedItem]]()
    for item in items:
        if item.sha256 in shown.by_sha256:
            by_sha256.setdefault(item.sha256, []).append(item)
    for group in _groups(shown.by_sha256):
        yield _finding([item for sha256 in group for item in by_sha256[sha256]], shown.by_sha256)
    remarks = (
        ("too plain to be told from others by what they show", [(ref, "") for ref in shown.plain]),
        ("that could not be compared", shown.unread),
        ("of which the beginning alone was compared", shown.in_part),
    )
    for which, refs in remarks:
        if refs:
            yield CheckFinding(NOT_CHECKED, f"{_counted(refs, items)} {which}", tuple(refs[:_NAMED]))


def _groups(pictures: Mapping[str, Sequence[ShownPicture]]) -> Iterator[list[str]]:
    """Yield the files of which each is near to another of its group; a file that is near to none is in none."""
    names = [name for name, shown in pictures.items() for _ in shown]
    # Disjoint sets: near is not transitive, and a group is whoever is reached by steps of nearness.
    leader = {name: name for name in pictures}

    def _first(name: str) -> str:
        while leader[name] != name:
            leader[name] = name = leader[leader[name]]
        return name

    for place, other in near_pairs([picture.numbers for shown in pictures.values() for picture in shown]):
        leader[_first(names[place])] = _first(names[other])
    found = dict[str, list[str]]()
    for name in pictures:
        found.setdefault(_first(name), []).append(name)
    yield from (group for group in found.values() if len(group) > 1)


def near_pairs(values: Sequence[tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    """Yield the places of each two photos that are near, the later one first.

    Two hashes that differ in at most 31 of 256 bits differ in at most one bit in one of their 16 bands of 16 bits. So
    only those are compared that share a band but for one bit (multi-index hashing: Norouzi, Punjani and Fleet, 2012).
    Of thousands that are all near to each other, such as the pictures of a fixed camera, each is compared with the
    first of them alone: what is near to _CROWD others is found by these.
    """
    bands: list[dict[int, list[int]]] = [{} for _ in range(_BANDS)]
    for place, value in enumerate(values):
        # Looked up with each bit of a band turned, and stored as it is: that way round the tables stay small.
        keys = {(band, number >> _BAND * band & _MASK) for number in value for band in range(_BANDS)}
        found = dict.fromkeys(
            other for band, key in keys for flip in _FLIPS for other in bands[band].get(key ^ flip, ())
        )
        near = [other for other in found if distance(value, values[other]) <= NEAR]
        yield from ((place, other) for other in near)
        for band, key in keys if len(near) < _CROWD else ():
            bands[band].setdefault(key, []).append(place)


def _finding(items: list[CheckedItem], pictures: Mapping[str, Sequence[ShownPicture]]) -> CheckFinding:
    """Tell a group: the copy that claims to be the earliest first, behind it those that claim no time."""
    items.sort(key=claimed_first)
    first = pictures[items[0].sha256]
    sealed = min(items, key=lambda item: item.captured)
    told = tuple((item.ref, _told(item, pictures[item.sha256], first)) for item in items[:_CROWD])
    # A film that shows two photos joins them, though these show nothing alike.
    linked = any(_nearest(pictures[item.sha256], first)[0] > NEAR for item in items)
    how = " as another of them, and not all as the first" if linked else ""
    claims = f"{items[0].ref} claims to be the earliest" if time_claimed(items[0]) else "none claims a time"
    what = f"{_counted([(item.ref, '') for item in items], items)} show nearly the same{how}"
    few = f" ({_CROWD} of them are named)" if len(items) > _CROWD else ""
    return CheckFinding(SAME_PICTURE, f"{what}{few}: {claims}; {sealed.ref} was captured first", told)


def _told(item: CheckedItem, shown: Sequence[ShownPicture], first: Sequence[ShownPicture]) -> str:
    bits, at, there = _nearest(shown, first)
    near = f"{f'at {at} ' if at else ''}{bits} of {BITS} bits from the first"
    beside = f" at {there}" if there and shown is not first else ""
    return f"{time_claimed(item) or 'claims no time'}; captured {item.captured}; {near}{beside}"


def _nearest(shown: Sequence[ShownPicture], first: Sequence[ShownPicture]) -> tuple[int, str, str]:
    """Return how many bits the nearest pictures of two files differ by, and when each is shown."""
    return min((distance(one.numbers, other.numbers), one.at, other.at) for one in shown for other in first)


def _counted(refs: Sequence[tuple[str, str]], items: Sequence[CheckedItem]) -> str:
    """Return how many photos, or videos, or both these references name."""
    named = {ref for ref, _ in refs}
    kinds = {"video" if item.film else "photo" for item in items if item.ref in named}
    return counted(len(refs), kinds.pop()) if len(kinds) == 1 else f"{len(refs):,} photos and videos"
