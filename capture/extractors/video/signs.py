"""Signs that a page shows a video that is no file behind a link: a playlist, or a player that yt-dlp knows."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from capture.extractors.video.known_sites import is_known_by_name

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAYLISTS = (".m3u8", ".mpd")
_MENTIONED = re.compile(rb"\.m3u8|\.mpd|mpegurl|dash\+xml", re.IGNORECASE)
_FRAME = re.compile(rb"<iframe\b[^<>]{0,2000}?\ssrc\s*=\s*[\"']?([^\"'\s<>]{1,1000})", re.IGNORECASE)
_MOST_FRAMES = 20
_LONGEST_FRAME = 500
"""Characters of an address that are matched against other people's patterns."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What of a page yt-dlp is to look at."""

    page: bool
    """The page itself names a playlist."""
    players: tuple[str, ...] = ()
    """Addresses of players on the page that yt-dlp knows by name."""

    def __bool__(self) -> bool:
        return self.page or bool(self.players)


def is_playlist(url: str) -> bool:
    """Say whether an address promises a playlist of HLS or DASH."""
    try:
        return urlsplit(url).path.lower().endswith(_PLAYLISTS)
    except ValueError:
        return False


def signs_of_video(body: bytes, url: str, media: Iterable[str] = ()) -> Signs:
    """Look for signs in a page from `url`; `media` are the addresses of what it shows."""
    named = any(map(is_playlist, media)) or _MENTIONED.search(body) is not None
    players: dict[str, None] = {}
    for count, frame in enumerate(_FRAME.finditer(body)):
        if count >= _MOST_FRAMES:
            break
        try:
            address = urljoin(url, html.unescape(frame[1].decode("utf-8", "replace")))
        except ValueError:
            continue
        if len(address) <= _LONGEST_FRAME and address != url and is_known_by_name(address):
            players[address] = None
    return Signs(named, tuple(players))
