"""From the bytes of a page to its characters, in the order in which browsers decide (HTML Standard, 13.2.3).

A byte order mark, the Content-Type, a <meta> or an XML declaration in the first 1,024 bytes; else UTF-8 where the
bytes are valid UTF-8, else a <meta> further down, else windows-1252. A label that names no encoding is passed over.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import cache

from webencodings import LABELS, lookup

# HTML Standard, 13.2.3.2: authors must declare an encoding within so many bytes.
_HEAD = 1024
_FURTHER_HEAD = 1 << 16  # Browsers that meet a <meta charset> late start the page anew with it.

_MARKS = ((b"\xef\xbb\xbf", "UTF-8"), (b"\xfe\xff", "UTF-16BE"), (b"\xff\xfe", "UTF-16LE"))
# A page without a mark whose first character is "<" in two bytes (XML 1.0, appendix F.1).
_WIDE_STARTS = ((b"<\0", "UTF-16LE"), (b"\0<", "UTF-16BE"))
# Encoding Standard, single-byte indexes: a byte below it that Python's codec has no character for is a C1 control.
_UNREPLACED_BELOW = 0xA0
# They show one � in the place of a page, or characters of nobody's: such a page is read as if it named nothing.
_NOT_READ = {"replacement", "x-user-defined"}
_SMALL = ("windows", "mac", "x-", "gb18030")
_MIXED = {"big5": "Big5", "shift_jis": "Shift_JIS"}

_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_META = re.compile(rb"<meta[\s/]([^>]*)", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""([^\s"'>/=]++)\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'>]++))""")
_XML_DECLARATION = re.compile(rb"""\s*<\?xml\s[^>]*?encoding\s*=\s*["']([^"'>]*)["']""")
_CHARSET = re.compile(r"""charset\s*+=\s*+["']?\s*+([^\s;"']++)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DecodedPage:
    """A page's characters, the Encoding Standard's name of their encoding, and what decided it."""

    text: str
    encoding: str
    decided_by: str


def decode(body: bytes, content_type: str = "") -> DecodedPage:
    """Decode the bytes of a page; what is not valid in its encoding, and NUL, become U+FFFD. Never fails."""
    encoding, decided_by, skip = _encoding_of(body, content_type)
    text = _to_text(body[skip:] if skip else body, encoding)
    return DecodedPage(text.replace("\0", "\ufffd"), encoding, decided_by)


def encoding_named(label: str) -> str | None:
    """Return the standard name of the encoding that a label stands for, or None where it stands for none."""
    name: str | None = LABELS.get(label.strip("\t\n\f\r ").lower())
    if name is None or name in _NOT_READ:
        return None
    return name if name.startswith(_SMALL) else _MIXED.get(name, name.upper())


def _encoding_of(body: bytes, content_type: str) -> tuple[str, str, int]:
    """Return the encoding, what decided it, and how many bytes of byte order mark there are."""
    # The order is the standard's, and what a page looks like depends on it: a page that says UTF-8 in its <meta> and
    # comes with windows-1251 in its header is shown as the header says, by every browser.
    for mark, name in _MARKS:
        if body.startswith(mark):
            return name, "byte order mark", len(mark)
    if found := _charset_in(content_type[:_HEAD]):
        return found, "Content-Type", 0
    if found := _declared(body[:_HEAD]):
        return found, "meta", 0
    for start, name in _WIDE_STARTS:
        if body.startswith(start):
            return name, "its first bytes", 0
    if _is_utf8(body):
        return "UTF-8", "valid UTF-8", 0
    if found := _declared(body[:_FURTHER_HEAD]):
        return found, "meta", 0
    return "windows-1252", "nothing says otherwise", 0


def _charset_in(value: str) -> str | None:
    match = _CHARSET.search(value)
    return encoding_named(match[1]) if match else None


def _declared(head: bytes) -> str | None:
    """Find what a <meta> or an XML declaration says; one that claims UTF-16 there cannot be, and means UTF-8."""
    # The first <meta> that names one counts, comments left out (HTML Standard, "prescan a byte stream").
    for meta in _META.finditer(_COMMENT.sub(b"", head)):
        values = {name.lower(): a or b or c for name, a, b, c in _ATTRIBUTE.findall(meta[1])}
        found = encoding_named(values.get(b"charset", b"").decode("latin-1"))
        if not found and values.get(b"http-equiv", b"").lower() == b"content-type":
            found = _charset_in(values.get(b"content", b"").decode("latin-1"))
        if found:
            return "UTF-8" if found.startswith("UTF-16") else found
    xml = _XML_DECLARATION.match(head)
    found = encoding_named(xml[1].decode("latin-1")) if xml else None
    return "UTF-8" if found and found.startswith("UTF-16") else found


def _is_utf8(body: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(body)  # a page that is cut off may end inside a character
    except UnicodeDecodeError:
        return False
    return True


def _to_text(body: bytes, encoding: str) -> str:
    codec = "gb18030" if encoding == "GBK" else lookup(encoding).codec_info.name
    if (table := _single_byte_table(codec)) is None:
        return body.decode(codec, "replace")
    return codecs.charmap_decode(body, "strict", table)[0]


@cache
def _single_byte_table(codec: str) -> str | None:
    """Return the 256 characters of a single-byte encoding, or None for another.

    The standard gives the control character of the same number to bytes 80 to 9F that have no character; Python's
    codecs refuse them.
    """
    if codec.startswith(("utf", "gb", "big5", "euc", "iso2022", "cp932", "cp949")):
        return None
    one_by_one = (bytes([byte]).decode(codec, "ignore") for byte in range(256))
    return "".join(c or (chr(n) if n < _UNREPLACED_BELOW else "\ufffd") for n, c in enumerate(one_by_one))
