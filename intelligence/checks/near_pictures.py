"""Photos that show the same picture: near hashes over the whole case, the earliest copy first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from exports.errors import NotCheckable
from exports.report.words import counted
from hashing.sandbox import NotRead, Readers, descriptor_of
from intelligence.checks.finding import NOT_CHECKED, SAME_PICTURE, CheckFinding
from intelligence.checks.material import CheckedItem
from intelligence.checks.picture_hash import BITS, NEAR, PictureHash, distance
from intelligence.checks.times import claimed_first, time_claimed

_FUNCTION = "intelligence.checks.picture_hash:picture_hash"
_LOAD = (
    *("intelligence.checks.picture_hash", "PIL.ImageChops", "PIL.ImageFilter", "PIL.ImageOps", "PIL.JpegImagePlugin"),
    *("PIL.PngImagePlugin", "PIL.GifImagePlugin", "PIL.WebPImagePlugin", "PIL.TiffImagePlugin", "PIL.BmpImagePlugin"),
)
_LEAST_QUALITY = 50
"""Below it a picture is too plain for its hash to tell it from others."""
_LARGEST = 256 << 20
_BAND = 16
_BANDS, _MASK = BITS // _BAND, (1 << _BAND) - 1
_FLIPS = (0, *(1 << bit for bit in range(_BAND)))
_WORKERS = 3
_BATCH = 96
_NAMED = 20


def near_pictures(items: Sequence[CheckedItem], done: Callable[[int, int], None]) -> Iterator[CheckFinding]:
    """Yield a finding for each group of photos that show nearly the same; `done` is told how many of all are read."""
    photos = list({item.sha256: item for item in reversed(items) if item.kind == "photo"}.values())[::-1]
    hashes, unread = dict[str, PictureHash](), list[tuple[str, str]]()
    with Readers(load=_LOAD, most=_WORKERS) as readers, ThreadPoolExecutor(_WORKERS) as pool:
        for start in range(0, len(photos), _BATCH):
            batch = photos[start : start + _BATCH]
            for item, made in zip(batch, pool.map(lambda each: _hash_of(each, readers), batch), strict=True):
                if made.bits:
                    hashes[item.sha256] = made
                else:
                    unread.append((item.ref, made.reason))
            done(min(start + _BATCH, len(photos)), len(photos))
    numbers = {sha256: made.numbers() for sha256, made in hashes.items() if made.quality >= _LEAST_QUALITY}
    by_sha256 = dict[str, list[CheckedItem]]()
    for item in items:
        if item.sha256 in numbers:
            by_sha256.setdefault(item.sha256, []).append(item)
    for group in _groups(numbers):
        yield _finding([item for sha256 in group for item in by_sha256[sha256]], numbers)
    plain = [item.ref for item in photos if item.sha256 in hashes and item.sha256 not in numbers]
    if plain:
        said = f"{counted(len(plain), 'photo')} too plain to be told from others by what they show"
        yield CheckFinding(NOT_CHECKED, said, tuple((ref, "") for ref in plain[:_NAMED]))
    if unread:
        said = f"{counted(len(unread), 'photo')} that could not be compared"
        yield CheckFinding(NOT_CHECKED, said, tuple(unread[:_NAMED]))


def _hash_of(item: CheckedItem, readers: Readers) -> PictureHash:
    if item.size > _LARGEST:
        return PictureHash(reason=f"a file of {item.size:,} bytes is not decoded here")
    try:
        with item.open() as file, descriptor_of(file) as descriptor:
            return readers.ask(_FUNCTION, files=[descriptor], answer=PictureHash)
    except (NotCheckable, OSError, NotRead) as error:
        return PictureHash(reason=str(error))


def _groups(numbers: dict[str, tuple[int, ...]]) -> Iterator[list[str]]:
    """Yield the photos of which each is near to another of its group; a photo that is near to none is in none."""
    names, values = list(numbers), list(numbers.values())
    leader = list(range(len(names)))

    def _first(place: int) -> int:
        while leader[place] != place:
            leader[place] = place = leader[leader[place]]
        return place

    for place, other in near_pairs(values):
        leader[_first(place)] = _first(other)
    found = dict[int, list[str]]()
    for place, name in enumerate(names):
        found.setdefault(_first(place), []).append(name)
    yield from (group for group in found.values() if len(group) > 1)


def near_pairs(values: Sequence[tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    """Yield the places of each two photos that are near, the later one first.

    Two hashes that differ in at most 31 of 256 bits differ in at most one bit in one of their 16 bands of 16 bits. So
    only those are compared that share a band but for one bit (multi-index hashing: Norouzi, Punjani and Fleet, 2012).
    """
    bands: list[dict[int, list[int]]] = [{} for _ in range(_BANDS)]
    for place, value in enumerate(values):
        keys = {(band, number >> _BAND * band & _MASK) for number in value for band in range(_BANDS)}
        found = dict.fromkeys(
            other for band, key in keys for flip in _FLIPS for other in bands[band].get(key ^ flip, ())
        )
        yield from ((place, other) for other in found if distance(value, values[other]) <= NEAR)
        for band, key in keys:
            bands[band].setdefault(key, []).append(place)


def _finding(items: list[CheckedItem], numbers: dict[str, tuple[int, ...]]) -> CheckFinding:
    """Tell a group: the copy that claims to be the earliest first, behind it those that claim no time."""
    items.sort(key=claimed_first)
    first = numbers[items[0].sha256]
    sealed = min(items, key=lambda item: item.captured)
    told = tuple((item.ref, _told(item, distance(numbers[item.sha256], first))) for item in items)
    claims = f"{items[0].ref} claims to be the earliest" if time_claimed(items[0]) else "none claims a time"
    says = f"{len(items):,} photos show nearly the same: {claims}; {sealed.ref} was captured first"
    return CheckFinding(SAME_PICTURE, says, told)


def _told(item: CheckedItem, bits: int) -> str:
    claimed = time_claimed(item) or "claims no time"
    return f"{claimed}; captured {item.captured}; {bits} of {BITS} bits from the first"
