"""Signs that a page shows a video that is no file behind a link: a playlist, or a player that yt-dlp knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from capture.extractors.video.known_sites import is_known_by_name

if TYPE_CHECKING:
    from capture.page.players import Players

_PLAYLISTS = (".m3u8", ".mpd")
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


def signs_of_video(players: Players, url: str, media: Iterable[str] = ()) -> Signs:
    """Look for signs among the players of a page from `url`; `media` are the addresses of what it shows."""
    return Signs(
        page=players.playlist or any(map(is_playlist, media)),
        players=tuple(
            address
            for address in players.frames
            if len(address) <= _LONGEST_FRAME and address != url and is_known_by_name(address)
        ),
    )
