"""How often photos are read rightly: exiftool is the judge, on photos that others have collected.

`python -m validation.corpora FOLDER > docs/corpora.md`: each folder in FOLDER is a copy of one collection.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from capture.photo import names, photo_facts
from capture.recorder.reading import capture_readers
from hashing.sandbox import NotRead

Said = dict[str, str | int | float]
"""Of one photo: what exiftool says by tag, or our facts by name."""
Read = str | int | float | tuple[float, float] | None

_PHOTOS = ("jpg", "jpeg", "png", "gif", "webp", "tif", "tiff", "bmp", "ico", "avif", "heic", "heif")
_TIME = re.compile(r"([1-9]\d{3})[:-](?!00)(\d\d)[:-](?!00)(\d\d)[ T](\d\d:\d\d:[0-5]\d)")
"""A time of the calendar; cameras whose clock was never set write zeros or blanks."""
_ESCAPED = re.compile(r"\\(x|u[0-9a-f]{2})[0-9a-f]{2}|\W")
"""What we write out and exiftool drops, and what each of them pads in its own way."""
_SAME = 2e-7
"""Degrees; our facts have seven places."""


def _text(*tags: str) -> Callable[[Said], Read]:
    return lambda said: next((_ESCAPED.sub("", str(said[tag]))[:700] or None for tag in tags if tag in said), None)


def _time(*tags: str) -> Callable[[Said], Read]:
    def _read(said: Said) -> Read:
        found = (_TIME.match(str(said.get(tag, ""))) for tag in tags)
        return next((" ".join(match.groups()) for match in found if match), None)

    return _read


def _pair(one: str, other: str, needed: str = "") -> Callable[[Said], Read]:
    def _read(said: Said) -> Read:
        try:
            return (float(said[one]), float(said[other])) if needed in said or not needed else None
        except (KeyError, ValueError):
            return None

    return _read


def _orientation(said: Said) -> Read:
    return value if (value := said.get("IFD0:Orientation")) in range(1, 9) else None


_READINGS: dict[str, tuple[Callable[[Said], Read], Callable[[Said], Read]]] = {
    "pixel size": (_pair("width", "height"), _pair(names.WIDTH, names.HEIGHT)),
    "orientation": (_orientation, lambda facts: facts.get(names.ORIENTATION)),
    "original time": (_time("ExifIFD:DateTimeOriginal"), _time(names.ORIGINAL_TIME)),
    "digitized time": (_time("ExifIFD:CreateDate"), _time(names.DIGITIZED_TIME)),
    "modified time": (_time("PNG:ModifyDate", "IFD0:ModifyDate"), _time(names.MODIFIED_TIME)),
    "place": (
        _pair("Composite:GPSLatitude", "Composite:GPSLongitude", "GPS:GPSLatitude"),
        _pair(names.GPS_LATITUDE, names.GPS_LONGITUDE),
    ),
    "camera make": (_text("IFD0:Make"), _text(names.CAMERA_MAKE)),
    "camera model": (_text("IFD0:Model"), _text(names.CAMERA_MODEL)),
    "comment": (_text("IFD0:XPComment", "File:Comment", "GIF:Comment", "PNG:Comment"), _text(names.COMMENT)),
    "XMP": (lambda said: any(tag.startswith("XMP") for tag in said) or None, lambda facts: facts.get(names.XMP)),
}
"""What is compared: as exiftool says it, and as our facts do."""


def _judged(folder: Path) -> Iterator[tuple[Path, Said]]:
    """Yield each photo below a folder with what exiftool says of it."""
    kinds = [word for kind in _PHOTOS for word in ("-ext", kind)]
    ran = subprocess.run(  # noqa: S603 - the judge, found on the user's PATH
        ["exiftool", "-json", "-n", "-G1", "-r", *kinds, str(folder.resolve())],  # noqa: S607 - the same
        capture_output=True,
        check=False,  # it fails where it could not read one photo of many
    )
    for said in json.loads(ran.stdout or "[]"):
        said["width"], _, said["height"] = str(said.get("Composite:ImageSize", "")).partition(" ")
        yield Path(said["SourceFile"]), said


def _compare(folder: Path, counts: dict[str, Counter[str]]) -> int:
    """Count for each reading how often it is what exiftool says; return the number of photos."""
    photos = 0
    with capture_readers() as readers:
        for photos, (path, said) in enumerate(_judged(folder), 1):  # noqa: B007 - it is returned
            facts: Said = {}
            try:
                for fact in photo_facts(readers, path):
                    if not str(fact.value).startswith(names.COULD_NOT_BE_READ):
                        facts.setdefault(fact.name, fact.value)
            except NotRead as error:
                print(f"{path}: {error}", file=sys.stderr)
            for reading, (judge, read) in _READINGS.items():
                # Four outcomes, counted apart: to read nothing where there is something is a gap, to read something
                # else is an error.
                expected, found = judge(said), read(facts)
                outcome = _outcome(expected, found)
                counts[reading][outcome] += 1
                if outcome not in {"same", "neither"}:
                    print(f"{path}: {reading}: {outcome}: {expected!r}, read {found!r}", file=sys.stderr)
    return photos


def _outcome(expected: Read, found: Read) -> str:
    if expected is None or found is None:
        return "neither" if expected is found else "alone" if expected is None else "unread"
    if isinstance(expected, tuple) and isinstance(found, tuple):
        return "same" if all(abs(a - b) < _SAME for a, b in zip(expected, found, strict=True)) else "other"
    return "same" if expected == found else "other"


def _document(root: Path) -> Iterator[str]:
    judge = subprocess.run(["exiftool", "-ver"], capture_output=True, text=True, check=True)  # noqa: S607 - as above
    yield "# Readers of photos, judged on public collections\n"
    yield "`python -m validation.corpora FOLDER > docs/corpora.md` writes this: each folder in FOLDER is a copy of one"
    yield f"collection, and exiftool {judge.stdout.strip()} the judge. Every photo that is not read as it reads it"
    yield f"is named on stderr. Read with Pillow {version('pillow')} and exifread {version('exifread')}.\n"
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        yield f"- {folder.name}: {_compare(folder, counts):,} photos"
    yield "\n| reading | as exiftool | otherwise | not read | read, and not by exiftool |"
    yield "| --- | --- | --- | --- | --- |"
    for reading, found in counts.items():
        yield f"| {reading} | {found['same']} | {found['other']} | {found['unread']} | {found['alone']} |"


if __name__ == "__main__":
    for line in _document(Path(sys.argv[1])):
        print(line)
