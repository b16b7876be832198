"""A feed that is stored: what it says, each of its entries as a post, their media, and the pages they lead to."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from capture.extractors.feed.entry import FeedEntry, UnreadEntry
from capture.extractors.feed.head import FeedHead
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
from hashing.case.events import Item
from hashing.case.kinds import ItemKind
from hashing.sandbox import NotRead

if TYPE_CHECKING:
    from capture.extractors.feed.stored_feed import LeftOut
    from capture.request.options import CaptureOptions

ReadPage = Callable[[StoredItem], Iterator[Finding]]

FEED = "feed"
_MOST_MEDIA = 50_000
_MOST_PAGES = 50  # Of one feed: as a rule, five hundred entries.
_LONGEST_PLACE = 300
_LONGEST_FRAGMENT = 200


def read_feed(stored: StoredItem, fetch: Fetch, read_page: ReadPage) -> Iterator[Finding]:
    """Yield what a feed says: itself, its entries, their media; with `follow`, the pages of the entries as well.

    A feed shows a window of what there is: where it goes on, it is paged on, up to the limit or the time asked for.
    `read_page` yields what belongs to a page that is stored. Nothing in a feed makes it raise.
    """
    paging, links = _Paging(fetch.options), dict[str, str]()
    page: StoredItem | None = stored
    while page is not None:
        reading = _FeedReading(page, fetch, paging)
        yield from reading.findings()
        links = {**reading.links, **links}
        page = yield from _next_page(reading, fetch, paging)
    yield from _followed(stored, links, fetch, read_page)


class _Paging:
    """What is known of a feed's pages together: which posts were read, and how many more are wanted."""

    def __init__(self, options: CaptureOptions) -> None:
        self.options = options
        self.pages: set[str] = set()
        self.posts: set[str] = set()

    @property
    def left(self) -> int:
        """How many more entries the limit allows; 0 where there is none."""
        return max(self.options.limit - len(self.posts), 1) if self.options.limit else 0

    @property
    def is_over(self) -> bool:
        """Whether the limit is reached."""
        return bool(self.options.limit) and len(self.posts) >= self.options.limit


def _next_page(reading: _FeedReading, fetch: Fetch, paging: _Paging) -> Generator[Finding, None, StoredItem | None]:
    """Fetch the page of a feed behind the one that was read, where there is one and it is wanted."""
    head, item = reading.head, reading.stored.item
    paging.pages |= {item.url, reading.stored.url}
    url = head.next_page
    # A feed goes on for whoever asked for all of it, each page once, and not past `--since`. A next page that only the
    # kind of software suggests need not exist: that it is none is no failure.
    if not url or url in paging.pages or not reading.goes_on or paging.is_over:
        return None
    if not fetch.options.whole_feed or len(paging.pages) >= 2 * _MOST_PAGES:
        count = len(paging.posts)
        read = f"{count:,} entries of it were read" if count != 1 else "1 entry of it was read"
        goes = "may go on" if head.next_by_software else "goes on"
        yield NotFollowed(url=url, reason=f"the feed {goes} there, {read}; not asked for")
        return None
    place = f"feed {item.url}"
    wanted = FetchRequest(
        url=url, kind=ItemKind.PAGE, found_in=place, optional=head.next_by_software, named_by=reading.stored
    )
    answer = fetch.get(wanted)
    if answer.stored is None:
        return None
    if answer.stored.item.kind != ItemKind.FEED:
        if not head.next_by_software:
            reason = f"the feed goes on there, and what came is none ({answer.stored.item.kind})"
            yield Unavailable(url=url, reason=reason, found_in=place)
        return None
    return answer.stored


def _not_read(item: Item, why: str) -> Unavailable:
    reason = f"the feed is stored but its entries could not be read: {why}"
    return Unavailable(url=item.url, reason=reason, found_in=item.found_in)


class _FeedReading:
    """Makes findings of a feed's entries, and keeps what is to be yielded once all of them are."""

    def __init__(self, stored: StoredItem, fetch: Fetch, paging: _Paging) -> None:
        self.stored = self._stored = stored
        self._fetch = fetch
        self._paging = paging
        self._known = fetch.options.known
        self.head = FeedHead(facts=())
        # Whether what stands behind it may be wanted: it had an entry that was not read yet, and none too early.
        self.goes_on = False
        self._media: list[FetchRequest] = []
        self.left_out: tuple[LeftOut, ...] = ()  # Entries that were not wanted.
        self._media_left_out = self._embedded = self._unread = 0
        self.links: dict[str, str] = {}  # The pages that the entries lead to, each once, and where they were found.

    def findings(self) -> Iterator[Finding]:
        """Yield the feed itself as it was read, its entries and what is to be said of them."""
        from capture.extractors.feed.stored_feed import read_stored_feed

        item, fetch, coding = self._stored.item, self._fetch, self._stored.item.content_encoding
        try:
            for part in read_stored_feed(fetch.readers, self._stored, replace(fetch.options, limit=self._paging.left)):
                if part.unreadable:
                    yield _not_read(item, part.unreadable)
                    return
                if part.head is not None:
                    self.head = part.head
                    # A feed is served compressed as a rule, and its stored bytes are then nothing that a person can
                    # open.
                    plain = plain_body(fetch.readers, self._stored.body, coding) if coding else b""
                    yield ItemReading(ref=item.ref, facts=part.head.facts, plain=plain, plain_suffix=".xml")
                elif (entry := part.entry or part.unread) is not None:
                    yield from self._once(entry)
                self.left_out += part.left_out
        except NotRead as error:
            yield _not_read(item, str(error))
        # Feeds are newest first: behind an entry that is too early stand earlier ones.
        self.goes_on = self.goes_on and not any(each.too_early for each in self.left_out)
        # The media last, also of a feed that could not be read to its end: what its entries say is handed in by then.
        yield from self.rest()
        if self.head.missing and not item.partial:
            yield Unavailable(url=item.url, reason=self.head.missing, found_in=item.found_in)

    def _once(self, entry: FeedEntry | UnreadEntry) -> Iterator[Finding]:
        """Yield an entry that no page before has: while a feed is paged through, entries move on."""
        if isinstance(entry, FeedEntry):
            if entry.post.id in self._paging.posts:
                return
            self._paging.posts.add(entry.post.id)
            self.goes_on = self.goes_on or self._known.same(entry.post) is None
        yield self.post(entry)

    def post(self, entry: FeedEntry | UnreadEntry) -> Finding:
        """Return an entry as a post."""
        item = self._stored.item
        if isinstance(entry, UnreadEntry):
            reason = f"entry {entry.number} is in the feed that is stored but could not be read: {entry.reason}"
            return Unavailable(url=item.url, reason=reason, found_in=item.found_in)
        post = entry.post
        place = cut(f"post {post.permalink or post.id}", _LONGEST_PLACE)
        # Media and links are gathered, and handed on behind all posts of the feed: text first.
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
