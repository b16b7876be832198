"""What goldenhour and the process that runs yt-dlp say to each other: one JSON object a message, on a socket.

The process asks (`FetchQuestion`) and is answered (`FetchAnswer`); what it finds out comes as `ListedVideo`,
`FoundVideo`, `Remark` and `ExtractionTrouble`, and `Ended` is the last. What it says is taken for no more than a
stranger's claim: the types here are its bounds.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

Text = Annotated[str, msgspec.Meta(max_length=1 << 20)]
Line = Annotated[str, msgspec.Meta(max_length=8192)]
Count = Annotated[int, msgspec.Meta(ge=0, le=(1 << 53) - 1)]
"""A number that JSON holds exactly (RFC 8785)."""


LARGEST = 64 << 20
"""Bytes of a message."""


class _Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a message."""


class Cookie(_Message, frozen=True, kw_only=True):
    """A cookie that the user lends; `expires` in seconds since 1970, 0 for a session's cookie."""

    domain: str
    path: str
    name: str
    value: str
    secure: bool = False
    expires: int = 0


class Task(_Message, frozen=True, kw_only=True):
    """What the process is to look into."""

    url: str
    extractor: str = ""
    """yt-dlp's name of the extractor to use; "" for the first that knows the URL by name, and none but such."""
    most: int = 0
    """The largest number of videos of a list."""
    comments: bool = False
    cookies: tuple[Cookie, ...] = ()


class FetchAnswer(_Message, frozen=True, kw_only=True):
    """What came of a request. Without `reason`, `body` names the file that holds the answer's whole body.

    The process is handed that file open, and is not told its name.
    """

    url: str
    """Where redirects led to."""
    status: int = 0
    headers: dict[str, str] = {}
    body: str = ""
    coding: str = ""
    sample: bytes = b""
    """The beginning of the body, where it is an error's."""
    reason: str = ""


class FetchQuestion(_Message, frozen=True, kw_only=True, tag=True):
    """A request that yt-dlp wants made."""

    url: str
    method: Line = "GET"
    headers: dict[str, str] = {}
    data: bytes = b""


class Stream(_Message, frozen=True, kw_only=True):
    """One of the streams that a video is to be taken from: a file, or a playlist, or a list of segments."""

    url: str
    protocol: Line
    name: Line = ""
    """Which it is, for a person: `1080p`, `audio only`."""
    extension: Line = ""
    video: bool = True
    audio: bool = True
    headers: dict[str, str] = {}
    cookie: str = ""
    """The Cookie header for the stream's own host."""
    segments: Annotated[tuple[str, ...], msgspec.Meta(max_length=100_000)] = ()
    left_out: Count = 0
    """How many segments there are beyond these."""


class Subtitle(_Message, frozen=True, kw_only=True):
    """Subtitles that people wrote, in one language."""

    language: Line
    url: str
    protocol: Line = "https"
    headers: dict[str, str] = {}


class VideoFact(_Message, frozen=True, kw_only=True):
    """Something that a site says about a video beyond what every post says."""

    name: Line
    value: str | Count | float


class FoundVideo(_Message, frozen=True, kw_only=True, tag=True):
    """One video, as its site describes it. Times in seconds since 1970."""

    extractor: Line
    of_platform: bool = False
    """Whether the extractor is made for a site, whose own name for the video `id` then is."""
    version: Line
    """yt-dlp's."""
    id: Line
    url: Line
    """The page that shows it."""
    title: Text = ""
    description: Text = ""
    author: Line = ""
    author_handle: Line = ""
    author_id: Line = ""
    author_url: Line = ""
    published: float | None = None
    language: Line = ""
    tags: Annotated[tuple[Line, ...], msgspec.Meta(max_length=200)] = ()
    counts: dict[str, Count] = {}
    facts: Annotated[tuple[VideoFact, ...], msgspec.Meta(max_length=50)] = ()
    live: bool = False
    thumbnail: str = ""
    subtitles: Annotated[tuple[Subtitle, ...], msgspec.Meta(max_length=200)] = ()
    automatic: Count = 0
    """Languages in which there are subtitles that a machine made."""
    streams: Annotated[tuple[Stream, ...], msgspec.Meta(max_length=4)] = ()
    container: Line = "mp4"
    """The extension of a file that holds all the streams."""
    info: bytes = b""
    """All that yt-dlp found out, as JSON, without credentials."""


class ListedVideo(_Message, frozen=True, kw_only=True, tag=True):
    """A list has more videos than were asked for."""

    url: str
    title: Text = ""


class Remark(_Message, frozen=True, kw_only=True, tag=True):
    """A warning of yt-dlp."""

    words: Text


class ExtractionTrouble(_Message, frozen=True, kw_only=True, tag=True):
    """Something that yt-dlp could not do; `none_there` says that there is simply no video."""

    url: str
    words: Text
    none_there: bool = False


class Ended(_Message, frozen=True, kw_only=True, tag=True):
    """There is no more."""


Said = FetchQuestion | FoundVideo | ListedVideo | Remark | ExtractionTrouble | Ended
