"""Videos that pages of any site show, and the signs that a page shows one that is no file behind a link."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from capture.extractors.video.known_sites import is_known_by_name
from capture.request.extractor import Fetch, Finding, NotFollowed, StoredItem

if TYPE_CHECKING:
    from capture.page.players import Players

_PLAYLISTS = (".m3u8", ".mpd")
_LONGEST_FRAME = 500  # Characters of an address that are matched against other people's patterns.
_GENERIC = "Generic"  # yt-dlp's extractor for pages of any site, and for playlists.
_MOST_PLAYLISTS = 20


@dataclass(frozen=True, slots=True)
class Signs:
    """What of a page yt-dlp is to look at."""

    page: bool  # The page itself names a playlist.
    players: tuple[str, ...] = ()  # Addresses of players on the page that yt-dlp knows by name.

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


def videos_at(stored: StoredItem, fetch: Fetch, signs: Signs, playlists: Iterable[str] = ()) -> Iterator[Finding]:
    """Yield the videos that a stored page or playlist shows, or say why there are none.

    `playlists` are those that the page names in its elements; yt-dlp is shown what it makes nothing of by itself.
    """
    from capture.extractors.video.video_search import VideoSearch

    search = VideoSearch(fetch)
    if signs.page:
        # The page as it is stored is shown to yt-dlp, so that it is not fetched a second time.
        yield from search.look(stored.url, _GENERIC, stored)
        left = [playlist for playlist in playlists if playlist not in search.shown]
        for playlist in left[:_MOST_PLAYLISTS]:
            yield from search.look(playlist, _GENERIC)
        if (more := len(left) - _MOST_PLAYLISTS) > 0:
            reason = f"playlists that the page names beyond the first {_MOST_PLAYLISTS}: not looked at"
            yield NotFollowed(url=stored.item.url, reason=reason, count=more)
    else:
        for player in signs.players:
            yield from search.look(player)
    if not (search.found or search.refused):
        reason = f"it shows signs of a video, and none was found ({search.none or 'yt-dlp found none'})"
        yield NotFollowed(url=stored.item.url, reason=reason)
