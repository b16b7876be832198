r"""Text from a photo, made safe to keep and to show: hostile text can move cursors, reorder lines or fill a disk."""

from __future__ import annotations

import re
import struct

from hashing.printable import printable

LONGEST = 1000  # Characters of one text that are kept.

# Pillow has no class of error for a file that breaks off.
_ENDS_EARLY = re.compile(r"truncated|end of (file|data|stream)|not enough|too short|unexpected end|EOF", re.IGNORECASE)
# What a parser runs into that did not expect such bytes; its message would mean nothing to a reader.
_STUMBLES = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, struct.error)
# Its words may name objects in memory and paths of this computer, which differ from run to run and are nobody's affair.
_OBJECT = re.compile(r"<[^<>]*>|\b0x[0-9a-fA-F]+\b|'[^']*[/\\][^']*'|(?<!\w)/[^\s'\"]+")


def kept_text(data: bytes, length: int, coding: str = "utf-8") -> str:
    r"""Return text as it is kept: escaped, without padding, cut after 1,000 characters with a note that says so.

    `data` may be the beginning only of `length` bytes. Bytes that the coding does not know are written as `\xe9`:
    which older coding was meant is not for us to guess.
    """
    text = data.decode(coding, "backslashreplace").strip("\0 \t\r\n")
    if len(text) <= LONGEST and len(data) >= length:
        return printable(text)
    return f"{printable(text[:LONGEST])}… (cut: {length:,} bytes in all)"


# What is said of a GIF that has all its frames: nothing is missing that could be seen.
NO_TRAILER = "it ends without its trailer"
# How a parser's word begins that a file is not whole; other words may be of what the parser cannot read.
BROKEN = (_EARLY, _DAMAGED) = ("it ends early", "its beginning is damaged")


def in_plain_words(error: Exception) -> str:
    """Return what a parser's error means to a person, without object addresses and paths."""
    # Sentences for people; the same damage must read the same whichever library stumbled over it.
    if isinstance(error, MemoryError):
        return "it takes more memory to read than is allowed"
    if isinstance(error, RecursionError):
        return "its parts are nested too deeply"
    said = printable(" ".join(_OBJECT.sub("", str(error)).split()))[:200].strip(" .:")
    if isinstance(error, EOFError) or _ENDS_EARLY.search(said):
        return f"{_EARLY} ({said})" if said else _EARLY
    if said.startswith("cannot identify"):
        return f"{_DAMAGED}, or it is not what its first bytes say"
    if isinstance(error, _STUMBLES):
        return f"it is not built as its format demands ({type(error).__name__})"
    return f"the reader says: {said}" if said else f"the reader failed ({type(error).__name__})"
