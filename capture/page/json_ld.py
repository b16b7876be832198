"""JSON-LD (https://www.w3.org/TR/json-ld11/): its objects, and what they claim and show in schema.org's words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from capture.page.claims import Claims, Trust
from capture.page.document import Attributes, Snippet, Start
from capture.page.kinds import kind_of_address, kind_of_type
from capture.page.mentions import Mention, Mentions, Position
from hashing.case.kinds import ItemKind

LONGEST = 2 << 20  # Characters of one block. A JSON value takes many times its length in memory.

MOST_BLOCKS = 100
_MOST_CHARACTERS = 4 << 20  # Characters of all blocks together: their values stay in memory until the page is read.
_DEEPEST = 40
_MOST_VALUES = 50_000

_OPENINGS = ("<!--", "//<![CDATA[", "// <![CDATA[", "/*<![CDATA[*/", "/* <![CDATA[ */", "<![CDATA[")
_CLOSINGS = ("//-->", "-->", "//]]>", "// ]]>", "/*]]>*/", "/* ]]> */", "]]>", ";")
# Comments and CDATA marks around each other, from the days when scripts were hidden from old browsers.
_LAYERS = 4

# A page's own objects stand at the top, or below these properties; what is below others belongs to those objects.
_KEEPS_TO_THE_PAGE = frozenset({"@graph", "mainEntity", "mainEntityOfPage"})

# Objects beside the page's own matter: their names and dates are not the page's.
_NOT_THE_MATTER = frozenset(
    {
        "AudioObject", "BreadcrumbList", "Corporation", "ImageObject", "ItemList", "ListItem", "LocalBusiness",
        "NewsMediaOrganization", "Organization", "Person", "Place", "SearchAction", "SiteNavigationElement",
        "WPFooter", "WPHeader", "WPSideBar", "WebSite",
    }
)  # fmt: skip

_WEB_PAGES = frozenset({"AboutPage", "CollectionPage", "ItemPage", "ProfilePage", "QAPage", "WebPage"})

_TIMES = {"datePublished": "published", "dateModified": "modified", "dateCreated": "created", "uploadDate": "uploaded"}
_MOST_AUTHORS = 50

_IMAGE_KEYS = ("image", "photo", "primaryImageOfPage", "thumbnail", "thumbnailUrl")
_TYPES: dict[str, ItemKind] = {
    "AudioObject": ItemKind.AUDIO,
    "Barcode": ItemKind.PHOTO,
    "ImageObject": ItemKind.PHOTO,
    "MusicVideoObject": ItemKind.VIDEO,
    "Photograph": ItemKind.PHOTO,
    "VideoObject": ItemKind.VIDEO,
    "VideoObjectSnapshot": ItemKind.VIDEO,
}
_KEYS: dict[str, ItemKind] = {
    **dict.fromkeys(_IMAGE_KEYS, ItemKind.PHOTO),
    "video": ItemKind.VIDEO,
    "audio": ItemKind.AUDIO,
}
_LOGO = "logo"


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
    # Two bounds: on characters before parsing, since parsing takes the memory; on values after it, over all blocks.
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
    # Without recursion, members in reverse so that the stack gives them back in the order in which they are written.
    # `of_page` is lost on the way into anything but the page's own matter: the author's photo is not the page's.
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


def is_paid(nodes: list[JsonLdNode]) -> bool:
    """Say whether the page's own matter states that it is not free to read (schema.org `isAccessibleForFree`)."""
    return any(
        str(node.values.get("isAccessibleForFree", "")).rpartition("/")[2].lower() == "false"
        for node in nodes
        if node.of_page and not node.types & _NOT_THE_MATTER
    )


def add_json_ld_claims(nodes: list[JsonLdNode], claims: Claims) -> None:
    """Add what the page's own objects say; an article or a post before the web page that carries it."""
    by_id = {node.values["@id"]: node.values for node in nodes if _is_described(node)}
    own = [node for node in nodes if node.of_page]
    for node in own:
        if "WebSite" in node.types:
            _add(claims, "site name", node.values, "name", "JSON-LD WebSite name")
    matter = [node for node in own if not node.types & _NOT_THE_MATTER]
    for node in sorted(matter, key=lambda node: bool(node.types & _WEB_PAGES)):
        _add_matter(node.values, by_id, claims)


def _is_described(node: JsonLdNode) -> bool:
    return isinstance(node.values.get("@id"), str) and len(node.values) > 1


def _add_matter(values: dict[str, object], by_id: dict[object, dict[str, object]], claims: Claims) -> None:
    for key in ("headline", "name", "alternativeHeadline"):
        _add(claims, "title", values, key)
    for key in ("author", "creator"):
        for name in _names(values.get(key), by_id):
            claims.add("author", name, f"JSON-LD {key}", Trust.JSON_LD)
    for name in _names(values.get("publisher"), by_id):
        claims.add("publisher", name, "JSON-LD publisher", Trust.JSON_LD)
    _add(claims, "description", values, "description")
    _add(claims, "language", values, "inLanguage")
    for key, name in _TIMES.items():
        for written in strings(values.get(key)):
            claims.add_time(name, written, f"JSON-LD {key}", Trust.JSON_LD)


def _add(claims: Claims, name: str, values: dict[str, object], key: str, tag: str = "") -> None:
    for value in strings(values.get(key)):
        claims.add(name, value, tag or f"JSON-LD {key}", Trust.JSON_LD)


def _names(value: object, by_id: dict[object, dict[str, object]]) -> Iterator[str]:
    """Yield the names of persons or organisations: a text, an object, a reference to one, or a list of these."""
    for member in (value if isinstance(value, list) else [value])[:_MOST_AUTHORS]:
        if isinstance(member, str):
            yield member
        elif isinstance(member, dict):
            # A person may be described elsewhere in the block, and only be named by an identifier here.
            identity = member.get("@id")
            described = by_id.get(identity, {}) if isinstance(identity, str) else {}
            for key in ("name", "alternateName", "url"):
                if names := strings(member.get(key)) or strings(described.get(key)):
                    yield from names
                    break


def add_json_ld_media(nodes: list[JsonLdNode], mentions: Mentions) -> None:
    """Add every photo, video and sound that is named; logos are none of the scene."""
    for node in nodes:
        if node.key == _LOGO:
            continue
        for mention in _in_node(node):
            mentions.name(mention)


def _in_node(node: JsonLdNode) -> Iterator[Mention]:
    values = node.values
    # What an object is by its own type, else by the key under which it stands: `"image": {"url": …}` has no type.
    kind = next((_TYPES[name] for name in sorted(node.types) if name in _TYPES), None) or _KEYS.get(node.key)
    alt = next(iter(strings(values.get("caption")) or strings(values.get("name"))), "") if kind else ""
    yield from _content(values, kind, alt)
    if kind == "photo":
        for raw in strings(values.get("url")):
            yield Mention(ItemKind.PHOTO, (Position(raw, "JSON-LD image url"),), alt)
    for key in _IMAGE_KEYS:
        for raw in strings(values.get(key)):
            yield Mention(ItemKind.PHOTO, (Position(raw, f"JSON-LD {key}"),))
    for key in ("video", "audio", "associatedMedia"):
        for raw in strings(values.get(key)):
            if promised := kind_of_address(raw):
                yield Mention(promised, (Position(raw, f"JSON-LD {key}"),), stated=False)


def _content(values: dict[str, object], kind: ItemKind | None, alt: str) -> Iterator[Mention]:
    """Yield the file of a media object; `embedUrl` is a player and no file."""
    formats = strings(values.get("encodingFormat"))
    stated = kind or (kind_of_type(formats[0]) if formats else None)
    for raw in strings(values.get("contentUrl")):
        if found := stated or kind_of_address(raw):
            yield Mention(found, (Position(raw, "JSON-LD contentUrl"),), alt, stated=stated is not None)
