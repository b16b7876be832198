"""Videos that pages of any site show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from capture.extractors.video.signs import Signs
from capture.request.extractor import Fetch, Finding, NotFollowed, StoredItem

_GENERIC = "Generic"
"""yt-dlp's extractor for pages of any site, and for playlists."""
_MOST_PLAYLISTS = 20


def videos_at(stored: StoredItem, fetch: Fetch, signs: Signs, playlists: Iterable[str] = ()) -> Iterator[Finding]:
    """Yield the videos that a stored page or playlist shows, or say why there are none.

    `playlists` are those that the page names in its elements; yt-dlp is shown what it makes nothing of by itself.
    """
    from capture.extractors.video.video_search import VideoSearch

    search = VideoSearch(fetch)
    if signs.page:
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
