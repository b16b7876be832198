"""The headers of BMP files and of Windows icons."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from capture.photo.photo_file import PhotoFile

if TYPE_CHECKING:
    from capture.photo.parts import Parts


def walk_bmp(file: PhotoFile, parts: Parts) -> None:
    """Note the size; a negative height means that the rows run from top to bottom. Raises NotRead."""
    header = file.at(14, 12)
    if len(header) < 12:  # noqa: PLR2004 - header size, width and height
        parts.ends_early = "it ends inside its header"
    elif header[0] == 12:  # noqa: PLR2004 - OS/2's older header
        width, height = struct.unpack("<HH", header[4:8])
        parts.sized(width, height, "BMP header")
    else:
        width, height = struct.unpack("<ii", header[4:12])
        parts.sized(abs(width), abs(height), "BMP header")


def walk_icon(file: PhotoFile, parts: Parts) -> None:
    """Note the size of the largest picture and how many there are. Raises NotRead."""
    count = int.from_bytes(file.at(4, 2), "little")
    directory = file.at(6, 16 * count)
    parts.frames, parts.frames_tag = count, "ICO directory"
    largest = (0, 0)
    for width, height, offset_end in (
        (
            # One byte for an edge, 0 stands for 256.
            entry[0] or 256,
            entry[1] or 256,
            int.from_bytes(entry[8:12], "little") + int.from_bytes(entry[12:16], "little"),
        )
        for entry in (directory[at : at + 16] for at in range(0, len(directory) - 15, 16))
    ):
        largest = max(largest, (width, height))
        if offset_end > file.size:
            parts.ends_early = "it ends inside a picture"
    if len(directory) < 16 * count:
        parts.ends_early = "it ends inside its directory"
    if largest != (0, 0):
        parts.sized(*largest, "ICO directory")
