"""The directories of a TIFF file, or of the EXIF block in another (TIFF 6.0): what exifread does not tell."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from capture.photo import names
from capture.photo.parts import Parts
from capture.photo.photo_file import PhotoFile, PhotoNotRead
from hashing.case.facts import Fact

_MOST_PAGES = 10_000
# Bytes of a value by its type (TIFF 6.0, section 2; 13 is IFD, of supplement 1).
_TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}

# TIFF 6.0, section 8; XMP (ISO 16684-1), IPTC (TIFF/EP), C2PA (its specification, "Embedding manifests into TIFF").
SUBFILE_TYPE, WIDTH, HEIGHT = 0x00FE, 0x0100, 0x0101
_XMP, _IPTC, _C2PA = 0x02BC, 0x83BB, 0xCD41


@dataclass(frozen=True, slots=True)
class TiffEntry:
    """One entry of a directory: the tag's number, its field type, and where in the file its `size` bytes stand."""

    number: int
    type: int
    offset: int
    size: int


def byte_order(file: PhotoFile) -> str:
    """Return `<` or `>`, as `struct` writes them. Raises NotRead for what is no TIFF."""
    head = file.at(0, 4)
    if head in {b"II+\0", b"MM\0+"}:
        raise PhotoNotRead("BigTIFF directories are not read here")
    if head not in {b"II*\0", b"MM\0*"}:
        raise PhotoNotRead("it does not begin with a TIFF header")
    return "<" if head.startswith(b"II") else ">"


def directories(file: PhotoFile) -> Iterator[int]:
    """Yield the offset of each directory in the chain; a chain that runs in a circle ends there. Raises NotRead."""
    order = byte_order(file)
    seen: set[int] = set()
    at = _number(order, file.at(4, 4))
    while at and at not in seen and len(seen) < _MOST_PAGES and at + 2 <= file.size:
        seen.add(at)
        yield at
        at = _number(order, file.at(at + 2 + 12 * _number(order, file.at(at, 2)), 4))


def entries(file: PhotoFile, directory: int) -> Iterator[TiffEntry]:
    """Yield what a directory lists. Raises NotRead."""
    order = byte_order(file)
    count = _number(order, file.at(directory, 2))
    table = file.at(directory + 2, 12 * count)
    for at in range(0, len(table) - 11, 12):
        number, kind, amount = struct.unpack(f"{order}HHI", table[at : at + 8])
        size = _TYPE_SIZES.get(kind, 0) * amount
        offset = directory + 2 + at + 8 if size <= 4 else _number(order, table[at + 8 : at + 12])  # noqa: PLR2004 - what fits stands in the entry
        yield TiffEntry(number, kind, offset, size)


def walk(file: PhotoFile, parts: Parts) -> None:
    """Note pages, pixel size and what else is present. Raises NotRead."""
    pages = list(directories(file))
    parts.exif = file
    parts.frames, parts.frames_tag = len(pages), "TIFF directories"
    if not pages:
        parts.ends_early = "it ends before its first directory"
        return
    order = byte_order(file)
    first = {entry.number: entry for entry in entries(file, pages[0])}
    for number, name in ((_XMP, names.XMP), (_IPTC, names.IPTC), (_C2PA, names.C2PA)):
        if number in first:
            parts.present(name, f"TIFF tag {number}")
    # Bit 0 of NewSubfileType: a reduced copy, as raw files have first. Its size is not the photo's.
    if SUBFILE_TYPE in first and _whole_number(file, order, first[SUBFILE_TYPE]) & 1:
        reason = "the first picture in the file is a reduced copy of the photo"
        parts.facts.append(Fact(names.WIDTH, names.COULD_NOT_BE_READ + reason, "TIFF NewSubfileType"))
    elif WIDTH in first and HEIGHT in first:
        width, height = (_whole_number(file, order, first[number]) for number in (WIDTH, HEIGHT))
        parts.sized(width, height, "TIFF ImageWidth, ImageLength")


def _whole_number(file: PhotoFile, order: str, entry: TiffEntry) -> int:
    return _number(order, file.at(entry.offset, min(entry.size, 4)))


def _number(order: str, data: bytes) -> int:
    return int.from_bytes(data, "little" if order == "<" else "big")
