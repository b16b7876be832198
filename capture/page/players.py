"""Players of video in a page: the frames that may hold one, and whether a playlist is named anywhere."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin

import msgspec

# In scripts, too, where no element says that there is a player.
_MENTIONED = re.compile(rb"\.m3u8|\.mpd|mpegurl|dash\+xml", re.IGNORECASE)
_FRAME = re.compile(
    rb"<iframe\b[^<>]{0,2000}?\s(?:data-(?:[a-z]{1,20}-)?)?src\s*=\s*[\"']?((?!about:)[^\"'\s<>]{1,1000})",
    re.IGNORECASE,
)
_MOST_FRAMES = 20


class Players(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a page names a playlist of HLS or DASH, and the absolute addresses of its first frames."""

    playlist: bool
    frames: tuple[str, ...] = ()


def players_in(body: bytes, url: str) -> Players:
    """Look for players in a page from `url`."""
    frames: dict[str, None] = {}
    for count, frame in enumerate(_FRAME.finditer(body)):
        if count >= _MOST_FRAMES:
            break
        try:
            frames[urljoin(url, html.unescape(frame[1].decode("utf-8", "replace")))] = None
        except ValueError:
            continue
    return Players(playlist=_MENTIONED.search(body) is not None, frames=tuple(frames))
