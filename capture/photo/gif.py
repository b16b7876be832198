"""The blocks of a GIF file (CompuServe GIF89a specification)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.photo import names
from capture.photo.photo_file import PhotoFile
from capture.photo.text import LONGEST, NO_TRAILER, kept_text

if TYPE_CHECKING:
    from capture.photo.parts import Parts

# GIF89a, sections 20, 23, 24, 26 and 27, and appendix A.
_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_COMMENT, _APPLICATION = 0xFE, 0xFF
_EARLY = "it ends before its last frame is complete"


def walk(file: PhotoFile, parts: Parts) -> None:
    """Note the size, count the frames, and see whether the file goes on to its trailer. Raises NotRead."""
    # Signature (6 bytes), logical screen descriptor (7), a global colour table if bit 7 of its flags is set.
    screen = file.at(0, 13)
    if len(screen) < 13:  # noqa: PLR2004 - signature and logical screen descriptor
        parts.ends_early = "it ends inside its header"
        return
    parts.sized(int.from_bytes(screen[6:8], "little"), int.from_bytes(screen[8:10], "little"), "GIF screen descriptor")
    parts.frames, parts.frames_tag = 0, "GIF image descriptors"
    at = 13 + _table(screen[10])
    # Block by block to the trailer (GIF89a, section 17 on): each says how long it is, so no pixel is unpacked.
    while True:
        head = file.at(at, 10)
        kind = head[0] if head else None
        if kind == _TRAILER:
            return
        if kind == _IMAGE and len(head) == 10:  # noqa: PLR2004 - an image descriptor
            at, whole = _skip_blocks(file, at + 11 + _table(head[9]))
            parts.frames += 1
        elif kind == _EXTENSION and len(head) > 1:
            if head[1] == _COMMENT:
                data = _comment(file, at + 2)
                parts.text(names.COMMENT, kept_text(data, len(data)), "GIF comment extension")
            elif head[1] == _APPLICATION and file.at(at + 3, 11) == b"XMP DataXMP":
                parts.present(names.XMP, "GIF application extension")
            at, whole = _skip_blocks(file, at + 2)
        else:
            if kind is None and parts.frames:
                parts.ends_early = NO_TRAILER
                return
            parts.ends_early = _EARLY if kind is None or kind in {_IMAGE, _EXTENSION} else f"byte {at} begins no block"
            return
        if not whole:
            parts.ends_early = _EARLY
            return


def _table(flags: int) -> int:
    """Return the bytes of the colour table that flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _comment(file: PhotoFile, at: int) -> bytes:
    """Return the text of a comment, which stands in one sub-block or in several."""
    data = b""
    while len(data) < 4 * LONGEST and (length := file.at(at, 1)) and length[0]:
        data += file.at(at + 1, length[0])
        at += 1 + length[0]
    return data


def _skip_blocks(file: PhotoFile, at: int) -> tuple[int, bool]:
    """Return where a run of sub-blocks ends, and whether it does."""
    while True:
        length = file.at(at, 1)
        if not length:
            return at, False
        at += 1 + length[0]
        if not length[0]:
            return at, True
