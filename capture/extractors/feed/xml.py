"""Parsing the XML of a feed, piece by piece: no document type, no entity of the feed's own, nothing from elsewhere.

Each entry is parsed by itself, inside the start tags that stand around it in the feed, so that namespaces, `xml:base`
and `xml:lang` hold as they do there. libxml2's own bounds (256 levels, 10 million characters of text) stay on.
"""

from __future__ import annotations

import re
from html.entities import name2codepoint
from typing import NamedTuple
from xml.parsers import expat

from lxml import etree

from capture.page.claims import cut, sound

DEEPEST = 1000  # Levels of elements in a feed; each takes memory as long as it is open.
_PIECE = 1 << 18  # Characters that are handed over at once: a parser that is given all of them takes them twice.
_LARGEST_AROUND = 16_384  # Characters of the start tags around an entry. They are parsed anew for each entry.

_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0, section 2.2
# CDATA first, in which an ampersand is one; then a reference, whole, or else a bare ampersand.
_REFERENCE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?:#(?P<number>[0-9]{1,8}|x[0-9A-Fa-f]{1,8});|(?P<name>[A-Za-z][A-Za-z0-9]{0,31});)?",
    re.DOTALL,
)
_LAST_CHARACTER = 0x10FFFF
_LOST = "\N{REPLACEMENT CHARACTER}"
_SHOWN = 200


class XmlPiece(NamedTuple):
    """An element that was parsed, with its ancestors; None where nothing could be. `fault` says what is wrong."""

    root: etree._Element | None
    fault: str


class _XmlRefused(Exception):
    """What is not gone into, although XML allows it."""


def xml_fault(text: str) -> str:
    """Say why a document is not well-formed, or not gone into; "" where it is well-formed.

    A document type that declares entities or default attributes is where bombs are made, and no feed needs one.
    """
    depth = 0

    def _refuse(*_: object) -> None:
        raise _XmlRefused("the document type declares entities or attributes of its own, which are not expanded")

    def _start(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise _XmlRefused(f"more than {DEEPEST:,} elements inside each other")

    def _end(_: str) -> None:
        nonlocal depth
        depth -= 1

    # expat here and not libxml2: it tells the first fault exactly, and its handlers can refuse a declaration before
    # anything of it is expanded.
    parser = expat.ParserCreate()
    parser.EntityDeclHandler = parser.AttlistDeclHandler = _refuse
    parser.StartElementHandler, parser.EndElementHandler = _start, _end
    try:
        for start in range(0, len(text), _PIECE):
            parser.Parse(text[start : start + _PIECE])
        parser.Parse("", True)
    except (expat.ExpatError, _XmlRefused) as error:
        return str(error)
    return ""


class Pieces:
    """Parses the pieces of one feed, each inside the start tags that stand around it, outermost first."""

    def __init__(self, around: list[tuple[str, str]]) -> None:
        """`around` holds the name and the text of each of these tags."""
        # They are parsed again with every entry: large ones would make the work grow with the square of the feed.
        if sum(len(tag) for _, tag in around) > _LARGEST_AROUND:
            around = []
        self._before = "".join(tag for _, tag in around)
        self._after = "".join(f"</{name}>" for name, _ in reversed(around))
        # `recover` takes broken XML as far as it goes. No entity, no network and no DTD: a feed is a stranger's, and
        # could name local files (XXE) or grow without end.
        self._parser = etree.XMLParser(
            encoding="utf-8",
            recover=True,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,
            remove_pis=True,
        )

    def parse(self, text: str, *, enclosed: bool = True) -> XmlPiece:
        """Parse one piece of the feed, as far as it can be read. Never fails."""
        whole = f"{self._before}{text}{self._after}" if enclosed else text
        try:
            root = etree.fromstring(_mended(whole).encode(), self._parser)
        except etree.XMLSyntaxError as error:
            return XmlPiece(None, _shown(str(error)))
        faults = [entry.message for entry in self._parser.error_log if entry.level > etree.ErrorLevels.WARNING]
        return XmlPiece(root, _shown(faults[0]) if faults else "")


def _mended(text: str) -> str:
    """Write out the entities of HTML, which feeds use and XML does not know, and mark what is no character of XML.

    A reference to anything else stays as it is written, as text; so none is left for the parser to expand.
    """
    if "&" in text:
        text = _REFERENCE.sub(_mended_reference, text)
    return _NOT_XML.sub(_LOST, text)


def _mended_reference(match: re.Match[str]) -> str:
    # A number stays where it is a character that XML allows (XML 1.0, section 2.2); any other is marked as lost, and
    # costs the entry nothing else.
    if match["number"]:
        digits = match["number"]
        number = int(digits[1:], 16) if digits.startswith("x") else int(digits)
        sound_one = number <= _LAST_CHARACTER and not _NOT_XML.match(chr(number))
        return match[0] if sound_one else _LOST
    name = match["name"]
    # A bare & is what people write most often. It is text to them, and a fault to the parser.
    if name is None:
        return "&amp;" if match[0] == "&" else match[0]
    if name in _XML_ENTITIES:
        return match[0]
    # HTML's names (`&nbsp;`) are none of XML's without the DTD, which is not loaded; one that nobody knows stays as it
    # was written.
    return chr(name2codepoint[name]) if name in name2codepoint else f"&amp;{name};"


def _shown(fault: str) -> str:
    return cut(" ".join(sound(fault).split()), _SHOWN)
