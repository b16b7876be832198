"""EXIF tags, read by exifread out of a block that is bounded in size and in what it may cost."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, BinaryIO, cast

from capture.photo import tiff
from capture.photo.photo_file import PhotoFile, PhotoNotRead
from capture.photo.text import LONGEST, in_plain_words, kept_text

if TYPE_CHECKING:
    from exifread.core.ifd_tag import IfdTag


# What one block may cost: directories can point into each other, and a count can be any number.
_MOST_READS = 200_000
_MOST_BYTES = 64 << 20
_TEXT = 8 * LONGEST  # Bytes of a text that are looked at.
_BYTES = {1, 2, 7}  # Field types that hold text: BYTE, ASCII, UNDEFINED.


@dataclass(frozen=True, slots=True)
class ExifTag:
    """A tag by its directory, its number and the name that the standard gives it (CIPA DC-008)."""

    directory: str
    number: int
    name: str

    def __str__(self) -> str:
        return f"EXIF {self.name}"


class Tags:
    """The tags of one photo. Numbers come as fractions; one with a zero below the line comes as None."""

    def __init__(self, found: dict[tuple[str, int], IfdTag], block: PhotoFile) -> None:
        self._found = found
        self.block = block
        self.order = tiff.byte_order(block)

    def __contains__(self, tag: ExifTag) -> bool:
        return self._entry(tag) is not None

    def data(self, tag: ExifTag) -> tuple[bytes, int]:
        """Return the first bytes of a tag's value and how many it has. Raises NotRead where they are not there."""
        entry = self._entry(tag)
        return value_at(self.block, entry.field_offset, entry.field_length) if entry else (b"", 0)

    def text(self, tag: ExifTag) -> str:
        """Return a tag's text as it is kept; "" where there is none. Raises NotRead."""
        entry = self._entry(tag)
        if entry is None:
            return ""
        if entry.field_type not in _BYTES:
            return self.written(tag)
        data, size = self.data(tag)
        text, end, _ = data.partition(b"\0")
        return kept_text(text, len(text) if end else size)

    def numbers(self, tag: ExifTag) -> tuple[Fraction | None, ...]:
        """Return a tag's numbers. Raises NotRead where the tag is text."""
        entry = self._entry(tag)
        if entry is None:
            return ()
        if not isinstance(entry.values, list):
            raise PhotoNotRead(f"written as text: {self.text(tag)}")
        return tuple(_fraction(value) for value in entry.values)

    def number(self, tag: ExifTag) -> Fraction:
        """Return a tag's only number. Raises NotRead where there is none, or several."""
        numbers = self.numbers(tag)
        if len(numbers) != 1:
            raise PhotoNotRead(f"{len(numbers)} values where there should be one")
        if numbers[0] is None:
            raise PhotoNotRead("a fraction with zero below the line")
        return numbers[0]

    def written(self, tag: ExifTag) -> str:
        """Return a tag's value as the file has it, for a fact that could not make sense of it."""
        entry = self._entry(tag)
        return "" if entry is None else kept_text(str(entry.printable).encode(), 0)

    def _entry(self, tag: ExifTag) -> IfdTag | None:
        other = {"Image": "EXIF", "EXIF": "Image"}.get(tag.directory, tag.directory)
        return self._found.get((tag.directory, tag.number)) or self._found.get((other, tag.number))


def value_at(block: PhotoFile, offset: int, size: int) -> tuple[bytes, int]:
    """Return the first bytes of a value, enough for a text, and its whole size. Raises NotRead."""
    data = block.at(offset, min(size, _TEXT))
    if len(data) < min(size, _TEXT):
        raise PhotoNotRead(f"its {size:,} bytes should stand at byte {offset:,}, where the data has ended")
    return data, size


def read_tags(block: PhotoFile) -> Tags:
    """Read the tags of a block that begins with a TIFF header. Raises NotRead."""
    import exifread

    tiff.byte_order(block)
    file = cast("BinaryIO", _Counted(block))
    try:
        # Maker notes are left out: their makers do not say how they are built, and reading them is guessing.
        found = exifread.process_file(file, details=False, extract_thumbnail=False)
    except PhotoNotRead:
        raise
    except Exception as error:  # exifread does not say what it raises on a damaged block: nearly anything
        raise PhotoNotRead(in_plain_words(error)) from error
    keyed = {(name.partition(" ")[0], tag.tag): tag for name, tag in found.items() if hasattr(tag, "field_offset")}
    return Tags(keyed, block)


class _Counted:
    """A block as a file whose every read is counted: a few bytes can ask for billions of reads."""

    def __init__(self, block: PhotoFile) -> None:
        self._block = block
        self._at = 0
        self._reads = 0
        self._bytes = 0

    def read(self, length: int = -1) -> bytes:
        data = self._block.at(self._at, min(length, 1 << 20) if length >= 0 else 1 << 20)
        self._at += len(data)
        self._reads += 1
        self._bytes += len(data)
        if self._reads > _MOST_READS or self._bytes > _MOST_BYTES:
            raise PhotoNotRead("it lists far more than a camera writes")
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._block.size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at


def _fraction(value: object) -> Fraction | None:
    """Return one of exifread's values as a fraction, exactly as written."""
    if isinstance(value, tuple) and len(value) == 1:  # floating point, as struct unpacks it
        (value,) = value
    if isinstance(value, float):
        return Fraction(value) if math.isfinite(value) else None
    if isinstance(value, Fraction):
        return Fraction(value.numerator, value.denominator) if value.denominator else None
    return Fraction(value) if isinstance(value, int) else None
