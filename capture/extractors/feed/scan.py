"""Where the entries of an XML feed stand, byte for byte, in feeds that are well-formed and in those that are not."""

from __future__ import annotations

import re
from typing import NamedTuple

# Linear on any input: an unclosed comment or the like goes on to the end, and nothing is gone back over.
_MARKUP = re.compile(
    r"""
      <!--.*?(?:-->|\Z)
    | <!\[CDATA\[.*?(?:\]\]>|\Z)
    | <\?.*?(?:\?>|\Z)
    | <!DOCTYPE[^\[<>]*+(?:\[.*?(?:\]\s*+>|\Z))?
    | <(?P<slash>/?)(?P<name>(?:[^\s<>/:="']++:)?(?P<local>item|entry|channel|rss|RDF|feed))(?=[\s/>])
      (?:[^<>"'/]|/(?!>)|"[^"<]*+"|'[^'<]*+')*+(?P<empty>/?)>
    """,
    re.VERBOSE | re.DOTALL,
)
MOST = 100_000  # Entries of one feed that are read.

_ENTRIES = frozenset({"item", "entry"})
_ROOTS = frozenset({"rss", "RDF", "feed"})
_AROUND = frozenset({*_ROOTS, "channel"})


class Span(NamedTuple):
    """A stretch of a feed, in units."""

    start: int
    end: int


class ScannedTag(NamedTuple):
    """A start tag: its name as written, and where it stands."""

    name: str
    span: Span


class LocatedElement(NamedTuple):
    """What was found of a feed's frame and of its entries."""

    entries: list[Span]
    around: tuple[ScannedTag, ...]  # The start tags in whose scope the entries stand, outermost first.
    unclosed: frozenset[int]  # Which entries have no end tag of their own, counted from 0.
    whole: bool  # Whether the feed's root element has its end tag.
    left_out: int  # Entries over the bound, which were only counted.


def locate(units: str, *, well_formed: bool) -> LocatedElement:
    """Find the entries of a feed in its units.

    In XML that is well-formed an entry ends at its own end tag; in any other, at the latest where the next begins.
    """
    scan = _Scan(well_formed=well_formed)
    for match in _MARKUP.finditer(units):
        if match["name"] is None:
            continue
        if scan.name:
            scan.inside(match)
        else:
            scan.outside(match)
    return scan.located(len(units))


class _Scan:
    """What a scan has met so far."""

    def __init__(self, *, well_formed: bool) -> None:
        self._well_formed = well_formed
        self._entries: list[Span] = []
        self._unclosed: set[int] = set()
        self._root: ScannedTag | None = None
        self._channel: ScannedTag | None = None
        self._root_ended = False
        self._left_out = 0
        self.name = ""  # The name of the entry that is open.
        self._start = self._depth = 0

    def outside(self, match: re.Match[str]) -> None:
        """Take a tag that stands in no entry."""
        local = match["local"]
        if match["slash"]:
            self._root_ended = self._root_ended or local in _ROOTS
        elif local in _ENTRIES and match["empty"]:
            self._add(Span(*match.span()))
        elif local in _ENTRIES:
            self._open(match)
        elif local == "channel":
            self._channel = ScannedTag(match["name"], Span(*match.span()))
        elif self._root is None:
            self._root = ScannedTag(match["name"], Span(*match.span()))
            self._root_ended = bool(match["empty"])

    def inside(self, match: re.Match[str]) -> None:
        """Take a tag that stands in an entry."""
        if match["name"] != self.name:
            # What stands around entries ends: in broken XML the entry was never closed, and would swallow the rest of
            # the feed.
            if not self._well_formed and match["slash"] and match["local"] in _AROUND:
                self._close(match.start(), unclosed=True)
                self.outside(match)
        elif match["slash"]:
            self._depth -= 1
            if not self._depth:
                self._close(match.end())
        # An element in the entry that has the entry's own name is a part of it, where the XML is sound.
        elif not match["empty"] and self._well_formed:
            self._depth += 1
        elif not match["empty"]:
            self._close(match.start(), unclosed=True)
            self._open(match)

    def located(self, end: int) -> LocatedElement:
        """Return what was found; an entry that is still open goes on to the end."""
        if self.name:
            self._close(end, unclosed=True)
        root, channel = self._root, self._channel
        in_channel = root is not None and channel is not None and not root.name.endswith("RDF")
        around = tuple(tag for tag in (root, channel if in_channel else None) if tag is not None)
        return LocatedElement(self._entries, around, frozenset(self._unclosed), self._root_ended, self._left_out)

    def _open(self, match: re.Match[str]) -> None:
        self.name, self._start, self._depth = match["name"], match.start(), 1

    def _close(self, end: int, *, unclosed: bool = False) -> None:
        if unclosed:
            self._unclosed.add(len(self._entries))
        self._add(Span(self._start, end))
        self.name = ""

    def _add(self, entry: Span) -> None:
        if len(self._entries) < MOST:
            self._entries.append(entry)
        else:
            self._left_out += 1
