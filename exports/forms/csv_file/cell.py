r"""Text from the network as a cell of a spreadsheet: what it says can be read back, and none of it is a formula.

A spreadsheet takes a cell for a formula by its first characters. Where a cell begins is the reader's choice, for it
chooses the separator: under another than ours, one begins wherever that separator stands in a text. So an apostrophe is
put in front of what would begin a formula, at the beginning of a cell and after every usual separator in it. It stays
visible; whoever reads the file with a program calls `original`.

This guards the cells of this file as it is. Who splits them further, at spaces for example, makes new cells.
"""

from __future__ import annotations

import re
import unicodedata

# Characters of a text: spreadsheets cut off silently what is beyond 32,767 UTF-16 units; a character can be two.
LONGEST = 16_000

# What begins a formula: equals, plus, minus, at; and their full-width, small and mathematical forms.
_STARTS = "=+\\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63\ufe66\ufe6b"
_BLANK = r"[\s{\"\u200b-\u200d\u2060\ufeff]*"
# Apostrophes that stand in the text are doubled with ours in front, so that taking one away gives the text back.
_INSIDE = re.compile(rf"([,;|]{_BLANK})('*)(?=[{_STARTS}])")
_GUARDED_INSIDE = re.compile(rf"([,;|]{_BLANK})'('*)(?=[{_STARTS}])")
_BEGIN = re.compile(rf"'|{_BLANK}[{_STARTS}]|{_BLANK}[0-9.][0-9.,:/ eE%+\-]*$|{_BLANK}(?:true|false)$", re.IGNORECASE)

_ESCAPES = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\\": r"\\"}
_ESCAPED = re.compile(r"\\(?:([nrt\\])|x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))")
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = {"\u200c", "\u200d"}  # They shape letters in Persian and Indic scripts and build family emoji.


def guarded(text: str) -> str:
    r"""Write a text as a cell.

    Line breaks, control and invisible characters, unpaired surrogates and the backslash itself become `\n`, `\x07`,
    `\u202e`, `\\`; an apostrophe goes in front of what would begin a formula, or be read as a number, a date or a
    truth value, and of an apostrophe that begins the cell. A text that is too long for a cell ends in a note of that.
    """
    shown = _INSIDE.sub(r"\1\2'", _printable(text))
    return f"'{shown}" if _BEGIN.match(shown) else shown


def original(cell: str) -> str:
    """Return the text that `guarded` wrote as this cell."""
    shown = _GUARDED_INSIDE.sub(r"\1\2", cell.removeprefix("'"))
    return _ESCAPED.sub(_unescaped, shown)


def _printable(text: str) -> str:
    if len(text) <= LONGEST and text.isprintable() and "\\" not in text:
        return text
    written, length = [], 0
    # No further than may be shown: a text of many MB is not written out in order to be cut.
    for char in text[: LONGEST + 1]:
        written.append(_written(char))
        length += len(written[-1])
        if length > LONGEST:
            return f"{''.join(written[:-1])} [cut: {len(text):,} characters, whole in items.jsonl]"
    return "".join(written)


def _written(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char in _JOINERS or unicodedata.category(char) not in _HIDDEN:
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - widths of the escapes


def _unescaped(match: re.Match[str]) -> str:
    return _PLAIN[match[1]] if match[1] else chr(int(match[2] or match[3] or match[4], 16))
