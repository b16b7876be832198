"""The thread of a post (https://docs.bsky.app/docs/api/app-bsky-feed-get-post-thread): what is around it.

Only an AppView knows the replies. Without one the posts that it answers are still found: each names the one before.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from capture.extractors.bluesky.at_uri import AtUri, read_at_uri
from capture.extractors.bluesky.listing import Shows
from capture.extractors.bluesky.pages import ListedRecord, may_be_smaller
from capture.extractors.bluesky.records import Records, Wanted, pictures_of
from capture.extractors.bluesky.said import Thread, ThreadNode
from capture.extractors.bluesky.stored_answer import AnswerUnreadable, ReaderFailed, thread_of
from capture.extractors.bluesky.xrpc import demands_login, host_of, query, refusal, stored_of
from capture.request.extractor import Answer, Fetch, FetchRequest, Finding, NotFollowed, Unavailable
from hashing.case.kinds import ItemKind
from hashing.case.post import Post

# Levels of replies and of posts replied to: the most that may be asked for. Servers give fewer, and do not say so.
_DEEPEST = _HIGHEST = 1000
# A thread of strangers has no end: questions, posts that are listed, posts above and hidden ones are all bounded.
_MOST_QUESTIONS = 200
_MOST_POSTS = 20_000
_MOST_ANCESTORS = 1000
_MOST_HIDDEN = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """A post whose surroundings are asked for, and how far they go."""

    uri: AtUri
    depth: int
    height: int


class BlueskyThread:
    """One thread, whose first post was fetched before."""

    def __init__(self, uri: AtUri, first: Post | None, records: Records, fetch: Fetch) -> None:
        self._uri = uri
        self._first = first
        self._records = records
        self._fetch = fetch
        self._appview = fetch.options.bluesky.appview.rstrip("/")
        self._shows = Shows(self._appview, fetch)
        self._name = f"thread of {uri}"
        self._seen: set[AtUri] = set()
        self._questions = [_Question(uri=uri, depth=_DEEPEST, height=_HIGHEST)]
        self._hidden: dict[AtUri, None] = {}

    def find(self) -> Iterator[Finding]:
        """Yield every post of the thread: as the AppView shows it, then from its author's own server."""
        # 1. The AppView's thread, and below each post whose replies it cut off, until there is nothing more to ask.
        asked = 0
        while self._questions and asked < _MOST_QUESTIONS and len(self._seen) < _MOST_POSTS:
            answered = yield from self._ask(self._questions.pop(0))
            if not (answered or asked):
                yield from self._ancestors()
                return
            asked += 1
        if self._questions or len(self._seen) == _MOST_POSTS:
            reason = f"a large thread: not followed further than {len(self._seen):,} posts"
            yield Unavailable(url=str(self._uri), reason=reason, found_in=self._name)
        # 2. The scene's own post was captured before the thread: not twice.
        first = self._shows.wanted.pop(str(self._uri), None)
        if first is not None and self._first is None:
            yield from pictures_of(first)
        yield from self._shows.not_followed(str(self._uri))
        yield from self._records.capture(self._shows.pop_wanted())
        # 3. What the AppView hides (blocked, detached) may still be given by the author's own server.
        hidden = [uri for uri in self._hidden if uri not in self._seen and uri != self._uri]
        yield from self._records.capture(Wanted(uri=uri, found_in=self._name) for uri in hidden)

    def _ask(self, question: _Question) -> Generator[Finding, None, bool]:
        """Ask for what stands around a post; return whether there was an answer.

        Where the server fails to give all levels of the replies, the first alone is asked for: one reply that it cannot
        show then costs those beside and below it alone.
        """
        # 1. Ask for all levels; where the server fails at that, for the first alone.
        url, answer = self._around(question, question.depth)
        read, problem = self._read(answer)
        if read is None and question.depth > 1 and may_be_smaller(answer):
            if isinstance(problem, ReaderFailed):
                yield Unavailable(url=url, reason=str(problem), found_in=self._name)
            url, answer = self._around(question, 1)
            read, problem = self._read(answer)
        # 2. Say why there is no answer, or only a part of one.
        if read is None or answer.stored is None:
            hint = "; give an access token for it with --token" if demands_login(answer) else ""
            reason = f"the replies cannot be listed without an AppView, and {host_of(url)} says: {problem}{hint}"
            yield Unavailable(url=url, reason=reason, found_in=self._name)
            return False
        if not read.whole:
            reason = "the thread is stored, but could not be read to its end"
            yield Unavailable(url=url, reason=reason, found_in=self._name)
        # 3. Each post that is shown is new or known; one that is not shown is sought at its own server.
        unreadable = 0
        for node in read.nodes:
            uri = read_at_uri(node.element.uri if node.element is not None else node.uri)
            if node.unreadable:
                unreadable += 1
                self._seek(uri)
            elif node.element is None or uri is None:
                yield from self._not_shown(node, uri)
            elif uri not in self._seen and len(self._seen) < _MOST_POSTS:
                self._seen.add(uri)
                listed = ListedRecord(uri=uri, element=node.element)
                self._follow(node, listed, question)
                yield from self._shows.excerpt(listed, answer.stored, self._name)
        if unreadable:
            yield NotFollowed(
                url=url, reason="posts of the thread that are stored, but cannot be read", count=unreadable
            )
        return True

    def _around(self, question: _Question, depth: int) -> tuple[str, Answer]:
        uri, height = str(question.uri), question.height
        url = query(self._appview, "app.bsky.feed.getPostThread", uri=uri, depth=depth, parentHeight=height)
        return url, self._fetch.get(FetchRequest(url=url, kind=ItemKind.LISTING, found_in=self._name, optional=True))

    def _read(self, answer: Answer) -> tuple[Thread | None, AnswerUnreadable | str]:
        """Return the thread in an answer, or why there is none."""
        stored = stored_of(answer)
        try:
            return (thread_of(stored, self._fetch), "") if stored is not None else (None, refusal(answer, self._fetch))
        except AnswerUnreadable as error:
            return None, error

    def _follow(self, node: ThreadNode, listed: ListedRecord, question: _Question) -> None:
        """Ask again where an answer ends and the thread does not: servers give fewer levels than asked for."""
        uri, shown = listed.uri, listed.element.shown
        replies = shown.counts.get("replies", 0) if shown is not None else 0
        if replies and not (node.replies or node.is_above) and question.depth and uri != question.uri:
            self._questions.append(_Question(uri=uri, depth=_DEEPEST, height=0))
        parent = read_at_uri(listed.element.said.post.reply_to)
        is_top = question.height and not node.has_parent and (node.is_above or uri == question.uri)
        if parent is not None and is_top and parent not in self._seen:
            self._questions.append(_Question(uri=parent, depth=0, height=_HIGHEST))

    def _not_shown(self, node: ThreadNode, uri: AtUri | None) -> Iterator[Finding]:
        if self._seek(uri):
            why = "as blocked" if node.blocked else "as not found"
            yield NotFollowed(
                url=str(uri), reason=f"the AppView shows it {why}: it was sought at its author's own server"
            )

    def _seek(self, uri: AtUri | None) -> bool:
        """Have a post that the AppView does not show fetched from its author's own server; say whether it is new."""
        if uri is None or uri in self._hidden or len(self._hidden) == _MOST_HIDDEN:
            return False
        self._hidden[uri] = None
        return True

    def _ancestors(self) -> Iterator[Finding]:
        """Follow the posts that are replied to by what each says of the one before."""
        seen, post = {self._uri}, self._first
        while post is not None and len(seen) <= _MOST_ANCESTORS:
            parent = read_at_uri(post.reply_to)
            if parent is None or parent in seen:
                return
            seen.add(parent)
            post = yield from self._records.capture_one(Wanted(uri=parent, found_in=self._name))
