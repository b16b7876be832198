"""All facts of one photo. The bytes are hostile: run this in the sandbox."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from capture.photo import bitmap, gif, heif, jpeg, names, png, tiff, webp
from capture.photo.exif_facts import exif_facts, thumbnail_facts
from capture.photo.exif_tags import Tags, read_tags
from capture.photo.gps_facts import gps_facts
from capture.photo.parts import Parts
from capture.photo.photo_file import PhotoFile, PhotoNotRead
from capture.photo.picture import decode
from capture.photo.time_facts import time_facts
from capture.request.media_type import HEAD, sniff
from hashing.case.facts import Fact

MOST_FACTS = 250
_FIRST_BYTES = "first bytes"


@dataclass(frozen=True, slots=True)
class _PhotoFormat:
    """A format: its name, the walk through its container if there is one, and Pillow's name for it if it decodes it."""

    name: str
    walk: Callable[[PhotoFile, Parts], None] | None = None
    pillow: str = ""


_FORMATS = {
    "image/jpeg": _PhotoFormat("JPEG", jpeg.walk, "JPEG"),
    "image/png": _PhotoFormat("PNG", png.walk, "PNG"),
    "image/gif": _PhotoFormat("GIF", gif.walk, "GIF"),
    "image/webp": _PhotoFormat("WebP", webp.walk, "WEBP"),
    "image/tiff": _PhotoFormat("TIFF", tiff.walk, "TIFF"),
    "image/bmp": _PhotoFormat("BMP", bitmap.walk_bmp, "BMP"),
    "image/vnd.microsoft.icon": _PhotoFormat("ICO", bitmap.walk_icon, "ICO"),
    "image/avif": _PhotoFormat("AVIF", heif.walk, "AVIF"),
    "image/heic": _PhotoFormat("HEIC", heif.walk),
    "image/heic-sequence": _PhotoFormat("HEIC", heif.walk),
    "image/heif": _PhotoFormat("HEIF", heif.walk),
    "image/heif-sequence": _PhotoFormat("HEIF", heif.walk),
    "image/svg+xml": _PhotoFormat("SVG"),
    "image/jxl": _PhotoFormat("JPEG XL"),
    "image/jp2": _PhotoFormat("JPEG 2000"),
}


def facts_in(file: BinaryIO) -> tuple[Fact, ...]:
    """Return what a photo states about itself. What cannot be read is a fact that says so. Run this in the sandbox."""
    try:
        photo = PhotoFile(file, os.fstat(file.fileno()).st_size)
        return tuple(fact for fact, _ in zip(_facts(photo), range(MOST_FACTS), strict=False))
    except PhotoNotRead as error:
        return (Fact(names.PHOTO, f"{names.COULD_NOT_BE_READ}{error}", "file"),)


def _facts(photo: PhotoFile) -> Iterator[Fact]:
    if not photo.size:
        raise PhotoNotRead("the file is empty")
    # 1. By its bytes, whatever its name or its server says.
    kind = sniff(photo.at(0, HEAD))
    if kind is None:
        yield _unread(names.FORMAT, "the first bytes are of no format that is known here", _FIRST_BYTES)
        return
    form = _FORMATS.get(kind.mime)
    if form is None:
        yield Fact(names.FORMAT, kind.mime, _FIRST_BYTES)
        yield _unread(names.PHOTO, f"the file is no photo, but {kind.mime}", _FIRST_BYTES)
        return
    yield Fact(names.FORMAT, form.name, _FIRST_BYTES)
    # 2. Walk its parts ourselves: that reaches what Pillow does not tell, and what stands before a fault is still read.
    parts = Parts()
    if form.walk is not None:
        try:
            form.walk(photo, parts)
        except PhotoNotRead as error:
            parts.ends_early = parts.ends_early or str(error)
    # 3. Decode last: it costs the most, and is judged by the size that the parts state.
    yield from _picture_facts(photo, parts, form)
    yield from parts.facts
    if parts.exif is not None:
        yield from _exif_facts(parts.exif, parts, inside=form.pillow != "TIFF")


def _picture_facts(photo: PhotoFile, parts: Parts, form: _PhotoFormat) -> Iterator[Fact]:
    decoded = decode(photo, parts, form.name, form.pillow)
    # Pillow's word for the size only where the file's own parts state none, and did not say why.
    if not parts.size_tag and decoded.size and not any(fact.name == names.WIDTH for fact in parts.facts):
        parts.sized(*decoded.size, "Pillow")
    if parts.size_tag:
        yield Fact(names.WIDTH, parts.width, parts.size_tag)
        yield Fact(names.HEIGHT, parts.height, parts.size_tag)
    if parts.frames > 1:
        yield Fact(names.FRAMES, parts.frames, parts.frames_tag)
    if parts.ends_early:
        yield _unread(names.FILE_STRUCTURE, parts.ends_early, form.name)
    yield decoded.fact


def _exif_facts(block: PhotoFile, parts: Parts, *, inside: bool) -> Iterator[Fact]:
    try:
        tags = read_tags(block)
    except PhotoNotRead as error:
        yield _unread(names.EXIF, str(error), "EXIF")
        return
    readers: list[Callable[[Tags], Iterator[Fact]]] = [time_facts, gps_facts, exif_facts]
    if inside:  # in a TIFF file the second directory is the second page
        readers.append(lambda found: thumbnail_facts(found, parts))
    for reader in readers:
        yield from reader(tags)


def _unread(name: str, reason: str, tag: str) -> Fact:
    return Fact(name, f"{names.COULD_NOT_BE_READ}{reason}", tag)
