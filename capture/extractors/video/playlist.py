"""A media playlist: which segments there are, and how they are encrypted, as the sandbox reads it."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from capture.errors import CaptureError
from capture.request.extractor import StoredItem
from hashing.sandbox import NotRead, Readers

_READER = "capture.extractors.video.hls:playlist_in"


class NoPlaylist(CaptureError):
    """What came is no media playlist."""


class UnreadPlaylist(NoPlaylist):
    """What came may be one: its reader hung or died."""


@dataclass(frozen=True, slots=True)
class Key:
    """How segments are encrypted: `AES-128`, or a method that is somebody's rights management."""

    method: str
    url: str = ""
    iv: bytes = b""  # The initialization vector; without one it follows from the segment's number.


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a stream: a file, or `length` bytes of one from `start` on."""

    url: str
    start: int = 0
    length: int = 0  # 0 for the whole file.
    number: int = -1  # Its media sequence number; -1 for an initialization section (EXT-X-MAP).
    key: Key | None = None
    gap: bool = False  # Whether the playlist itself says that there is nothing at this address (EXT-X-GAP).


@dataclass(frozen=True, slots=True)
class MediaPlaylist:
    """The segments of one stream, in order, each initialization section before what it belongs to."""

    segments: tuple[Segment, ...]
    ended: bool  # Whether no further segment will come.
    target: float  # The longest duration of a segment, in seconds.
    left_out: int = 0  # Segments beyond the number that is read.
    # Whether it ends within an entry: what announces a segment is the last line, and no address follows.
    cut: bool = False


class PlaylistRead(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of a playlist, or why nothing was."""

    playlist: MediaPlaylist | None = None
    problem: str = ""


def playlist_of(stored: StoredItem, readers: Readers, variables: dict[str, str]) -> MediaPlaylist:
    """Return a stored playlist, read in the sandbox, with the variables of the list that names it.

    Raises NoPlaylist, UnreadPlaylist.
    """
    try:
        arguments = (stored.item.content_encoding, stored.url, msgspec.json.encode(variables))
        read = readers.ask(_READER, *arguments, files=[stored.body], answer=PlaylistRead)
    except NotRead as error:
        raise UnreadPlaylist(f"it could not be read: {error}") from error
    if read.playlist is None:
        raise NoPlaylist(read.problem)
    return read.playlist
