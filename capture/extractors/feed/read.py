"""A feed that is stored: what it says, each of its entries as a post, their media, and the pages they lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from capture.extractors.feed.entry import FeedEntry, UnreadEntry
from capture.page.claims import cut
from capture.recorder.reading import plain_body
from capture.request.extractor import (
    Fetch,
    FetchRequest,
    Finding,
    ItemReading,
    NotFollowed,
    PostExcerpt,
    StoredItem,
    Unavailable,
)
from capture.request.known import same_words
from hashing.case.kinds import ItemKind
from hashing.sandbox import NotRead

if TYPE_CHECKING:
    from capture.extractors.feed.stored_feed import LeftOut
    from hashing.case.events import Item

ReadPage = Callable[[StoredItem], Iterator[Finding]]

FEED = "feed"
_MOST_MEDIA = 50_000
_LONGEST_PLACE = 300
_LONGEST_FRAGMENT = 200
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json")


def looks_like_feed(stored: StoredItem) -> bool:
    """Say whether an item is a feed: its bytes decide, whatever its type says."""
    return stored.item.kind == ItemKind.FEED


def no_feed(stored: StoredItem, fetch: Fetch) -> Iterator[Finding]:
    """Say where a feed was to be expected and something else came: a login or consent wall, as a rule."""
    item = stored.item
    if stored.content_type.strip().lower().startswith(_FEED_TYPES):
        reason = f"the server says that this is a feed, and what it sent is none ({item.kind})"
        yield Unavailable(url=item.url, reason=reason, found_in=item.found_in)
    elif fetch.options.follow:
        yield NotFollowed(url=item.url, reason=f"no feed ({item.kind}): there are no entries to follow (--follow)")


def read_feed(stored: StoredItem, fetch: Fetch, read_page: ReadPage) -> Iterator[Finding]:
    """Yield what a feed says: itself, its entries, their media; with `follow`, the pages of the entries as well.

    `read_page` yields what belongs to a page that is stored. Nothing in a feed makes it raise.
    """
    from capture.extractors.feed.stored_feed import FeedHead, read_stored_feed

    item, coding = stored.item, stored.item.content_encoding
    reading, head = _FeedReading(stored, fetch), FeedHead(facts=())
    try:
        for said in read_stored_feed(fetch.readers, stored, fetch.options):
            if said.unreadable:
                yield _not_read(item, said.unreadable)
                return
            if said.head is not None:
                head = said.head
                plain = plain_body(fetch.readers, stored.body, coding) if coding else b""
                yield ItemReading(ref=item.ref, facts=head.facts, plain=plain, plain_suffix=".xml")
            elif (entry := said.entry or said.unread) is not None:
                yield reading.post(entry)
            reading.left_out += said.left_out
    except NotRead as error:
        yield _not_read(item, str(error))
    yield from reading.rest()
    if head.next_page:
        yield NotFollowed(url=head.next_page, reason="the feed goes on there; not asked for")
    if head.missing and not item.partial:
        yield Unavailable(url=item.url, reason=head.missing, found_in=item.found_in)
    yield from _followed(stored, reading.links, fetch, read_page)


def _not_read(item: Item, why: str) -> Unavailable:
    reason = f"the feed is stored but its entries could not be read: {why}"
    return Unavailable(url=item.url, reason=reason, found_in=item.found_in)


class _FeedReading:
    """Makes findings of a feed's entries, and keeps what is to be yielded once all of them are."""

    def __init__(self, stored: StoredItem, fetch: Fetch) -> None:
        self._stored = stored
        self._known = fetch.options.known
        self._media: list[FetchRequest] = []
        self.left_out: tuple[LeftOut, ...] = ()
        """Entries that were not wanted."""
        self._media_left_out = self._embedded = self._unread = 0
        self.links: dict[str, str] = {}
        """The pages that the entries lead to, each once, and where they were found."""

    def post(self, entry: FeedEntry | UnreadEntry) -> Finding:
        """Return an entry as a post."""
        item = self._stored.item
        if isinstance(entry, UnreadEntry):
            reason = f"entry {entry.number} is in the feed that is stored but could not be read: {entry.reason}"
            return Unavailable(url=item.url, reason=reason, found_in=item.found_in)
        post = entry.post
        place = cut(f"post {post.permalink or post.id}", _LONGEST_PLACE)
        room = _MOST_MEDIA - len(self._media)
        self._media_left_out += len(entry.media[room:])
        self._media += [
            FetchRequest(
                url=link.url,
                kind=link.kind,
                found_in=place,
                alt=link.alt,
                referer=self._stored.url,
                counted=False,
                named_by=self._stored,
            )
            for link in entry.media[:room]
        ]
        self._embedded += entry.embedded
        self._unread += bool(entry.unread)
        if entry.link and entry.link not in {item.url, self._stored.url} and not self._is_taken(entry):
            self.links.setdefault(entry.link, place)
        return PostExcerpt(
            of=self._stored,
            offset=entry.excerpt.offset,
            data=entry.excerpt.data,
            url=post.permalink
            or f"{self._stored.url.partition('#')[0]}#{quote(post.id[:_LONGEST_FRAGMENT], safe=':')}",
            found_in=f"feed {self._stored.url}",
            post=post,
            facts=entry.facts,
        )

    def rest(self) -> Iterator[Finding]:
        """Yield the media of all the entries, and what is to be said of them."""
        yield from self._media
        item = self._stored.item
        for left_out in self.left_out:
            yield NotFollowed(url=item.url, reason=left_out.reason, count=left_out.count)
        if self._embedded:
            reason = "embedded in the feed itself and stored with it"
            yield NotFollowed(url=item.url, reason=reason, count=self._embedded)
        if self._unread:
            reason = f"{self._unread:,} entries are stored and were not read to their end, as their facts say"
            yield Unavailable(url=item.url, reason=reason, found_in=item.found_in)
        if self._media_left_out:
            reason = f"media: more than {_MOST_MEDIA:,} in one feed"
            yield NotFollowed(url=item.url, reason=reason, count=self._media_left_out)

    def _is_taken(self, entry: FeedEntry) -> bool:
        """Whether an earlier round has taken the entry as it is now, and the page that it leads to."""
        post = self._known.posts.get(entry.post.id)
        return post is not None and entry.link in self._known.items and same_words(post.post, entry.post)


def _followed(stored: StoredItem, links: dict[str, str], fetch: Fetch, read_page: ReadPage) -> Iterator[Finding]:
    """Fetch the pages that the entries lead to, and yield what belongs to each; one that fails is recorded as such."""
    if not fetch.options.follow:
        return
    wanted = (
        FetchRequest(url=url, kind=ItemKind.PAGE, found_in=place, named_by=stored) for url, place in links.items()
    )
    for _, answer in fetch.get_all(wanted):
        if answer.stored is not None and answer.stored.item.kind == ItemKind.PAGE:
            yield from read_page(answer.stored)
