"""Parses a page with libxml2 and hands each element, as it comes, to those who read it. No tree is built.

So memory stays with what the readers keep, and depth costs nothing: libxml2 stops at 2,048 levels where it builds a
tree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from lxml import etree

from capture.page.text import VisibleText

Attributes = Mapping[str, str]  # What stands in a tag, names in lower case; an attribute without a value has "".
# Reads the start of an element, by its name and attributes; may ask for the text inside.
Start = Callable[[str, Attributes], "Snippet | None"]

STEPS = 1 << 33
"""Steps that one page may cost, the same on every machine; 20 MB of common HTML cost a hundredth of that.

A step is one open element that is compared with an end tag: an end tag that fits nothing makes libxml2 search them all.
"""
_STEPS_A_CALL = 512  # What an element or a stretch of text costs: the time of so many comparisons.

_PIECE = 1 << 16
_LEAST_PIECE = 64
_STEPS_A_PIECE = 1 << 28  # A deep page is fed in smaller pieces, so that its steps are counted in time.

# Elements in each other whose text is wanted; each gets a copy of every stretch of text.
_MOST_OPEN = 64
_MEMORY = "it takes more memory than is allowed"


class Snippet(NamedTuple):
    """A wish for the text inside the element that starts: at most `longest` characters, handed to `take` at its end.

    Text that is longer is handed over with one character more than was asked for.
    """

    longest: int
    take: Callable[[str], None]


class Reader(Protocol):
    """Someone who reads a page: what to call for the elements and attributes that matter to them."""

    @property
    def starts(self) -> Mapping[str, Start]:
        """What to call at the start of an element, by its name."""

    @property
    def attributes(self) -> Mapping[str, Start]:
        """What to call at the start of any element that has an attribute, by the attribute's name."""

    @property
    def ends(self) -> Mapping[str, Callable[[], None]]:
        """What to call at the end of an element, by its name."""


class Listener(Protocol):
    """Someone who hears the whole page: each start tag, each text, each end tag."""

    def start(self, tag: str, attributes: Attributes) -> None:
        """Hear the start of an element."""

    def data(self, data: str) -> None:
        """Hear text between tags."""

    def end(self, tag: str) -> None:
        """Hear the end of an element."""


class _OpenSnippet:
    """The text inside an element that has not ended."""

    __slots__ = ("_parts", "_room", "_snippet", "depth")

    def __init__(self, snippet: Snippet, depth: int) -> None:
        self._snippet = snippet
        self._room = snippet.longest + 1
        self._parts: list[str] = []
        self.depth = depth

    def add(self, data: str) -> None:
        if self._room > 0:
            self._parts.append(data[: self._room])
            self._room -= len(data)

    def close(self) -> None:
        self._snippet.take("".join(self._parts))


class _Target:
    """What lxml calls for each start tag, text and end tag. libxml2 closes what the page leaves open."""

    def __init__(self, text: VisibleText, readers: Sequence[Reader], listener: Listener | None) -> None:
        self._text = text
        self._listener = listener
        self._open: list[_OpenSnippet] = []
        self._templates: list[str] = []
        self.depth = 0
        self.deepest = 0  # The deepest level since this was last set to `depth`.
        self.elements = 0
        self.texts = 0
        self.unheard = 0
        self._starts: dict[str, list[Start]] = {}
        self._ends: dict[str, list[Callable[[], None]]] = {}
        self._attributes: dict[str, list[Start]] = {}
        for reader in readers:
            for tag, start in reader.starts.items():
                self._starts.setdefault(tag, []).append(start)
            for tag, end in reader.ends.items():
                self._ends.setdefault(tag, []).append(end)
            for attribute, start in reader.attributes.items():
                self._attributes.setdefault(attribute, []).append(start)
        self._names = frozenset(self._attributes)

    def start(self, tag: str, attributes: Attributes) -> None:
        self.depth += 1
        self.deepest = max(self.deepest, self.depth)
        self.elements += 1
        if tag == "template":
            # One with this attribute is shown, as part of the element around it (HTML Standard, 4.12.3).
            tag = "shadow root" if "shadowrootmode" in attributes else tag
            self._templates.append(tag)
        # The text before the readers: they may ask for the text inside of this very element.
        self._text.start(tag)
        if self._listener is not None:
            self._listener.start(tag, attributes)
        for read in self._starts.get(tag, ()):
            self._want(read(tag, attributes))
        if attributes and not self._names.isdisjoint(attributes):
            for name, readers in self._attributes.items():
                if name in attributes:
                    for read in readers:
                        self._want(read(tag, attributes))

    def end(self, tag: str) -> None:
        # Snippets end with their element, in the order in which they stand; libxml2 closes whatever a page leaves open.
        while self._open and self._open[-1].depth >= self.depth:
            self._open.pop().close()
        if tag == "template" and self._templates:
            tag = self._templates.pop()
        for ended in self._ends.get(tag, ()):
            ended()
        self._text.end(tag)
        if self._listener is not None:
            self._listener.end(tag)
        self.depth -= 1

    def data(self, data: str) -> None:
        self.texts += 1
        self._text.data(data)
        if self._listener is not None:
            self._listener.data(data)
        for snippet in self._open:
            snippet.add(data)

    def close(self) -> None:
        while self._open:
            self._open.pop().close()

    def _want(self, snippet: Snippet | None) -> None:
        if snippet is None:
            return
        if len(self._open) < _MOST_OPEN:
            self._open.append(_OpenSnippet(snippet, self.depth))
        else:
            self.unheard += 1


class Parsed(NamedTuple):
    """How many elements were met, and what was not read."""

    elements: int
    notes: list[str]
    steps: int
    unread: str  # Why the page was not read to its end; "" where it was.


def parse(
    page: str,
    text: VisibleText,
    readers: Sequence[Reader],
    *,
    listener: Listener | None = None,
    steps: int = STEPS,
    piece: int = _PIECE,
) -> Parsed:
    """Parse a page that is decoded, without NUL; stop when it has cost so many `steps` (see STEPS). Never fails.

    The parser is fed at most `piece` characters at a time; after each the steps are counted, as the most that libxml2
    may have taken.

    HTML has no entities of its own making: what a DOCTYPE declares is neither expanded nor fetched.
    """
    target = _Target(text, readers, listener)
    parser = etree.HTMLParser(
        encoding="utf-8",
        huge_tree=True,
        target=target,  # type: ignore[arg-type]  # the stubs ask for more than lxml: comment(), and bytes for text
    )
    position, searched, unread = 0, 0, ""
    try:
        while position < len(page):
            # 1. The deeper the page, the smaller the piece: what a piece may cost is known before it is parsed.
            target.deepest = target.depth
            end = position + min(piece, max(_LEAST_PIECE, _STEPS_A_PIECE // max(target.depth, 1)))
            # 2. Feed it, and count the end tags that may have searched all open elements.
            parser.feed(page[position:end])
            searched += page.count("</", position, end + 1) * target.deepest
            position = min(end, len(page))
            if _cost(target, searched) > steps and position < len(page):
                cost = f"it takes more than {steps:,} steps"
                unread = f"read to character {position:,} of {len(page):,} only: {cost}"
                break
        # 3. The end; whoever still waits for a text gets what there is.
        parser.close()
        # Without memory libxml2 ends where it is, as at the end of the page.
        if parser.feed_error_log.filter_types([etree.ErrorTypes.ERR_NO_MEMORY]):
            unread = f"not read to its end: {_MEMORY}"
    except (etree.LxmlError, MemoryError) as error:
        unread = f"not read further than character {position:,} of {len(page):,}: {str(error) or _MEMORY}"
        target.close()
    notes = [unread] if unread else []
    if target.unheard:
        notes.append(f"{target.unheard:,} elements nested too deeply in each other were not read")
    return Parsed(target.elements, notes, _cost(target, searched), unread)


def _cost(target: _Target, searched: int) -> int:
    return searched + _STEPS_A_CALL * (target.elements + target.texts)
