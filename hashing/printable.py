"""What people are shown: text from strangers made safe, and numbers of bytes."""

from __future__ import annotations

import unicodedata

_BAD_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Joiners shape letters in Persian and Indic scripts and build family emoji; they cannot reorder or hide anything.
_HARMLESS = {"\u200c", "\u200d"}
_STEP = 1024
_UNITS = ("KiB", "MiB", "GiB", "TiB")


def printable(text: str, longest: int = 0) -> str:
    r"""Write control, bidirectional and invisible characters out as `\x1b`, `\u202e`; keep all that can be read.

    So no text moves a cursor, hides or reorders what stands around it. With `longest`, a longer text is cut to that
    many characters and ends in an ellipsis.
    """
    if text.isprintable() and (not longest or len(text) <= longest):
        return text
    shown = "".join(char if _shown_as_is(char) else _escaped(char) for char in text)
    if longest and len(shown) > longest:
        return shown[: longest - 1] + "…"
    return shown


def human_size(count: float) -> str:
    """Write a number of bytes with a binary unit: `812 B`, `1.2 MiB`."""
    if count < _STEP:
        return f"{count:.0f} B"
    value, unit = count / _STEP, 0
    # 1,023.96 KiB would be written as 1024.0 KiB.
    while round(value, 1) >= _STEP and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    return f"{value:.1f} {_UNITS[unit]}"


def _shown_as_is(char: str) -> bool:
    return char in _HARMLESS or unicodedata.category(char) not in _BAD_CATEGORIES


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - widths of the escapes
