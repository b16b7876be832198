"""Every extractor there is: each place of a search is tried with those that may know it, in this order."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from capture.errors import BadScene
from capture.extractors.bluesky import Bluesky
from capture.extractors.fediverse import Fediverse
from capture.extractors.gallery import Gallery
from capture.extractors.telegram import Telegram
from capture.extractors.video_site import Video
from capture.extractors.web import Web
from capture.request.extractor import (
    Answer,
    DerivedFile,
    Extractor,
    Fetch,
    FetchRequest,
    Finding,
    ItemReading,
    NotFollowed,
    NotMine,
    PostExcerpt,
    PostGone,
    SearchTarget,
    StoredItem,
    Unavailable,
)
from capture.request.scene import Scene

if TYPE_CHECKING:
    from capture.request.options import CaptureOptions

EXTRACTORS: tuple[Extractor, ...] = (Telegram(), Gallery(), Fediverse(), Bluesky(), Video(), Web())
"""The order in which they are asked: our own by an address's form, gallery-dl by its domain, our own by asking the
host, yt-dlp by its patterns, and the web for whatever nobody else knows. One that finds that a scene is not its own
hands it on. What the web stored is then shown in a browser as well, where `--rendered` asks for it
(`capture/run/rendered.py`). docs/platforms.md has the table, which `capture/extractors/platforms.py` makes of this."""

# The group by which an installed package adds extractors of its own: each entry names a class without arguments.
ENTRY_POINTS = "goldenhour.extractors"


@cache
def extractors() -> tuple[Extractor, ...]:
    """Return our own extractors, with those of other installed packages before them."""
    from importlib.metadata import entry_points

    return (*(entry.load()() for entry in entry_points(group=ENTRY_POINTS)), *EXTRACTORS)


def search_targets(scene: Scene, options: CaptureOptions) -> Sequence[SearchTarget]:
    """Return the places in which a scene is looked for. Raises BadScene where there is none."""
    places = [scene] if not scene.tag else [replace(scene, url=place) for place in options.on]
    if not places:
        raise BadScene(
            f"{scene.text}: a hashtag needs a place to look in",
            hint="name servers, such as --on mastodon.social --on bsky",
        )
    found = [
        SearchTarget(place, [extractor for extractor in extractors() if extractor.takes(place)]) for place in places
    ]
    for target in found:
        if not target.extractors:
            raise BadScene(f"{scene.text}: no extractor takes this scene")
    return found


__all__ = [
    "EXTRACTORS",
    "Answer",
    "DerivedFile",
    "Extractor",
    "Fetch",
    "FetchRequest",
    "Finding",
    "ItemReading",
    "NotFollowed",
    "NotMine",
    "PostExcerpt",
    "PostGone",
    "StoredItem",
    "Unavailable",
    "extractors",
    "search_targets",
]
