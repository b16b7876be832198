"""Takes posts out of the lists that one server shows: each once, those that were asked for, and none in secret."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from capture.extractors.fediverse.attachment import found_media
from capture.extractors.fediverse.history import history_facts
from capture.extractors.fediverse.listed import ListedStatus, StatusPage
from capture.extractors.fediverse.server import Server, known_names
from capture.extractors.fediverse.status import Status
from capture.extractors.fediverse.stored_answer import read_history, refusal
from capture.extractors.served_json import NotReadable
from capture.extractors.wanted_posts import OTHER_TIME, Allowance, is_in_span
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
from hashing.case.kinds import ItemKind
from hashing.case.post import Post

NOT_PUBLIC = "post: not public, and shown to us without login: not taken without an access token (--token)"

_MANY = 100  # Edited posts after which their histories are fetched, before the list goes on.


class Answered(NamedTuple):
    """A post that answers something or is answered: what a thread is asked for by."""

    number: str
    id: str
    name: str
    replies: int


class PostList:
    """The posts that are taken from one server in one search."""

    def __init__(self, server: Server, fetch: Fetch) -> None:
        self._server = server
        self._fetch = fetch
        self._taken: set[bytes] = set()
        self._edited: list[Status] = []
        self.names = known_names(fetch.options.known, server)  # The lasting names of posts, by the server's number.
        self.threads: list[Answered] = []  # Those of the posts taken that have a thread, if threads were asked for.

    def note(self, status: Status) -> None:
        """Hear of a post that is taken otherwise, so that no list brings it again."""
        self._taken.add(_fingerprint(status.post))

    def posts_of(
        self,
        stored: StoredItem,
        page: StatusPage,
        found_in: str,
        allowance: Allowance,
        unwanted: Callable[[Post], str] = lambda _: "",
    ) -> Iterator[Finding]:
        """Yield the posts of a page, then their media, then what was left out and why.

        `unwanted` says why a post does not belong to the scene, or "".
        """
        media: list[FetchRequest | NotFollowed | Unavailable] = []
        left_out: dict[str, int] = {}
        for listed in page.posts:
            if reason := self._left_out(listed, unwanted, allowance):
                left_out[reason] = left_out.get(reason, 0) + 1
                continue
            if not self._is_new(listed.status.post):
                continue
            allowance.count()
            # Texts of the whole page before any media: they are in our hands already, and media may take hours.
            yield self._excerpt(stored, listed, _how_found(listed, found_in))
            media += found_media(listed.status.post.media, f"post {_named(listed)}", listed.status.missing)
            yield from self.quoted(stored, listed)
            self._remember(listed.status)
        yield from media
        if len(self._edited) >= _MANY:
            yield from self.histories()
        for reason, count in left_out.items():
            yield NotFollowed(url=stored.item.url, reason=reason, count=count)
        yield from _unreadable(stored, page)

    def quoted(self, stored: StoredItem, listed: ListedStatus) -> Iterator[Finding]:
        """Yield the post that a post quotes, which belongs to what it says, with its media."""
        for quoted in listed.quoted:
            if not (quoted.public or self._server.has_token):
                yield NotFollowed(url=_named(quoted), reason=NOT_PUBLIC)
            elif self._is_new(quoted.status.post):
                yield self._excerpt(stored, quoted, f"quoted in post {_named(listed)}")
                yield from found_media(quoted.status.post.media, f"post {_named(quoted)}", quoted.status.missing)

    def histories(self) -> Iterator[Finding]:
        """Fetch what the posts that were taken said before they were edited, and yield what is read in it."""
        statuses, self._edited = self._edited, []
        # Together and late: histories are seldom there, and asked one by one they would hold up the list.
        wanted = {self._server.api("v1", "statuses", status.number, "history"): status for status in statuses}
        asked = (
            FetchRequest(
                url=url,
                kind=ItemKind.HISTORY,
                found_in=f"post {status.post.permalink or status.post.id}",
                optional=True,
            )
            for url, status in wanted.items()
        )
        for request, answer in self._fetch.get_all(asked):
            post = wanted[request.url].post
            if answer.stored is not None:
                try:
                    history = read_history(self._fetch.readers, answer.stored, post)
                except NotReadable as error:
                    yield Unavailable(url=request.url, reason=f"edit history: stored, but could not be read: {error}")
                    continue
                yield ItemReading(ref=answer.stored.item.ref, facts=history_facts(history))
                yield from found_media(history.media, f"an earlier wording of post {post.permalink or post.id}")
            elif answer.reason:
                yield NotFollowed(
                    url=request.url, reason=refusal(self._fetch.readers, self._server, answer, "edit history")
                )

    def _left_out(self, listed: ListedStatus, unwanted: Callable[[Post], str], allowance: Allowance) -> str:
        post, options = listed.status.post, self._fetch.options
        # Before anything else: what is not public is not taken on, whatever else would hold for it.
        if not (listed.public or self._server.has_token):
            return NOT_PUBLIC
        if reason := unwanted(post):
            return reason
        if not is_in_span(post.published, options):
            return OTHER_TIME
        # Last, so that a post which was not wanted anyhow is not said to be missing for want of room.
        return f"post: {allowance.reason}" if allowance.used_up else ""

    def _is_new(self, post: Post) -> bool:
        """Whether a post was not taken with these words; whoever gives two posts one name hides neither."""
        fingerprint = _fingerprint(post)
        if fingerprint in self._taken:
            return False
        self._taken.add(fingerprint)
        return True

    def _excerpt(self, stored: StoredItem, listed: ListedStatus, found_in: str) -> PostExcerpt:
        status = listed.status
        url = self._server.api("v1", "statuses", status.number) if status.number else status.post.id
        return PostExcerpt(
            of=stored,
            offset=listed.offset,
            data=listed.data,
            url=url,
            found_in=found_in,
            post=status.post,
            facts=status.facts,
        )

    def _remember(self, status: Status) -> None:
        if status.post.edited and status.number:
            self._edited.append(status)
        if self._fetch.options.thread and status.number and (status.replies or status.answers):
            name = status.post.permalink or status.post.id
            self.threads.append(Answered(status.number, status.post.id, name, status.replies))


def _fingerprint(post: Post) -> bytes:
    words = msgspec.structs.replace(post, counts={}, reply_to="")
    return hashlib.sha256(msgspec.json.encode(words)).digest()


def _named(listed: ListedStatus) -> str:
    return listed.status.post.permalink or listed.status.post.id


def _how_found(listed: ListedStatus, found_in: str) -> str:
    if not listed.boosted_by:
        return found_in
    when = f" at {listed.time}" if listed.time else ""
    return f"boosted by @{listed.boosted_by}{when}, {found_in}"


def _unreadable(stored: StoredItem, page: StatusPage) -> Iterator[Unavailable]:
    url = stored.item.url
    if page.unreadable:
        count = len(page.unreadable)
        reason = f"{count} of {page.size} posts in the list are stored, but could not be read: {page.unreadable[0]}"
        yield Unavailable(url=url, reason=reason)
    if page.problem:
        yield Unavailable(url=url, reason=f"stored, but not read to its end: {page.problem}")
