"""What a source is: a site or protocol that knows which items belong to a scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from capture.scene import Scene
    from hashing.events import Item
    from hashing.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something that a source found and wants fetched."""

    url: str
    kind: str
    found_in: str
    alt: str = ""
    referer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a source read in an item that is stored: facts, and the item's text if it has one."""

    ref: str
    facts: tuple[Fact, ...] = ()
    text: str = ""
    plain: bytes = b""
    """The item without its content coding, where it came coded and cannot be opened as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Something that a source could not look into, although it is stored."""

    url: str
    reason: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Stored:
    """An item that is fetched, and where its file will stand."""

    item: Item
    body: Path
    url: str
    """Where redirects led to."""
    content_type: str
    """The header as it was served."""


Finding = Found | Read | Unread


class Source(Protocol):
    """A site or protocol. Each is one class, in one file, and stands in `SOURCES`."""

    name: str
    example: str
    """A scene that this source takes, for its documentation and its test."""

    def takes(self, scene: Scene) -> bool:
        """Say whether the scene is one of this source's, without touching the network."""

    def find(self, scene: Scene, get: Callable[[Found], Stored | None]) -> Iterator[Finding]:
        """Yield what belongs to the scene, most fleeting first; `get` fetches what the source itself must read."""
