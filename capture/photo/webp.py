"""The chunks of a WebP file (RFC 9649)."""

from __future__ import annotations

from capture.photo import names
from capture.photo.parts import LARGEST_EXIF, Parts
from capture.photo.photo_file import PhotoFile

_MOST_CHUNKS = 200_000


def walk(file: PhotoFile, parts: Parts) -> None:
    """Note what the chunks state, to the last one. Raises NotRead."""
    # RFC 9649, section 2.4: the size in the header leaves out its own first eight bytes; chunks of odd length are
    # padded.
    end = int.from_bytes(file.at(4, 4), "little") + 8
    at, frames = 12, 0
    for _ in range(_MOST_CHUNKS):
        if at >= end:
            break
        head = file.at(at, 8)
        length, kind = int.from_bytes(head[4:8], "little"), head[:4]
        if len(head) < 8 or at + 8 + length > file.size:  # noqa: PLR2004 - a chunk's type and length
            parts.ends_early = "it ends inside a chunk"
            break
        frames += kind == b"ANMF"
        _chunk(file, parts, kind, at + 8, length)
        at += 8 + length + (length & 1)
    if frames:
        parts.frames, parts.frames_tag = frames, "WebP ANMF"


def _chunk(file: PhotoFile, parts: Parts, kind: bytes, at: int, length: int) -> None:
    if kind in {b"VP8X", b"VP8L", b"VP8 "}:
        if size := _size(kind, file.at(at, 10)):
            parts.sized(*size, f"WebP {kind.decode().strip()}")
    elif kind == b"EXIF":
        parts.exif = PhotoFile.of_bytes(file.at(at, min(length, LARGEST_EXIF)).removeprefix(b"Exif\0\0"))
    elif kind == b"XMP ":
        parts.present(names.XMP, "WebP XMP")
    elif kind == b"C2PA":
        parts.present(names.C2PA, "WebP C2PA")


def _size(kind: bytes, data: bytes) -> tuple[int, int] | None:
    if len(data) < 10:  # noqa: PLR2004 - the longest of the three headers
        return None
    if kind == b"VP8X":
        return int.from_bytes(data[4:7], "little") + 1, int.from_bytes(data[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        return ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1) if data[0] == 0x2F else None  # noqa: PLR2004 - signature
    if data[3:6] != b"\x9d\x01\x2a":
        return None
    return int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF
