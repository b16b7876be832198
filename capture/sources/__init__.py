"""Every source there is: each place of a search is tried with those that may know it, in this order."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from capture.errors import BadScene
from capture.search import Leg
from capture.sources.bluesky import Bluesky
from capture.sources.fediverse import Fediverse
from capture.sources.source import (
    Answer,
    Excerpted,
    Fetch,
    Finding,
    Found,
    Gone,
    Made,
    NotGiven,
    NotMine,
    Read,
    Source,
    Stored,
    Unread,
)
from capture.sources.video import Video
from capture.sources.web import Web

if TYPE_CHECKING:
    from collections.abc import Sequence

    from capture.options import CaptureOptions
    from capture.scene import Scene

SOURCES: tuple[Source, ...] = (Fediverse(), Bluesky(), Video(), Web())
"""The likeliest first. The web takes whatever no other source knows."""

ENTRY_POINTS = "goldenhour.sources"
"""The group by which an installed package adds sources of its own: each entry names a class without arguments."""


@cache
def sources() -> tuple[Source, ...]:
    """Return our own sources, with those of other installed packages before them."""
    from importlib.metadata import entry_points

    return (*(entry.load()() for entry in entry_points(group=ENTRY_POINTS)), *SOURCES)


def legs(scene: Scene, options: CaptureOptions) -> Sequence[Leg]:
    """Return the places in which a scene is looked for. Raises BadScene where there is none."""
    places = [scene] if not scene.tag else [replace(scene, url=place) for place in options.on]
    if not places:
        raise BadScene(
            f"{scene.text}: a hashtag needs a place to look in",
            hint="name servers, such as --on mastodon.social --on bsky",
        )
    found = [Leg(place, [source for source in sources() if source.takes(place)]) for place in places]
    for leg in found:
        if not leg.sources:
            raise BadScene(f"{scene.text}: no source takes this scene")
    return found


__all__ = [
    "SOURCES",
    "Answer",
    "Excerpted",
    "Fetch",
    "Finding",
    "Found",
    "Gone",
    "Made",
    "NotGiven",
    "NotMine",
    "Read",
    "Source",
    "Stored",
    "Unread",
    "legs",
    "sources",
]
