"""Text from the network, made safe to show: nothing in it may move a cursor, hide or reorder what stands around it."""

from __future__ import annotations

import unicodedata

_BAD_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Joiners shape letters in Persian and Indic scripts and build family emoji; they cannot reorder or hide anything.
_HARMLESS = {"\u200c", "\u200d"}


def printable(text: str, longest: int = 0) -> str:
    r"""Write control, bidirectional and invisible characters out as `\x1b`, `\u202e`; keep all that can be read.

    With `longest`, a longer text is cut to that many characters and ends in an ellipsis.
    """
    if text.isprintable() and (not longest or len(text) <= longest):
        return text
    shown = "".join(char if _shown_as_is(char) else _escaped(char) for char in text)
    if longest and len(shown) > longest:
        return shown[: longest - 1] + "…"
    return shown


def _shown_as_is(char: str) -> bool:
    return char in _HARMLESS or unicodedata.category(char) not in _BAD_CATEGORIES


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - widths of the escapes
