"""What earlier captures of a scene have taken, so that a watch takes nothing twice and sees what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from hashing.post import Post


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """An item that an earlier capture has: its reference and its SHA-256 in hexadecimal."""

    ref: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPost:
    """A post as it was when it was last seen: the reference of its item, and what it said."""

    ref: str
    source: str
    """The name of the source that found it."""
    post: Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Items by their URL, and posts by their lasting name."""

    items: Mapping[str, KnownItem] = field(default_factory=dict)
    posts: Mapping[str, KnownPost] = field(default_factory=dict)


def same_words(before: Post, after: Post) -> bool:
    """Say whether a post says what it said before; counts go up and down, and any server may show it."""
    return _words(before) == _words(after)


def _words(post: Post) -> Post:
    return replace(post, counts={}, server="", visibility="")
