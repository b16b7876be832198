"""Which entries of a feed the user wants, and what is said of the others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from capture.extractors.feed.entry import FeedEntry, UnreadEntry

if TYPE_CHECKING:
    from capture.extractors.feed.head import Feed
    from hashing.case.post import Post


TOO_EARLY = "entries: earlier than asked for (--since)"


class Chosen:
    """Passes on the entries of a feed that lie in the time asked for, up to the limit, and counts the others.

    An entry whose time is not known, or has no zone, is passed on: it may be the one that is sought.
    """

    def __init__(self, feed: Feed, *, limit: int, since: datetime | None, until: datetime | None) -> None:
        self._feed = feed
        self._limit, self._since, self._until = limit, since, until
        self._too_early = self._too_late = self._over = 0

    def entries(self) -> Iterator[FeedEntry | UnreadEntry]:
        """Yield the entries in the feed's order; reading stops at the limit."""
        taken = seen = 0
        for entry in self._feed.entries:
            seen += 1
            if isinstance(entry, FeedEntry) and not self._is_in_time(entry.post):
                continue
            yield entry
            taken += isinstance(entry, FeedEntry)
            if self._limit and taken == self._limit:
                self._over = self._feed.count - seen
                return

    def left_out(self) -> Iterator[tuple[int, str]]:
        """Yield how many were left out, and why; ask when the entries are at their end."""
        for count, reason in (
            (self._too_early, TOO_EARLY),
            (self._too_late, "entries: later than asked for (--until)"),
            (self._over, f"entries: over the limit (--limit {self._limit})"),
        ):
            if count:
                yield count, reason

    def _is_in_time(self, post: Post) -> bool:
        claimed = post.published or post.edited
        if not claimed:
            return True
        moment = datetime.fromisoformat(claimed)
        if self._since is not None and moment < self._since:
            self._too_early += 1
            return False
        if self._until is not None and moment > self._until:
            self._too_late += 1
            return False
        return True
