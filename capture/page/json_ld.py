"""JSON-LD blocks (https://www.w3.org/TR/json-ld11/): the objects in them, whatever their nesting, up to a bound."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

from capture.page.document import Attributes, Snippet, Start

LONGEST = 2 << 20
"""Characters of one block. A JSON value takes many times its length in memory."""

MOST_BLOCKS = 100
_MOST_CHARACTERS = 4 << 20
"""Characters of all blocks together: their values stay in memory until the page is read."""
_DEEPEST = 40
_MOST_VALUES = 50_000

_OPENINGS = ("<!--", "//<![CDATA[", "// <![CDATA[", "/*<![CDATA[*/", "/* <![CDATA[ */", "<![CDATA[")
_CLOSINGS = ("//-->", "-->", "//]]>", "// ]]>", "/*]]>*/", "/* ]]> */", "]]>", ";")
_LAYERS = 4

# A page's own objects stand at the top, or below these properties; what is below others belongs to those objects.
_KEEPS_TO_THE_PAGE = frozenset({"@graph", "mainEntity", "mainEntityOfPage"})


class JsonLdNode(NamedTuple):
    """One object: the property it stands below ("" at the top), its types, and its own properties.

    `of_page` says whether it describes the page or its main matter, and not a comment, an author or a picture of it.
    """

    key: str
    types: frozenset[str]
    values: dict[str, object]
    of_page: bool


class JsonLdMedia(NamedTuple):
    """All objects of a page's blocks in order, and what could not be read."""

    nodes: list[JsonLdNode]
    notes: list[str]


def read_json_ld(blocks: list[str]) -> JsonLdMedia:
    """Read the text of each block; one that is no JSON, or too large or deep, is noted and the others are read."""
    nodes: list[JsonLdNode] = []
    notes: list[str] = []
    room, characters = _MOST_VALUES, _MOST_CHARACTERS
    for number, block in enumerate(blocks, start=1):
        characters -= len(block)
        if characters < 0:
            notes.append(f"JSON-LD from block {number} on: not read, there is more than a page has")
            break
        try:
            whole = len(block) <= LONGEST
            value = json.loads(_unwrapped(block), strict=False) if whole else None
        except RecursionError:
            notes.append(f"JSON-LD block {number}: nested too deeply to be read")
            continue
        except json.JSONDecodeError as error:
            notes.append(f"JSON-LD block {number}: not JSON (line {error.lineno}, column {error.colno})")
            continue
        except ValueError:
            notes.append(f"JSON-LD block {number}: a number too long to be read")
            continue
        if not whole:
            notes.append(f"JSON-LD block {number}: longer than {LONGEST:,} characters, not read")
            continue
        room, complete = _walk(value, nodes, room)
        if not complete:
            notes.append(f"JSON-LD block {number}: too large or nested too deeply, read in part")
    return JsonLdMedia(nodes, notes)


def _unwrapped(text: str) -> str:
    """Take off the HTML comments and CDATA sections that old recipes put round scripts."""
    text = text.strip()
    for _ in range(_LAYERS):
        opening = next((mark for mark in _OPENINGS if text.startswith(mark)), "")
        closing = next((mark for mark in _CLOSINGS if text.endswith(mark)), "")
        if not opening and not closing:
            break
        text = text[len(opening) : len(text) - len(closing)].strip()
    return text


def _walk(value: object, nodes: list[JsonLdNode], room: int) -> tuple[int, bool]:
    """Append all objects within a value, in order; return the room that is left and whether all was walked."""
    complete = True
    waiting: list[tuple[str, object, int, bool]] = [("", value, 0, True)]
    while waiting:
        key, value, depth, of_page = waiting.pop()
        if not isinstance(value, dict | list):
            continue
        if depth > _DEEPEST or room < len(value):
            complete = False
            continue
        room -= len(value) + 1
        if isinstance(value, list):
            waiting.extend((key, member, depth + 1, of_page) for member in reversed(value))
            continue
        nodes.append(JsonLdNode(key, _types(value), value, of_page))
        waiting.extend(
            (name, member, depth + 1, of_page and name in _KEEPS_TO_THE_PAGE)
            for name, member in reversed(value.items())
        )
    return room, complete


def _types(values: dict[str, object]) -> frozenset[str]:
    """Return the names of an object's types without their vocabulary (`https://schema.org/`, `schema:`)."""
    return frozenset(name.rpartition("/")[2].rpartition(":")[2] for name in strings(values.get("@type")))


def strings(value: object) -> list[str]:
    """Return a string, or the strings of a list, or nothing."""
    members = value if isinstance(value, list) else [value]
    return [member for member in members if isinstance(member, str)]


class JsonLdReader:
    """Collects each `<script type="application/ld+json">` of a page while it is parsed."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self._left_out = 0
        self.starts: Mapping[str, Start] = {"script": self._script}
        self.attributes: Mapping[str, Start] = {}
        self.ends: Mapping[str, Callable[[], None]] = {}

    def notes(self) -> list[str]:
        """Say what was left out."""
        return [f"{self._left_out:,} further JSON-LD blocks were not read"] if self._left_out else []

    def _script(self, _tag: str, attributes: Attributes) -> Snippet | None:
        if attributes.get("type", "").partition(";")[0].strip().lower() != "application/ld+json":
            return None
        if len(self.blocks) >= MOST_BLOCKS:
            self._left_out += 1
            return None
        return Snippet(LONGEST, self.blocks.append)
