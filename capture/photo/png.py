"""The chunks of a PNG file (W3C Portable Network Graphics, third edition)."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime

from capture.photo import names
from capture.photo.parts import LARGEST_EXIF, Parts
from capture.photo.photo_file import PhotoFile
from capture.photo.text import LONGEST, kept_text
from hashing.case.facts import Fact

_MOST_CHUNKS = 200_000
_LEAP_SECOND = 60
_RAW_PROFILES = re.compile(rb"Raw profile type (?:exif|app1|xmp|iptc)\0", re.IGNORECASE)
_RAW_PROFILE = re.compile(
    rb"\s*(?:exif|app1|xmp|iptc|generic profile)\s+([0-9]{1,8})\s([0-9a-fA-F\s]*)\Z", re.IGNORECASE
)
_OF_XMP, _OF_IPTC = (b"http://ns.adobe.com/xap/1.0/\0", b"<"), b"8BIM"
# Chunks that state something in so many words, and what is said of one whose checksum does not fit.
_STATING = {
    b"tIME": names.MODIFIED_TIME,
    b"eXIf": names.EXIF,
    b"tEXt": names.TEXT,
    b"zTXt": names.TEXT,
    b"iTXt": names.TEXT,
}
_EXIF_MARK = b"Exif\0\0"
_TEXT = 4 * LONGEST  # Bytes of a text that are looked at, and bytes that a compressed one may unpack to.

_KEYWORDS = {
    b"title": names.TITLE,
    b"author": names.ARTIST,
    b"description": names.DESCRIPTION,
    b"copyright": names.COPYRIGHT,
    b"software": names.SOFTWARE,
    b"comment": names.COMMENT,
}


def walk(file: PhotoFile, parts: Parts) -> None:
    """Note what the chunks state, to the last one. Raises NotRead."""
    at = 8
    for _ in range(_MOST_CHUNKS):
        head = file.at(at, 8)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if len(head) < 8 or at + 12 + length > file.size:  # noqa: PLR2004 - a chunk's length and type
            parts.ends_early = f"it ends inside or before chunk {kept_text(kind, len(kind)) or 'IEND'}"
            return
        if kind == b"IEND":
            return
        if kind in _STATING and length <= LARGEST_EXIF and not _is_sound(file, at, length):
            parts.text(_STATING[kind], f"{names.COULD_NOT_BE_READ}it is damaged", f"PNG {kind.decode()}")
        else:
            _chunk(file, parts, kind, at + 8, length)
        at += 12 + length
    parts.ends_early = "it has more chunks than a photo has"


def _is_sound(file: PhotoFile, at: int, length: int) -> bool:
    """Say whether the checksum of a chunk fits (section 5.5)."""
    return zlib.crc32(file.at(at + 4, 4 + length)) == int.from_bytes(file.at(at + 8 + length, 4), "big")


def _chunk(file: PhotoFile, parts: Parts, kind: bytes, at: int, length: int) -> None:
    # Only chunks that state something; pixels, colours and unknown chunks are passed over by their length.
    if kind == b"IHDR":
        size = file.at(at, 8)
        parts.sized(int.from_bytes(size[:4], "big"), int.from_bytes(size[4:], "big"), "PNG IHDR")
    elif kind == b"acTL":
        parts.frames, parts.frames_tag = int.from_bytes(file.at(at, min(length, 4)), "big"), "PNG acTL"
    elif kind == b"eXIf":
        parts.exif = PhotoFile.of_bytes(file.at(at, min(length, LARGEST_EXIF)).removeprefix(_EXIF_MARK))
    elif kind == b"caBX":
        parts.present(names.C2PA if b"c2pa" in file.at(at, min(length, 128)) else names.JUMBF, "PNG caBX")
    elif kind == b"tIME":
        _time(parts, file.at(at, min(length, 8)))
    elif kind in {b"tEXt", b"zTXt", b"iTXt"}:
        head = file.at(at, min(length, 80 + _TEXT))
        if _RAW_PROFILES.match(head):
            _raw_profile(file, parts, kind, at, min(length, LARGEST_EXIF))
        else:
            _text(parts, kind, head, length)


def _time(parts: Parts, data: bytes) -> None:
    """Note the last-modification time, which the standard defines as UTC."""
    try:
        if len(data) != 7:  # noqa: PLR2004 - year, month, day, hour, minute, second
            raise ValueError
        year = int.from_bytes(data[:2], "big")
        month, day, hour, minute, second = data[2:]
        datetime(year, month, day, hour, minute, min(second, 59) if second <= _LEAP_SECOND else second, tzinfo=UTC)
        value = f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}Z"
    except ValueError:
        value = f"{names.COULD_NOT_BE_READ}there is no such time"
    parts.facts.append(Fact(names.MODIFIED_TIME, value, "PNG tIME"))


def _raw_profile(file: PhotoFile, parts: Parts, kind: bytes, at: int, length: int) -> None:
    """Take the EXIF, XMP or IPTC that ImageMagick writes as a text: a name, a length, and the bytes in hexadecimal."""
    tag = f"PNG {kind.decode()} Raw profile"
    # The three kinds of text chunk (section 11.3.3): tEXt has its text behind the keyword; zTXt a byte for the method
    # and then deflate; iTXt a flag, a method, a language and a translated keyword before it.
    _, _, rest = file.at(at, length).partition(b"\0")
    packed = kind == b"zTXt"
    if kind == b"iTXt":
        packed = rest[:1] == b"\1"
        rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    elif packed:
        rest = rest[1:]
    try:
        text = zlib.decompressobj().decompress(rest, 2 * LARGEST_EXIF) if packed else rest
        match = _RAW_PROFILE.match(text)
        data = bytes.fromhex(match[2].decode("ascii")) if match else b""
        if match is None or len(data) != int(match[1]):
            raise ValueError
    except (zlib.error, ValueError):
        parts.facts.append(Fact(names.TEXT, f"{names.COULD_NOT_BE_READ}its profile is damaged", tag))
        return
    if data.startswith(_OF_XMP):
        parts.present(names.XMP, tag)
    elif data.startswith(_OF_IPTC):
        parts.present(names.IPTC, tag)
    elif parts.exif is None:
        parts.exif = PhotoFile.of_bytes(data.removeprefix(_EXIF_MARK))


def _text(parts: Parts, kind: bytes, data: bytes, length: int) -> None:
    keyword, _, rest = data.partition(b"\0")
    if keyword == b"XML:com.adobe.xmp":
        parts.present(names.XMP, f"PNG {kind.decode()}")
        return
    coding, size = "latin-1", length - len(keyword) - 1
    packed = kind == b"zTXt"
    if kind == b"iTXt":
        packed, coding = rest[:1] == b"\1", "utf-8"
        _, _, rest = rest[2:].partition(b"\0")
        _, _, rest = rest.partition(b"\0")
        size = length - (len(data) - len(rest))
    elif packed:
        rest = rest[1:]
    text = _unpacked(rest, size, coding) if packed else kept_text(rest[:_TEXT], size, coding)
    name = _KEYWORDS.get(keyword.lower(), names.TEXT)
    shown = (
        text
        if name != names.TEXT or not text
        else f"{kept_text(keyword[:79], min(len(keyword), 79), 'latin-1')}: {text}"
    )
    parts.text(name, shown, f"PNG {kind.decode()}")


def _unpacked(data: bytes, packed_size: int, coding: str) -> str:
    """Unpack a text, but never more of it than is kept."""
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(data, _TEXT)
    except zlib.error:
        return f"{names.COULD_NOT_BE_READ}its compression is damaged"
    if unpacker.eof:
        return kept_text(plain, len(plain), coding)
    return f"{kept_text(plain[:_TEXT], len(plain), coding)} (cut while unpacking {packed_size:,} compressed bytes)"
