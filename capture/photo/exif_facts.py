"""What a photo's EXIF says of the camera, of the picture and of who made it, and the small picture inside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from capture.photo import names, tiff
from capture.photo.exif_tags import ExifTag, Tags, value_at
from capture.photo.jpeg import pixel_size
from capture.photo.parts import Parts
from capture.photo.photo_file import PhotoNotRead
from capture.photo.text import kept_text
from capture.photo.tiff import TiffEntry
from hashing.case.facts import Fact

# EXIF 2.32 (CIPA DC-008), sections 4.6.3 to 4.6.5, here and below; the XP tags are Microsoft's, in UTF-16.
_EXIF_POINTER, _MAKER_NOTE, _USER_COMMENT = 0x8769, 0x927C, 0x9286

_TEXTS = (
    (names.CAMERA_MAKE, ExifTag("Image", 0x010F, "Make")),
    (names.CAMERA_MODEL, ExifTag("Image", 0x0110, "Model")),
    (names.LENS_MAKE, ExifTag("EXIF", 0xA433, "LensMake")),
    (names.LENS_MODEL, ExifTag("EXIF", 0xA434, "LensModel")),
    (names.SERIAL_NUMBER, ExifTag("EXIF", 0xA431, "BodySerialNumber")),
    (names.LENS_SERIAL_NUMBER, ExifTag("EXIF", 0xA435, "LensSerialNumber")),
    (names.OWNER, ExifTag("EXIF", 0xA430, "CameraOwnerName")),
    (names.SOFTWARE, ExifTag("Image", 0x0131, "Software")),
    (names.HOST_COMPUTER, ExifTag("Image", 0x013C, "HostComputer")),
    (names.IMAGE_ID, ExifTag("EXIF", 0xA420, "ImageUniqueID")),
    (names.ARTIST, ExifTag("Image", 0x013B, "Artist")),
    (names.DESCRIPTION, ExifTag("Image", 0x010E, "ImageDescription")),
)
_FINEST = 100_000  # Exposure times are shown as fractions (1/60 s) down to this one, and otherwise as decimals.
_COPYRIGHT = ExifTag("Image", 0x8298, "Copyright")

_WINDOWS_TEXTS = (
    (names.TITLE, ExifTag("Image", 0x9C9B, "XPTitle")),
    (names.COMMENT, ExifTag("Image", 0x9C9C, "XPComment")),
    (names.ARTIST, ExifTag("Image", 0x9C9D, "XPAuthor")),
    (names.KEYWORDS, ExifTag("Image", 0x9C9E, "XPKeywords")),
    (names.SUBJECT, ExifTag("Image", 0x9C9F, "XPSubject")),
)

_WHOLE_NUMBERS = (
    (names.EXIF_WIDTH, ExifTag("EXIF", 0xA002, "PixelXDimension")),
    (names.EXIF_HEIGHT, ExifTag("EXIF", 0xA003, "PixelYDimension")),
    (names.FOCAL_LENGTH_35MM, ExifTag("EXIF", 0xA405, "FocalLengthIn35mmFilm")),
)
_ISO = ExifTag("EXIF", 0x8827, "PhotographicSensitivity")
_EXPOSURE = ExifTag("EXIF", 0x829A, "ExposureTime")
_F_NUMBER = ExifTag("EXIF", 0x829D, "FNumber")
_FOCAL_LENGTH = ExifTag("EXIF", 0x920A, "FocalLength")
_ORIENTATION = ExifTag("Image", 0x0112, "Orientation")

_ORIENTATIONS = {
    1: "upright as stored",
    2: "mirrored left to right",
    3: "to be turned by 180°",
    4: "mirrored top to bottom",
    5: "mirrored left to right, then to be turned 90° anticlockwise",
    6: "to be turned 90° clockwise",
    7: "mirrored left to right, then to be turned 90° clockwise",
    8: "to be turned 90° anticlockwise",
}

_OFFSET = ExifTag("Thumbnail", 0x0201, "JPEGInterchangeFormat")
_LENGTH = ExifTag("Thumbnail", 0x0202, "JPEGInterchangeFormatLength")
_LARGEST = 1 << 20
# Two shapes this close are the same: sides of a small picture are rounded, some to multiples of eight.
_ROUNDING = 0.03


def exif_facts(tags: Tags) -> Iterator[Fact]:
    """Yield the facts, in the order in which a person asks for them."""
    yield from _orientation(tags)
    for name, tag in _TEXTS:
        yield from _text(tags, name, tag, tags.text)
    yield from _text(tags, names.COPYRIGHT, _COPYRIGHT, lambda tag: _both_notices(tags.data(tag)[0]))
    for name, tag in _WINDOWS_TEXTS:
        yield from _text(tags, name, tag, lambda tag: kept_text(*tags.data(tag), "utf-16-le"))
    yield from _exif_directory_facts(tags)
    for name, tag in _WHOLE_NUMBERS:
        yield from _number(tags, name, tag)
    yield from _exposure(tags)


def _orientation(tags: Tags) -> Iterator[Fact]:
    if _ORIENTATION not in tags:
        return
    try:
        value = tags.number(_ORIENTATION)
    except PhotoNotRead as error:
        yield _unread(names.ORIENTATION, error, _ORIENTATION)
        return
    if value not in _ORIENTATIONS:
        yield _unread(names.ORIENTATION, f"{value} is not between 1 and 8", _ORIENTATION)
        return
    yield Fact(names.ORIENTATION, int(value), str(_ORIENTATION))
    yield Fact(names.ORIENTATION_WORDS, _ORIENTATIONS[int(value)], str(_ORIENTATION))


def _text(tags: Tags, name: str, tag: ExifTag, read: Callable[[ExifTag], str]) -> Iterator[Fact]:
    if tag not in tags:
        return
    try:
        # A tag that cannot be read is a fact as well: that it is there, and why it says nothing.
        text = read(tag)
    except PhotoNotRead as error:
        yield _unread(name, error, tag)
        return
    if text:
        yield Fact(name, text, str(tag))


def _both_notices(data: bytes) -> str:
    """Return a copyright notice: the standard puts the photographer's before a zero byte and the editor's after it."""
    return "; ".join(filter(None, (kept_text(part, len(part)) for part in data.split(b"\0")[:2])))


def _exif_directory_facts(tags: Tags) -> Iterator[Fact]:
    """Yield what exifread leaves out where it leaves out maker notes."""
    pointer = ExifTag("Image", _EXIF_POINTER, "ExifIFD")
    if pointer not in tags:
        return
    try:
        # A maker note is in each camera's own format: that there is one is said, and no more.
        entries = {entry.number: entry for entry in tiff.entries(tags.block, int(tags.number(pointer)))}
        if _USER_COMMENT in entries:
            text = _user_comment(tags, entries[_USER_COMMENT])
            if text:
                yield Fact(names.USER_COMMENT, text, "EXIF UserComment")
    except PhotoNotRead as error:
        yield _unread(names.USER_COMMENT, error, "EXIF UserComment")
        return
    if _MAKER_NOTE in entries:
        yield Fact(names.MAKER_NOTE, value=True, tag="EXIF MakerNote")


def _user_comment(tags: Tags, entry: TiffEntry) -> str:
    """Return the comment; its first eight bytes say how it is coded."""
    data, size = value_at(tags.block, entry.offset, entry.size)
    text = data[8:]
    coding = {b"UNICODE\0": "utf-16", b"JIS\0\0\0\0\0": "iso2022_jp"}.get(data[:8], "utf-8")
    if coding == "utf-16":
        coding = _utf_16_order(text, tags.order)
        text = text.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return kept_text(text, len(text) + size - len(data), coding)


def _utf_16_order(text: bytes, order: str) -> str:
    """Tell which byte of each pair is the high one, since the standard does not: the one that differs less.

    A mark at the beginning settles it; where nothing else does, the byte order of the EXIF block counts.
    """
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16-le" if text.startswith(b"\xff") else "utf-16-be"
    first, second = len(set(text[::2])), len(set(text[1::2]))
    if first == second:
        return "utf-16-le" if order == "<" else "utf-16-be"
    return "utf-16-be" if first < second else "utf-16-le"


def _number(tags: Tags, name: str, tag: ExifTag) -> Iterator[Fact]:
    if tag not in tags:
        return
    try:
        yield Fact(name, int(tags.number(tag)), str(tag))
    except PhotoNotRead as error:
        yield _unread(name, error, tag)


def _exposure(tags: Tags) -> Iterator[Fact]:
    # Each by itself, as everything here: one value that is void must not cost the others.
    for name, tag in (
        (names.EXPOSURE_TIME, _EXPOSURE),
        (names.F_NUMBER, _F_NUMBER),
        (names.FOCAL_LENGTH, _FOCAL_LENGTH),
    ):
        if tag not in tags:
            continue
        try:
            yield Fact(name, _in_unit(name, tags.number(tag)), str(tag))
        except PhotoNotRead as error:
            yield _unread(name, error, tag)
    if _ISO in tags:
        try:
            first = next(iter(tags.numbers(_ISO)), None)  # some cameras write two, the second always 0
            if first is not None:
                yield Fact(names.ISO, int(first), str(_ISO))
        except PhotoNotRead as error:
            yield _unread(names.ISO, error, _ISO)


def _in_unit(name: str, value: Fraction) -> str:
    if name == names.EXPOSURE_TIME:
        return f"{value} s" if value < 1 and value.denominator <= _FINEST else f"{float(value):g} s"
    return f"f/{float(value):g}" if name == names.F_NUMBER else f"{float(value):g} mm"


def _unread(name: str, reason: object, tag: object) -> Fact:
    return Fact(name, f"{names.COULD_NOT_BE_READ}{reason}", str(tag))


def thumbnail_facts(tags: Tags, parts: Parts) -> Iterator[Fact]:
    """Yield whether there is a thumbnail, and whether its shape is the photo's."""
    if _OFFSET not in tags:
        return
    tag = f"{_OFFSET}, {_LENGTH}"
    try:
        # A thumbnail of another shape than the photo is a sign that the photo was cropped by a program that left it as
        # it was.
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
