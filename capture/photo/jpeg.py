"""The segments of a JPEG file before its picture data (ITU-T T.81 annex B; EXIF: CIPA DC-008)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from capture.photo import names
from capture.photo.photo_file import PhotoFile
from capture.photo.text import LONGEST, kept_text

if TYPE_CHECKING:
    from capture.photo.parts import Parts

# T.81, table B.1: C4 (Huffman tables), C8 (reserved) and CC (arithmetic coding) begin no frame. 01 and D0 to D7 have no
# length.
_SOF = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_ALONE = {0x01, *range(0xD0, 0xD8)}
# APP1 holds EXIF and XMP, APP11 JUMBF (ISO/IEC 19566-5), APP13 Photoshop's resources with IPTC.
_SOS, _EOI = 0xDA, 0xD9
_APP1, _APP11, _APP13, _COM = 0xE1, 0xEB, 0xED, 0xFE
_MOST_SEGMENTS = 10_000
# A marker in picture data, where the byte 0xFF is followed by 0x00 and restart markers stand on their own.
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_BLOCK = 1 << 14
_MOST_SCANS = 10_000


def walk(file: PhotoFile, parts: Parts) -> None:
    """Note what the segments state, up to the start of the picture data. Raises NotRead."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        # Walked by the stated lengths, not searched for markers: thumbnails and profiles hold whole JPEG files with
        # markers of their own.
        head = file.at(at, 4)
        if len(head) < 2:  # noqa: PLR2004 - a marker's two bytes
            parts.ends_early = "it ends before its picture data"
            return
        marker = head[1]
        if head[0] != 0xFF:  # noqa: PLR2004 - every marker begins so
            parts.ends_early = f"byte {at} should begin a segment and does not"
            return
        if marker == 0xFF:  # noqa: PLR2004 - a fill byte
            at += 1
            continue
        if marker in _ALONE:
            at += 2
            continue
        if marker == _SOS:
            parts.scans, whole = _scans(file, at)
            if not whole:  # a decoder may be done with the picture before it misses the end
                parts.ends_early = "it ends without its end marker"
            return
        length = int.from_bytes(head[2:4], "big")
        if marker == _EOI or length < 2:  # noqa: PLR2004 - a length counts itself
            parts.ends_early = "it ends before its picture data"
            return
        _segment(file, parts, marker, at + 4, length - 2)
        at += 2 + length
    parts.ends_early = "it has more segments than a photo has"


def _scans(file: PhotoFile, at: int) -> tuple[int, bool]:
    """Return how many scans the picture has, and whether its end was found, or given up after too many scans.

    Each scan makes a decoder pass over the whole of it again.
    """
    scans = 0
    while scans < _MOST_SCANS and len(head := file.at(at, 4)) == 4 and head[1] != _EOI:  # noqa: PLR2004 - marker, length
        scans += head[1] == _SOS
        at = _next_marker(file, at + 2 + int.from_bytes(head[2:4], "big"))
    return scans, scans == _MOST_SCANS or file.at(at, 2) == bytes([0xFF, _EOI])


def _next_marker(file: PhotoFile, at: int) -> int:
    """Return where the next marker stands, or the end of the file."""
    while block := file.at(at, _BLOCK):
        if found := _MARKER.search(block):
            return at + found.start()
        at += max(1, len(block) - 1)  # a marker may stand astride two blocks
    return file.size


def pixel_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a small JPEG in memory, such as a thumbnail; None where it states none."""
    from capture.photo.parts import Parts

    parts = Parts()
    walk(PhotoFile.of_bytes(data), parts)
    return (parts.width, parts.height) if parts.size_tag else None


def _segment(file: PhotoFile, parts: Parts, marker: int, at: int, length: int) -> None:
    if marker in _SOF:
        frame = file.at(at, 5)
        if len(frame) == 5:  # noqa: PLR2004 - precision, height, width
            parts.sized(
                int.from_bytes(frame[3:5], "big"), int.from_bytes(frame[1:3], "big"), f"JPEG SOF{marker - 0xC0}"
            )
    elif marker == _APP1:
        _app1(file, parts, at, length)
    elif marker == _APP11:
        start = file.at(at, min(length, 128))
        if start.startswith(b"JP") and start[12:16] == b"jumb":
            parts.present(names.C2PA if b"c2pa" in start else names.JUMBF, "JPEG APP11")
    elif marker == _APP13:
        if b"8BIM\x04\x04" in file.at(at, length):
            parts.present(names.IPTC, "JPEG APP13")
    elif marker == _COM:
        parts.text(names.COMMENT, kept_text(file.at(at, min(length, 4 * LONGEST)), length), "JPEG COM")


def _app1(file: PhotoFile, parts: Parts, at: int, length: int) -> None:
    data = file.at(at, length)
    if data.startswith(b"Exif\0") and parts.exif is None:
        parts.exif = PhotoFile.of_bytes(data[6:])
    elif data.startswith((b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0")):
        parts.present(names.XMP, "JPEG APP1")
