"""What goldenhour and the process that runs gallery-dl say to each other, beyond what each such process says."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from capture.extractors.child.messages import (
    ChildMessage,
    Cookie,
    Count,
    Ended,
    ExtractionTrouble,
    FetchQuestion,
    Line,
    Remark,
    Text,
)
from capture.extractors.gallery.post_fields import PostPart
from hashing.case.facts import Fact
from hashing.case.post import Post

TroubleKind = Literal["", "gone", "login", "forbidden", "challenge", "limit", "unreadable", "none there"]


class GalleryTask(ChildMessage, frozen=True, kw_only=True):
    """What the process is to look into."""

    url: str
    modules: tuple[str, ...]  # gallery-dl's own names of the modules that may know the address.
    # gallery-dl's options, by module.
    options: dict[str, dict[str, str | int | bool | None]] = msgspec.field(default_factory=dict)
    longest_pause: float = 900.0
    cookies: tuple[Cookie, ...] = ()


class PauseQuestion(ChildMessage, frozen=True, kw_only=True, tag=True):
    """The site wants to be left alone for so many seconds; it is answered when they are over."""

    seconds: Annotated[float, msgspec.Meta(ge=0, le=86_400)]
    reason: Line


class PostFile(ChildMessage, frozen=True, kw_only=True):
    """A file that belongs to a post: its address, and what the site says that it shows."""

    url: str
    alt: Text = ""
    headers: dict[str, str] = msgspec.field(default_factory=dict)


class FoundPost(ChildMessage, frozen=True, kw_only=True, tag=True):
    """One post as gallery-dl reads it. Without an `id` it is the head of an album, and no post."""

    module: Line
    post: Post | None = None
    names: tuple[Line, ...] = ()  # What the site itself calls it in its answers.
    facts: tuple[Fact, ...] = ()
    files: Annotated[tuple[PostFile, ...], msgspec.Meta(max_length=1000)] = ()
    left_out: int = 0  # Files beyond these.
    asked: Count = 0  # Questions that were answered before gallery-dl began with it.
    unnamed: bool = False  # Whether it reads like a post, and the site's own name for it is not there.
    # Parts of the post that have another form than gallery-dl and we expect: a list in the place of a text.
    unread: tuple[PostPart, ...] = ()
    info: bytes = b""  # All that gallery-dl found out, as JSON.


class GalleryRemark(ChildMessage, frozen=True, kw_only=True, tag=True):
    """Something that gallery-dl warns of, or that it could not do and went on from."""

    words: Text
    failed: bool = False


class GalleryTrouble(ChildMessage, frozen=True, kw_only=True, tag=True):
    """Why gallery-dl has ended before the end."""

    kind: TroubleKind
    words: Text
    version: Line = ""


Said = FetchQuestion | PauseQuestion | FoundPost | GalleryRemark | GalleryTrouble | ExtractionTrouble | Remark | Ended
