"""A channel of Telegram, page by page from its newest post on, or one post of it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

import msgspec

from capture.extractors.page_scene import PageScene
from capture.extractors.telegram.address import TelegramAddress, read_address
from capture.extractors.telegram.stored_preview import PreviewPage, ShownPost, read_preview
from capture.extractors.wanted_posts import WantedPosts, without_tag
from capture.recorder.reading import plain_body
from capture.request.extractor import (
    Fetch,
    FetchRequest,
    Finding,
    ItemReading,
    NotFollowed,
    PostExcerpt,
    PostGone,
    StoredItem,
    Unavailable,
)
from capture.request.known import KnownPost
from hashing.case.kinds import ItemKind
from hashing.sandbox import NotRead

_MOST_PAGES = 5000  # A hundred thousand posts.
_MOST_POSTS = 1 << 62  # No channel's numbers are so high.
_NO_CHANNEL = (
    "shows no posts to the public: it is a group, a person or a bot, its preview is off, or there is no such name"
)
_SEARCHED = "Telegram's search shows the newest posts alone: there may be further ones"


class ChannelPosts:
    """A channel's posts, the newest page first; with a `tag` those that have this hashtag, looked at again here."""

    def __init__(self, address: TelegramAddress, fetch: Fetch, tag: str = "") -> None:
        self._address = address
        self._fetch = fetch
        self._tag = tag
        self._place = f"posts of {address.shown}"
        self._wanted = WantedPosts(fetch.options, without_tag(tag, address.shown))

    def find(self) -> Iterator[Finding]:
        """Yield the posts, as soon as their page is there, until the list ends or nothing further is wanted."""
        first = self._address.list_url
        answer = self._fetch.get(FetchRequest(url=first, kind=ItemKind.PAGE, found_in="scene"))
        page = None
        if answer.stored is None:
            yield from PageScene(first, self._fetch).of_answer(answer)
        else:
            page = yield from _read(answer.stored, self._fetch)
        if page is not None and not page.is_preview:
            yield from PageScene(first, self._fetch).of_answer(answer)
            yield Unavailable(url=first, reason=f"{self._address.shown} {_NO_CHANNEL}", found_in="scene")
        elif page is not None and answer.stored is not None:
            yield from self._pages(page, answer.stored)
            yield from self._said_of_search()

    def _pages(self, page: PreviewPage, stored: StoredItem) -> Iterator[Finding]:
        reached = _MOST_POSTS
        for _ in range(_MOST_PAGES):
            for shown in reversed(page.posts):  # the page has the oldest first
                if not self._wanted.left_out(shown.post):
                    yield from _post(shown, stored, self._place, self._fetch)
            yield from self._wanted.notes(stored.item.url)
            if not (page.posts or page.unread or page.says_none):
                reason = f"{self._place}: a page shows none, and does not say so: its form may have changed"
                yield Unavailable(url=stored.item.url, reason=reason, found_in=self._place)
            # The next page is told by this one's own number: it must count down, or the pages go round. Where none is
            # told and the first post has not come, it is asked for: nothing else says that the list has ended.
            oldest = self._oldest(page)
            reason = self._wanted.past(shown.post for shown in page.posts)
            if not page.before and 1 < oldest < reached and not reason:
                page = msgspec.structs.replace(page, before=str(oldest))
            if not page.before:
                return
            reached = int(page.before)
            url = replace(self._address, before=page.before).list_url
            if reason:
                yield NotFollowed(url=url, reason=f"further posts: {reason}")
                return
            following = yield from self._next(url, page.before, stored)
            if following is None:
                return
            page, stored = following
        yield self._broken_off(stored.item.url, page.before, f"more than {_MOST_PAGES:,} pages")

    def _next(
        self, url: str, before: str, stored: StoredItem
    ) -> Generator[Finding, None, tuple[PreviewPage, StoredItem] | None]:
        """Yield why there is no next page, or return it, with the item that it is."""
        answer = self._fetch.get(
            FetchRequest(url=url, kind=ItemKind.PAGE, found_in=self._place, named_by=stored, optional=True)
        )
        if answer.stored is None:
            yield self._broken_off(url, before, answer.reason or "as it was captured before")
            return None
        following = yield from _read(answer.stored, self._fetch)
        if following is None:
            return None
        if not following.is_preview:
            yield self._broken_off(url, before, "another page came in its place")
            return None
        if following.before and int(following.before) >= int(before):
            yield self._broken_off(url, before, "the pages go round in a circle")
            return None
        return following, answer.stored

    def _oldest(self, page: PreviewPage) -> int:
        """Return the lowest number on a page of a channel; 0 where it shows none, or is one of a search."""
        numbers = [int(shown.post.id.rpartition("/")[2]) for shown in page.posts]
        return min(numbers, default=0) if not self._address.query else 0

    def _broken_off(self, url: str, before: str, reason: str) -> Unavailable:
        return Unavailable(url=url, reason=f"{self._place} before number {before}: {reason}", found_in=self._place)

    def _said_of_search(self) -> Iterator[Finding]:
        url = self._address.list_url
        if self._address.query:
            yield NotFollowed(url=url, reason=_SEARCHED)
        if self._tag and not self._wanted.taken:
            yield self._wanted.nothing(url, f"no post found under #{self._tag} in {self._address.shown}")


def find_post(address: TelegramAddress, fetch: Fetch) -> Iterator[Finding]:
    """Yield one post, by the page that stands alone."""
    url = address.post_url
    answer = fetch.get(FetchRequest(url=url, kind=ItemKind.PAGE, found_in="scene"))
    if answer.stored is None:
        yield from PageScene(url, fetch).of_answer(answer)
        return
    page = yield from _read(answer.stored, fetch)
    if page is None:
        return
    for shown in page.posts:
        yield from _post(shown, answer.stored, "scene", fetch)
    if not page.posts:
        reason = f"Telegram shows no such post ({page.error or _NO_CHANNEL})"
        yield Unavailable(url=url, reason=reason, found_in="scene")
    elif fetch.options.thread:
        yield NotFollowed(url=url, reason="the comments below it: the preview shows none")


def ask_after(known: KnownPost, fetch: Fetch) -> Iterator[Finding]:
    """Ask for a post that is no longer listed: yield what it says now, or that it is gone."""
    address = read_address(known.url)
    if address is None or not address.number:
        return
    place = f"the watch: no longer listed, before {known.ref}"
    answer = fetch.get(FetchRequest(url=address.post_url, kind=ItemKind.PAGE, found_in=place, optional=True))
    if answer.stored is None:
        return
    page = yield from _read(answer.stored, fetch)
    if page is None:
        return
    for shown in page.posts:
        if shown.post.id == known.post.id:
            yield ItemReading(ref=answer.stored.item.ref, post=shown.post, facts=shown.facts)
            return
    if page.error:  # any other page says nothing of the post
        yield PostGone(id=known.post.id, reason=page.error, after=answer.stored.item.ref)


def _read(stored: StoredItem, fetch: Fetch) -> Generator[Finding, None, PreviewPage | None]:
    """Yield what a page says of its channel, and what could not be read; return the page, or None."""
    item, coding = stored.item, stored.item.content_encoding
    try:
        page = read_preview(fetch.readers, stored)
        plain = plain_body(fetch.readers, stored.body, coding) if coding else b""
    except NotRead as error:
        page, plain = PreviewPage(problem=str(error)), b""
    if page.problem:
        yield Unavailable(url=item.url, reason=f"the page is stored and could not be read: {page.problem}")
        return None
    if page.is_preview:
        yield ItemReading(ref=item.ref, facts=page.facts, plain=plain)
    if page.unread:
        yield Unavailable(url=item.url, reason=f"{page.unread} posts of the page are stored and could not be read")
    return page


def _post(shown: ShownPost, stored: StoredItem, found_in: str, fetch: Fetch) -> Iterator[Finding]:
    """Yield a post, its media, and what of it the preview does not give."""
    post = shown.post
    yield PostExcerpt(
        of=stored,
        offset=shown.offset,
        data=shown.data,
        url=urljoin(stored.url, urlsplit(post.permalink).path),  # where it was shown: t.me has three names
        found_in=found_in,
        post=post,
        facts=shown.facts,
    )
    place = f"post {post.permalink}"
    for media in post.media:
        yield FetchRequest(
            url=media.url, kind=media.kind, found_in=place, alt=media.alt, counted=False, named_by=stored
        )
    kinds = fetch.options.wanted_kinds()
    for kind, what in shown.missing:
        if kind in kinds or kind == "media":
            reason = f"{what}: the preview on the web does not give it; open it in Telegram's app"
            yield Unavailable(url=post.permalink, reason=reason, found_in=place)
        else:
            yield NotFollowed(url=post.permalink, reason=f"{what}: not asked for (--media {fetch.options.media})")
