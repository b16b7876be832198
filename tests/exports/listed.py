"""What a bundle's lists say, read as any program would read them; and records for tests that need no bundle."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from exports.bundle.opened_bundle import open_bundle
from exports.format.bundle_listing import BundleListing
from exports.format.manifest import ListedItem

if TYPE_CHECKING:
    from pathlib import Path


def head_of(bundle: Path) -> dict[str, Any]:
    """Return the manifest of a bundle in a folder."""
    return dict(json.loads((bundle / "data" / "manifest.json").read_bytes()))


def entries_of(bundle: Path, event: str = "item") -> list[dict[str, Any]]:
    """Return the lines of items.jsonl about items, or about other events."""
    lines = (bundle / "data" / "items.jsonl").read_bytes().splitlines()
    return [entry for entry in map(json.loads, lines) if entry["event"] == event]


def listing_of(bundle: Path) -> BundleListing:
    """Return all that a bundle lists."""
    with open_bundle(bundle, verified=True) as opened:
        return opened.listing()


def an_item(**words: object) -> ListedItem:
    """Return a photo as a bundle lists it, with these fields."""
    said = {
        "event": "item", "time": "", "exhibit": "MP/1", "ref": "MP/1-0001", "kind": "photo", "extractor": "web",
        "url": "u", "size": 1, "sha256": "0" * 64, "mime": "image/jpeg", "path": "data/x", "exchange": 1,
        "found_in": "", **words,
    }  # fmt: skip
    return msgspec.convert(said, ListedItem)
