"""Blobs (https://atproto.com/specs/blob): the photos and videos that a record names, by the hash of their bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from capture.extractors.bluesky.said import MOST_BLOBS
from capture.extractors.json_value import line, text
from hashing.atproto import AtprotoError, Cid
from hashing.case.kinds import ItemKind

_MOST_VALUES = 200_000
_LONGEST_ALT = 10_000
_KINDS = {"image": ItemKind.PHOTO, "video": ItemKind.VIDEO, "audio": ItemKind.AUDIO}
_LEGACY = {"cid", "mimeType"}  # What a blob was in records of before 2023.


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A blob that a record names, with what the record says of it."""

    cid: str
    kind: ItemKind
    alt: str


def read_blobs(record: object) -> list[Blob]:
    """Return the blobs of a record, each once, in the order of the record, wherever in it they stand.

    So those of embeds are found that did not exist when this was written.
    """
    found: dict[str, Blob] = {}
    for value, alt in _objects(record):
        if (blob := _blob(value, alt)) is not None:
            found.setdefault(blob.cid, blob)
        if len(found) == MOST_BLOBS:
            break
    return list(found.values())


def _objects(record: object) -> Iterator[tuple[dict[str, object], str]]:
    """Yield every object in a value with the alternative text beside it, without recursion."""
    waiting: list[tuple[object, str]] = [(record, "")]
    for _ in range(_MOST_VALUES):
        if not waiting:
            return
        value, alt = waiting.pop()
        if isinstance(value, dict):
            yield value, alt
            below = text(value.get("alt"), _LONGEST_ALT)
            # Backwards onto the stack, so that they come off in the record's own order: that of the pictures as they
            # are shown.
            waiting += [(each, below) for each in reversed(value.values())]
        elif isinstance(value, list):
            waiting += [(each, "") for each in reversed(value)]


def _blob(value: dict[str, object], alt: str) -> Blob | None:
    match value:
        case {"$type": "blob", "ref": {"$link": str(cid)}}:
            pass
        # The form of before the lexicon had blobs (https://atproto.com/specs/data-model#blob-type), told apart by
        # having these two members and no others; it still stands in old records.
        case {"cid": str(cid)} if value.keys() == _LEGACY:
            pass
        case _:
            return None
    try:
        # What is no content identifier could name no bytes, and would go into an address as it is.
        Cid.parse(cid)
    except AtprotoError:
        return None
    return Blob(cid=cid, kind=_kind(line(value.get("mimeType"), 200)), alt=alt)


def _kind(mime: str) -> ItemKind:
    other = ItemKind.SUBTITLES if mime.lower().startswith("text/vtt") else ItemKind.DOCUMENT
    return _KINDS.get(mime.partition("/")[0].lower(), other)
