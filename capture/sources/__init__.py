"""Every source there is. The first that takes a scene has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.errors import BadScene
from capture.sources.source import Found, Read, Source, Stored, Unread
from capture.sources.web import Web

if TYPE_CHECKING:
    from capture.scene import Scene

SOURCES: tuple[Source, ...] = (Web(),)


def source_for(scene: Scene) -> Source:
    """Return the source that takes a scene. Raises BadScene."""
    for source in SOURCES:
        if source.takes(scene):
            return source
    raise BadScene(f"{scene.text}: no source takes this scene")


__all__ = ["SOURCES", "Found", "Read", "Source", "Stored", "Unread", "source_for"]
