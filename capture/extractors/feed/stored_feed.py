"""A feed that is stored, read in the sandbox: what it says of itself, then its entries one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from capture.extractors.feed.entry import FeedEntry, UnreadEntry
from capture.extractors.feed.head import Feed, FeedHead, FeedUnreadable
from capture.extractors.feed.json_feed import read_json_feed
from capture.extractors.feed.xml_feed import read_xml_feed
from capture.recorder.decoding import NotDecoded, decoded_body
from capture.request.extractor import StoredItem
from hashing.case.post import Post
from hashing.sandbox import Readers

if TYPE_CHECKING:
    from capture.request.options import CaptureOptions

TOO_EARLY = "entries: earlier than asked for (--since)"


class LeftOut(msgspec.Struct, frozen=True):
    """So many entries were left out, and why."""

    count: int
    reason: str
    too_early: bool = False  # Whether they are earlier than asked for: what a feed shows behind them is, too.


class FeedSaid(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is said of a feed: its head first, then each entry, and last what was left out of them."""

    unreadable: str = ""
    head: FeedHead | None = None
    entry: FeedEntry | None = None
    unread: UnreadEntry | None = None
    left_out: tuple[LeftOut, ...] = ()


def read_stored_feed(readers: Readers, stored: StoredItem, options: CaptureOptions) -> Iterator[FeedSaid]:
    """Have a stored feed read, and yield what is said of it. Raises NotRead."""
    since, until = (moment.isoformat() if moment is not None else "" for moment in (options.since, options.until))
    arguments = (stored.item.content_encoding, stored.url, stored.content_type, options.limit, since, until)
    yield from readers.stream(f"{__name__}:feed_in", *arguments, files=[stored.body], answer=FeedSaid)


def feed_in(
    file: BinaryIO, coding: str, url: str, content_type: str, limit: int, since: str, until: str
) -> Iterator[FeedSaid]:
    """Read the feed that a file holds, as far as it is asked for. Run this in the sandbox."""
    try:
        feed = _read(decoded_body(file, coding), url, content_type)
    except (NotDecoded, FeedUnreadable) as error:
        yield FeedSaid(unreadable=str(error))
        return
    # The head goes out before the entries, so that what the feed is stands in the ledger before anything found in it.
    yield FeedSaid(head=feed.head())
    chosen = Chosen(feed, limit=limit, since=_moment(since), until=_moment(until))
    for entry in chosen.entries():
        yield FeedSaid(entry=entry) if isinstance(entry, FeedEntry) else FeedSaid(unread=entry)
    yield FeedSaid(
        left_out=tuple(LeftOut(count, reason, too_early=reason == TOO_EARLY) for count, reason in chosen.left_out())
    )


def _read(body: bytes, url: str, content_type: str) -> Feed:
    """Read a feed of any format. Raises FeedUnreadable."""
    if not body.strip():
        raise FeedUnreadable("it is empty")
    if body.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return read_json_feed(body, url=url)
    return read_xml_feed(body, url=url, content_type=content_type)


def _moment(written: str) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


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
            # Not in time does not count for the limit: `--limit 10 --since` means ten that are in time. One that cannot
            # be read has no time, is told of, and takes the place of none.
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
        # Without a time nobody can say that it is outside: kept.
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
