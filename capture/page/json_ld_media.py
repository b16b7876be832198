"""The media that JSON-LD names (schema.org's ImageObject, VideoObject, AudioObject and the properties for them)."""

from __future__ import annotations

from collections.abc import Iterator

from capture.page.json_ld import JsonLdNode, strings
from capture.page.kinds import kind_of_address, kind_of_type
from capture.page.mentions import Mention, Mentions, Position
from hashing.case.kinds import ItemKind

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


def add_json_ld_media(nodes: list[JsonLdNode], mentions: Mentions) -> None:
    """Add every photo, video and sound that is named; logos are none of the scene."""
    for node in nodes:
        if node.key == _LOGO:
            continue
        for mention in _in_node(node):
            mentions.name(mention)


def _in_node(node: JsonLdNode) -> Iterator[Mention]:
    values = node.values
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
