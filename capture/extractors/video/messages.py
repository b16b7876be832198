"""What goldenhour and the process that runs yt-dlp say to each other, beyond what each such process says."""

from __future__ import annotations

from typing import Annotated

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


class Task(ChildMessage, frozen=True, kw_only=True):
    """What the process is to look into."""

    url: str
    # yt-dlp's name of the extractor to use; "" for the first that knows the URL by name, and none but such.
    extractor: str = ""
    most: int = 0  # The largest number of videos of a list.
    comments: bool = False
    cookies: tuple[Cookie, ...] = ()


class Stream(ChildMessage, frozen=True, kw_only=True):
    """One of the streams that a video is to be taken from: a file, or a playlist, or a list of segments."""

    url: str
    protocol: Line
    name: Line = ""  # Which it is, for a person: `1080p`, `audio only`.
    extension: Line = ""
    video: bool = True
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    cookie: str = ""  # The Cookie header for the stream's own host.
    segments: Annotated[tuple[str, ...], msgspec.Meta(max_length=100_000)] = ()
    left_out: Count = 0  # How many segments there are beyond these.
    # What the list of playlists that names it defines (EXT-X-DEFINE).
    variables: dict[str, str] = msgspec.field(default_factory=dict)


class Subtitle(ChildMessage, frozen=True, kw_only=True):
    """Subtitles that people wrote, in one language."""

    language: Line
    url: str
    protocol: Line = "https"
    headers: dict[str, str] = msgspec.field(default_factory=dict)


class VideoFact(ChildMessage, frozen=True, kw_only=True):
    """Something that a site says about a video beyond what every post says."""

    name: Line
    value: str | Count | float


class FoundVideo(ChildMessage, frozen=True, kw_only=True, tag=True):
    """One video, as its site describes it. Times in seconds since 1970."""

    extractor: Line
    of_platform: bool = False  # Whether the extractor is made for a site, whose own name for the video `id` then is.
    version: Line  # yt-dlp's.
    id: Line
    url: Line  # The page that shows it.
    title: Text = ""
    description: Text = ""
    author: Line = ""
    author_handle: Line = ""
    author_id: Line = ""
    author_url: Line = ""
    published: float | None = None
    language: Line = ""
    tags: Annotated[tuple[Line, ...], msgspec.Meta(max_length=200)] = ()
    counts: dict[str, Count] = msgspec.field(default_factory=dict)
    facts: Annotated[tuple[VideoFact, ...], msgspec.Meta(max_length=50)] = ()
    live: bool = False
    thumbnail: str = ""
    subtitles: Annotated[tuple[Subtitle, ...], msgspec.Meta(max_length=200)] = ()
    automatic: Count = 0  # Languages in which there are subtitles that a machine made.
    live_chat: bool = False  # Whether yt-dlp names a live chat that goes with it.
    chat: bytes = b""  # The chat, where comments are asked for: a message a line, in JSON.
    chat_missing: Line = ""  # Why it is not there, or not all of it.
    streams: Annotated[tuple[Stream, ...], msgspec.Meta(max_length=4)] = ()
    container: Line = "mp4"  # The extension of a file that holds all the streams.
    info: bytes = b""  # All that yt-dlp found out, as JSON, without credentials.


class ListedVideo(ChildMessage, frozen=True, kw_only=True, tag=True):
    """A list has more videos than were asked for."""

    url: str
    title: Text = ""


Said = FetchQuestion | FoundVideo | ListedVideo | Remark | ExtractionTrouble | Ended
