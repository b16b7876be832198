"""The small picture inside a photo's EXIF: cameras write it, and programs that crop a photo often forget it."""

from __future__ import annotations

from collections.abc import Iterator

from capture.photo import names
from capture.photo.exif_tags import ExifTag, Tags
from capture.photo.jpeg import pixel_size
from capture.photo.parts import Parts
from capture.photo.photo_file import PhotoNotRead
from hashing.case.facts import Fact

_OFFSET = ExifTag("Thumbnail", 0x0201, "JPEGInterchangeFormat")
_LENGTH = ExifTag("Thumbnail", 0x0202, "JPEGInterchangeFormatLength")
_LARGEST = 1 << 20
_ROUNDING = 0.03
"""Two shapes this close are the same: sides of a small picture are rounded, some to multiples of eight."""


def thumbnail_facts(tags: Tags, parts: Parts) -> Iterator[Fact]:
    """Yield whether there is a thumbnail, and whether its shape is the photo's."""
    if _OFFSET not in tags:
        return
    tag = f"{_OFFSET}, {_LENGTH}"
    try:
        offset, length = int(tags.number(_OFFSET)), int(tags.number(_LENGTH))
        data = tags.block.at(offset, min(length, _LARGEST))
        size = pixel_size(data) if data.startswith(b"\xff\xd8") else None
        if size is None or not all(size):
            raise PhotoNotRead(f"there is no JPEG where EXIF says that one is, at byte {offset:,}")
        if len(data) < min(length, _LARGEST):
            raise PhotoNotRead(f"it ends after {len(data):,} of {length:,} bytes")
    except PhotoNotRead as error:
        yield Fact(names.THUMBNAIL, f"{names.COULD_NOT_BE_READ}{error}", tag)
        return
    width, height = size
    yield Fact(names.THUMBNAIL, f"JPEG, {width} by {height} pixels, {length:,} bytes", tag)
    if parts.width and parts.height:
        yield Fact(names.THUMBNAIL_SHAPE, _shape(width / height, parts.width / parts.height), tag)


def _shape(thumbnail: float, photo: float) -> str:
    if _alike(thumbnail, photo):
        return "as the photo's"
    if _alike(thumbnail, 1 / photo):
        return "the photo's, turned by 90°: the photo may have been turned after the shot"
    return "differs from the photo's: the photo may have been cropped after the shot, or the camera pads its thumbnails"


def _alike(one: float, other: float) -> bool:
    return abs(one / other - 1) <= _ROUNDING
