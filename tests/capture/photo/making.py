"""Photos made at run time: by Pillow in every format it writes, and EXIF blocks byte by byte where it would not."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from PIL import Image

from capture.photo.examine import facts_in

if TYPE_CHECKING:
    from pathlib import Path

    from hashing.case.facts import Fact

FORMATS = {"JPEG": "JPEG", "PNG": "PNG", "GIF": "GIF", "WEBP": "WebP", "TIFF": "TIFF", "BMP": "BMP", "AVIF": "AVIF"}
"""Pillow's name for each format, and ours."""
WITH_EXIF = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SIGNED_RATIONAL = 1, 2, 3, 4, 5, 7, 10


@dataclass(frozen=True, slots=True)
class Entry:
    """A directory entry: the tag's number, its type, how many values, and their bytes (little-endian)."""

    number: int
    type: int
    count: int
    data: bytes


def text(number: int, value: str | bytes) -> Entry:
    """Return a text entry, with the zero byte that ends it."""
    data = (value.encode() if isinstance(value, str) else value) + b"\0"
    return Entry(number, ASCII, len(data), data)


def short(number: int, *values: int) -> Entry:
    """Return an entry of 16-bit numbers."""
    return Entry(number, SHORT, len(values), struct.pack(f"<{len(values)}H", *values))


def long(number: int, *values: int) -> Entry:
    """Return an entry of 32-bit numbers."""
    return Entry(number, LONG, len(values), struct.pack(f"<{len(values)}I", *values))


def byte(number: int, *values: int) -> Entry:
    """Return an entry of 8-bit numbers."""
    return Entry(number, BYTE, len(values), bytes(values))


def undefined(number: int, data: bytes) -> Entry:
    """Return an entry of bytes that the tag itself gives a meaning."""
    return Entry(number, UNDEFINED, len(data), data)


def rational(number: int, *values: tuple[int, int]) -> Entry:
    """Return an entry of fractions, as pairs of the number above and below the line."""
    return Entry(number, RATIONAL, len(values), b"".join(struct.pack("<II", *value) for value in values))


@dataclass(slots=True)
class Block:
    """An EXIF block with the directories that a camera writes."""

    image: list[Entry] = field(default_factory=list)
    exif: list[Entry] = field(default_factory=list)
    gps: list[Entry] = field(default_factory=list)
    thumbnail: bytes = b""

    def encoded(self) -> bytes:
        """Return the block: a little-endian TIFF header, the directories, and the thumbnail at the end."""
        lengths = [_length(part) for part in (self._image(0, 0), self.exif, self.gps)]
        exif_at = 8 + lengths[0]
        gps_at = exif_at + lengths[1]
        thumbnail_at = gps_at + lengths[2]
        second = thumbnail_at if self.thumbnail else 0
        data = b"II*\0" + struct.pack("<I", 8) + _directory(self._image(exif_at, gps_at), 8, second)
        data += _directory(self.exif, exif_at) + _directory(self.gps, gps_at)
        if self.thumbnail:
            picture_at = thumbnail_at + 2 + 24 + 4
            entries = [long(0x0201, picture_at), long(0x0202, len(self.thumbnail))]
            data += _directory(entries, thumbnail_at) + self.thumbnail
        return data

    def _image(self, exif_at: int, gps_at: int) -> list[Entry]:
        return [*self.image, long(0x8769, exif_at), long(0x8825, gps_at)]


def _length(entries: list[Entry]) -> int:
    return 2 + 12 * len(entries) + 4 + sum(len(entry.data) for entry in entries if len(entry.data) > 4)


def _directory(entries: list[Entry], at: int, following: int = 0) -> bytes:
    table, values = struct.pack("<H", len(entries)), b""
    values_at = at + 2 + 12 * len(entries) + 4
    for entry in entries:
        table += struct.pack("<HHI", entry.number, entry.type, entry.count)
        if len(entry.data) <= 4:
            table += entry.data.ljust(4, b"\0")
        else:
            table += struct.pack("<I", values_at + len(values))
            values += entry.data
    return table + struct.pack("<I", following) + values


def picture(width: int = 64, height: int = 48) -> Image.Image:
    """Return a picture that does not compress to nothing."""
    return Image.effect_noise((width, height), 60).convert("RGB")


def encoded(name: str, image: Image.Image | None = None, **options: Any) -> bytes:  # noqa: ANN401 - Pillow's own options
    """Return a picture in one of Pillow's formats."""
    file = io.BytesIO()
    (image or picture()).save(file, name, **options)
    return file.getvalue()


def jpeg(block: Block | bytes, image: Image.Image | None = None) -> bytes:
    """Return a JPEG with an EXIF block."""
    data = block.encoded() if isinstance(block, Block) else block
    return encoded("JPEG", image, exif=b"Exif\0\0" + data)


def camera_exif() -> Image.Exif:
    """Return what a telephone writes in Valparaíso, south and west, with the zone beside the time."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0131] = "Goldenhour", "Test 1", "1.0"
    exif[0x0132] = "2026:03:01 12:10:00"
    inner = exif.get_ifd(0x8769)
    inner[0x9003], inner[0x9011], inner[0x9291] = "2026:03:01 12:00:05", "-03:00", "123"
    inner[0xA431], inner[0xA434] = "SN-0001", "Test lens"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "S", (33.0, 2.0, 47.04), "W", (71.0, 37.0, 36.48)
    gps[5], gps[6], gps[7], gps[29] = b"\1", 12.5, (15.0, 0.0, 4.0), "2026:03:01"
    gps[18] = "WGS-84"
    return exif


def store(folder: Path, data: bytes, name: str = "photo") -> Path:
    """Write a photo into a file."""
    path = folder / name
    path.write_bytes(data)
    return path


def facts_of(folder: Path, data: bytes) -> dict[str, Fact]:
    """Return the facts of a photo by name; a name that occurs twice keeps its first fact."""
    found: dict[str, Fact] = {}
    for fact in examine(store(folder, data)):
        found.setdefault(fact.name, fact)
    return found


def values_of(folder: Path, data: bytes) -> dict[str, str | int | float | bool]:
    """Return the values of a photo's facts by name."""
    return {name: fact.value for name, fact in facts_of(folder, data).items()}


def examine(path: Path) -> tuple[Fact, ...]:
    """Return the facts of a photo, read in this process."""
    with path.open("rb") as file:
        return facts_in(file)
