"""From the bytes of a feed to its characters, and back to the bytes that each stretch of them was."""

from __future__ import annotations

from dataclasses import dataclass

from capture.page.encoding import DecodedPage, decode

_MARKS = (b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe")
_FURTHER = "windows-1252"
_BY_NOTHING = "nothing says otherwise"  # What `decode` says where it falls back on what browsers do with pages.
_LOST = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Characters:
    """A feed's characters, and its bytes as `units`, in which markup can be found without decoding.

    Each character of `units` is one code unit: a byte, or two in UTF-16. Every encoding that a feed is served in
    writes the markup of XML in ASCII units, so a place in `units` is a place in the bytes.
    """

    body: bytes
    text: str
    encoding: str
    decided_by: str
    units: str
    width: int  # Bytes a unit.
    mark: int  # Bytes of the byte order mark, which `units` leaves out.

    @classmethod
    def of(cls, body: bytes, content_type: str) -> Characters:
        """Read the bytes of a feed. Never fails: what is not valid in its encoding becomes U+FFFD."""
        decoded = _decoded(body, content_type)
        mark = next((len(mark) for mark in _MARKS if body.startswith(mark)), 0)
        wide = decoded.encoding.startswith("UTF-16")
        units = _wide_units(body[mark:], decoded.encoding) if wide else body[mark:].decode("latin-1")
        return cls(body, decoded.text, decoded.encoding, decoded.decided_by, units, 2 if wide else 1, mark)

    def offset(self, unit: int) -> int:
        """Return the byte at which a unit begins."""
        return self.mark + unit * self.width

    def bytes(self, start: int, end: int) -> bytes:
        """Return the bytes of a stretch of units."""
        return self.body[self.offset(start) : self.offset(end)]

    def read(self, start: int, end: int) -> str:
        """Return the characters of a stretch of units."""
        return decode(self.bytes(start, end), f"text/xml; charset={self.encoding}").text

    @property
    def lost(self) -> int:
        """How many characters could not be read."""
        return self.text.count(_LOST)


def _decoded(body: bytes, content_type: str) -> DecodedPage:
    """Decode, and see through a declaration that cannot be true.

    Bytes beyond ASCII that are valid UTF-8 are UTF-8, whatever is declared: no text in another encoding is so by
    chance. Bytes that are said to be UTF-8 and hold not one character of it beyond ASCII are windows-1252. Where
    nothing is said, XML is UTF-8 (XML 1.0, section 4.3.3), and not what a page would be.
    """
    # 1. As declared: by the mark of the byte order, by HTTP, by the XML declaration.
    decoded = decode(body, content_type)
    if decoded.decided_by == _BY_NOTHING:
        decoded = DecodedPage(decode(body, "text/xml; charset=UTF-8").text, "UTF-8", "the default of XML")
    said = f"and not {decoded.encoding}, as {decoded.decided_by} says"
    # 2. Declared as UTF, and not one character beyond ASCII survived: the declaration is wrong. With one that did, the
    # rest is damage, and stays so.
    if decoded.encoding.startswith("UTF"):
        if decoded.encoding != "UTF-8" or _LOST not in decoded.text or not decoded.text.replace(_LOST, "").isascii():
            return decoded
        return DecodedPage(decode(body, f"text/xml; charset={_FURTHER}").text, _FURTHER, said)
    # 3. Declared as something else, and valid UTF-8 all the same.
    try:
        text = "" if body.isascii() else body.decode()
    except UnicodeDecodeError:
        return decoded
    return DecodedPage(text.replace("\0", _LOST), "UTF-8", said) if text else decoded


def _wide_units(body: bytes, encoding: str) -> str:
    import array
    import sys

    units = array.array("H", body[: len(body) & ~1])
    if (sys.byteorder == "little") != encoding.endswith("LE"):
        units.byteswap()
    return "".join(map(chr, units))
