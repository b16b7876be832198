"""What the photos and videos of a case show, as near hashes: read in the sandbox, many to a question, on all cores."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgspec

from exports.errors import NotCheckable
from exports.format.kept import Picked, SpooledList
from exports.format.lookup import Lookup
from hashing.files.run_folder import RunFolder
from hashing.sandbox import NotRead, Readers, descriptor_of, handed_over
from hashing.sandbox.channel import MOST_FILES
from intelligence.checks.groups import UnreadItems, first_of_each
from intelligence.checks.keyframes import MOST as MOST_KEYFRAMES
from intelligence.checks.keyframes import find_ffmpeg, keyframes
from intelligence.checks.material import CheckedItem
from intelligence.checks.picture_hash import NEAR, PictureHash, distance

_FUNCTION = "intelligence.checks.picture_hash:picture_hashes"
LOAD = (
    *("intelligence.checks.picture_hash", "PIL.ImageChops", "PIL.ImageFilter", "PIL.JpegImagePlugin"),
    *("PIL.PngImagePlugin", "PIL.GifImagePlugin", "PIL.WebPImagePlugin", "PIL.TiffImagePlugin", "PIL.BmpImagePlugin"),
)
_LEAST_QUALITY = 50  # Below it a picture is too plain for its hash to tell it from others.
_LARGEST = 256 << 20  # Bytes of a photo.
_WORKERS = 3


class ShownPicture(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A photo, or a picture of a video."""

    made: PictureHash
    at: str = ""  # When in its video it is shown, `1:02`; "" of a photo.

    @property
    def numbers(self) -> tuple[int, ...]:
        """Its hashes as numbers."""
        return self.made.numbers()


class ShownFile(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A file by its SHA-256, and its pictures."""

    sha256: str
    pictures: tuple[ShownPicture, ...]


@dataclass(slots=True)
class ShownPictures:
    """The files that show something, and of which items there are no pictures or not all, each with the reason."""

    files: SpooledList[ShownFile] = field(default_factory=lambda: SpooledList(ShownFile))
    # Items that are too plain to be told from others by what they show.
    plain: UnreadItems = field(default_factory=UnreadItems)
    unread: UnreadItems = field(default_factory=UnreadItems)
    in_part: UnreadItems = field(default_factory=UnreadItems)
    # The SHA-256 of photos that have no content credentials; the values say nothing.
    bare: Lookup[str, str] = field(default_factory=lambda: Lookup(str))


def shown_pictures(items: Sequence[CheckedItem], done: Callable[[int, int], None]) -> ShownPictures:
    """Return what the photos and videos among the items show; `done` is told how many of all are read."""
    # Each file once, by its bytes: the first item of these stands for them.
    photos, videos = array("I"), array("I")
    for number in first_of_each(items, lambda item: item.kind == "photo" or item.film is not None):
        (videos if items[number].film else photos).append(number)
    batches = [Picked(items, photos[start : start + MOST_FILES]) for start in range(0, len(photos), MOST_FILES)]
    shown, ffmpeg, read, whole = ShownPictures(), find_ffmpeg() if videos else "", 0, len(photos) + len(videos)
    with Readers(load=LOAD, most=_WORKERS) as readers, ThreadPoolExecutor(_WORKERS) as pool:
        for batch, hashes in zip(batches, pool.map(partial(_photos, readers=readers), batches), strict=True):
            for item, made in zip(batch, hashes, strict=True):
                _add(shown, item, [("", made)])
                if made.bits and not made.signed:
                    shown.bare[item.sha256] = ""
            done(read := read + len(batch), whole)
        films = pool.map(lambda number: _film(items[number], ffmpeg, readers), videos)
        for item, film in zip(Picked(items, videos), films, strict=True):
            _add(shown, item, film[:MOST_KEYFRAMES])
            if len(film) > MOST_KEYFRAMES:
                shown.in_part.add(item, f"until {film[-1][0]}, {MOST_KEYFRAMES} pictures of it")
            done(read := read + 1, whole)
    return shown


def _add(shown: ShownPictures, item: CheckedItem, pictures: Sequence[tuple[str, PictureHash]]) -> None:
    """Add what an item shows; of pictures of a video that are near to each other, the first."""
    told = [(at, made) for at, made in pictures if made.bits]
    kept = list[ShownPicture]()
    for at, made in told:
        # Of a video's keyframes only those that differ: a talk before a wall would otherwise fill the tables.
        picture = ShownPicture(made, at)
        if made.quality >= _LEAST_QUALITY and all(distance(picture.numbers, each.numbers) > NEAR for each in kept):
            kept.append(picture)
    if kept:
        shown.files.append(ShownFile(item.sha256, tuple(kept)))
    elif told:
        shown.plain.add(item)
    else:
        shown.unread.add(item, next((made.reason for _, made in pictures), "it has no picture"))


def _photos(batch: Sequence[CheckedItem], readers: Readers) -> list[PictureHash]:
    """Return the hash of each photo, all asked for at once; where that fails one by one, to tell whose fault it is."""
    found = dict[int, PictureHash]()
    with ExitStack() as stack:
        files = dict[int, int]()
        for place, item in enumerate(batch):
            if item.size > _LARGEST:
                found[place] = PictureHash(reason=f"a file of {item.size:,} bytes is not decoded here")
                continue
            try:
                files[place] = stack.enter_context(descriptor_of(stack.enter_context(item.open())))
            except (NotCheckable, OSError, NotRead) as error:
                found[place] = PictureHash(reason=str(error))
        found |= zip(files, _hashes(list(files.values()), readers), strict=True)
    return [found[place] for place in range(len(batch))]


def _hashes(files: Sequence[int], readers: Readers) -> list[PictureHash]:
    """Return the hashes of files, by their descriptors; one that no reader survives costs no other its hash."""
    if not files:
        return []
    try:
        # All at once, since asking costs more than hashing a small photo; one by one only where something went wrong.
        made = readers.gather(_FUNCTION, files=files, answer=PictureHash)
        if len(made) == len(files):
            return made
        reason = "the reader gave too few answers"
    except NotRead as error:
        reason = str(error)
    if len(files) == 1:
        return [PictureHash(reason=reason)]
    return [hash_ for file in files for hash_ in _hashes([file], readers)]


def _film(item: CheckedItem, ffmpeg: str, readers: Readers) -> list[tuple[str, PictureHash]]:
    """Return the pictures of a video, each with its time there; of one that is not read, a reason alone."""
    if not ffmpeg or item.film is None:
        return [("", PictureHash(reason="ffmpeg is not installed"))]
    try:
        with RunFolder(large=True) as run, item.film() as file, descriptor_of(file) as descriptor:
            frames = keyframes(ffmpeg, descriptor, run.path)
            batches = [frames[start : start + MOST_FILES] for start in range(0, len(frames), MOST_FILES)]
            hashes = [made for batch in batches for made in _frames([path for _, path in batch], readers)]
            return [(at, made) for (at, _), made in zip(frames, hashes, strict=True)]
    except (NotCheckable, OSError, NotRead) as error:
        return [("", PictureHash(reason=str(error)))]


def _frames(paths: Sequence[Path], readers: Readers) -> list[PictureHash]:
    with ExitStack() as stack:
        return _hashes([stack.enter_context(handed_over(path)) for path in paths], readers)
