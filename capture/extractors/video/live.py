"""Following a live stream: its playlist is fetched again and again, each new segment once, until the time is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from capture.extractors.video.messages import Stream
from capture.extractors.video.playlist import MediaPlaylist, NoPlaylist, Segment, UnreadPlaylist, playlist_of
from hashing.case.kinds import ItemKind
from hashing.sandbox import Readers

if TYPE_CHECKING:
    from capture.extractors.video.segments import SegmentFetch

_SHORTEST, _LONGEST = 0.5, 3.0  # Seconds between two looks at a playlist.
_MOST_FAILURES = 5
# A playlist that is so many segments behind what it was is no stale copy: the stream has begun to count anew.
_BEGUN_ANEW = 10


class Follower:
    """Follows one live playlist."""

    def __init__(self, segments: SegmentFetch, stream: Stream, playlist: MediaPlaylist, readers: Readers) -> None:
        self._readers = readers
        self._segments = segments
        self._stream = stream
        self._playlist = playlist
        self._next = 0
        self._sections: set[Segment] = set()
        self._failures = 0
        self.ended = False
        self.gone: list[str] = []  # What was not to be had.

    @staticmethod
    def follow(followers: Sequence[Follower], seconds: float, wait: Callable[[float], None]) -> None:
        """Follow playlists that belong together until all have ended, or for a number of seconds."""
        end = time.monotonic() + seconds
        # 1. First all that the lists hold now: the oldest segments are the first that the server drops.
        for follower in followers:
            follower.fetch_new(first=True)
        # 2. Side by side, at the pace of the fastest list: sound and picture of one moment must both be there.
        while not all(follower.ended for follower in followers):
            pause = min(follower.pause for follower in followers if not follower.ended)
            if time.monotonic() + pause > end:
                break
            wait(pause)
            for follower in followers:
                if not follower.ended:
                    follower.look()

    @property
    def pause(self) -> float:
        """Seconds until the next look: half of what a segment lasts, so that none passes by between two looks."""
        return min(max(self._playlist.target / 2, _SHORTEST), _LONGEST)

    def look(self) -> None:
        """Fetch the playlist again, and what is new in it."""
        # A playlist shows the last minute or so: one that fails is fetched again soon, or its segments are gone.
        answer = self._segments.get(self._stream.url, ItemKind.PLAYLIST)
        try:
            if answer.stored is None or answer.reason:
                raise NoPlaylist(answer.reason or "as it was")
            self._playlist = playlist_of(answer.stored, self._readers, self._stream.variables)
        except NoPlaylist as error:
            if isinstance(error, UnreadPlaylist):
                self.gone.append(f"a playlist of the live stream is kept and was not followed: {error}")
            self._failures += 1
            if self._failures >= _MOST_FAILURES:
                self.ended = True
                self.gone.append(f"the live stream's playlist was not to be had {_MOST_FAILURES} times: {error}")
            return
        self._failures = 0
        self.fetch_new()

    def fetch_new(self, *, first: bool = False) -> None:
        """Fetch those segments of the playlist that were not seen yet."""
        numbers = [segment.number for segment in self._playlist.segments if segment.number >= 0]
        # Numbers far below those seen: the stream was begun anew, and nothing in it would be new by its number
        # otherwise.
        if numbers and numbers[-1] < self._next - _BEGUN_ANEW:
            first, self._next = True, 0
        # The list begins behind what was seen last: a gap that no later look can fill, so it is said at once.
        if numbers and not first and numbers[0] > self._next:
            lost = numbers[0] - self._next
            self.gone.append(f"{lost} segments of the live stream were gone before they could be fetched")
        new = [segment for segment in self._playlist.segments if self._is_new(segment, first=first)]
        self._segments.fetch_segments(new)
        self._next = max([self._next, *(number + 1 for number in numbers)])
        self.ended = self._playlist.ended

    def _is_new(self, segment: Segment, *, first: bool) -> bool:
        if segment.number < 0:
            known = segment in self._sections
            self._sections.add(segment)
            return not known
        return first or segment.number >= self._next
