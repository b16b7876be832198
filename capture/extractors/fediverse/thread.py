"""The thread of a post: what it answers, and what answers it (https://docs.joinmastodon.org/methods/statuses/#context).

Without login a server shows a part of a long thread only. So posts that, by the server's own count, have more answers
than it showed are asked about themselves; what is missing then is said.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from capture.extractors.fediverse.listed import StatusPage
from capture.extractors.fediverse.post_list import Answered, PostList
from capture.extractors.fediverse.server import Server, is_as_before
from capture.extractors.fediverse.status import Status
from capture.extractors.fediverse.stored_answer import list_of, refusal
from capture.extractors.served_json import NotJson
from capture.extractors.wanted_posts import Allowance
from capture.request.extractor import Fetch, FetchRequest, Finding, NotFollowed, Unavailable
from hashing.case.kinds import ItemKind

# Requests to one server for one thread: enough for a few thousand answers, and no burden.
_MOST_ASKED = 25
_PATIENCE = 3  # Questions in a row that bring nothing new: the answers that are counted are then not for us.


class StatusThread:
    """The thread around one post."""

    def __init__(self, root: Answered, server: Server, fetch: Fetch, posts: PostList) -> None:
        number = self._number = root.number
        self._name = f"post {root.name}"
        self._server = server
        self._fetch = fetch
        self._posts = posts
        # How many answers the server counts, of the post and of all that descends from it.
        self._replies = {number: root.replies}
        self._shown: dict[str, set[str]] = {}
        self._met = {number}
        if root.id:
            posts.names[number] = root.id

    @property
    def covered(self) -> frozenset[str]:
        """The numbers of the posts that the thread turned out to have."""
        return frozenset(self._met)

    def find(self) -> Iterator[Finding]:
        """Yield the posts of the thread."""
        # Ask around the post, then around whichever reply lacks the most answers by the server's own count, until
        # nothing new comes: a server shows a part of a thread to the public, and another part under each reply.
        allowance = Allowance(self._fetch.options.limit)
        asked, idle, number = {self._number}, 0, self._number
        while number:
            before = len(self._replies)
            answered = yield from self._ask(number, allowance)
            if not answered:
                break
            idle = 0 if len(self._replies) > before else idle + 1
            number = self._least_answered(asked) if idle < _PATIENCE and len(asked) < _MOST_ASKED else ""
            asked.add(number)
        if missing := sum(self._missing(each) for each in self._replies):
            reason = (
                "answers that the server counts and does not show: deleted, not public, or only for those who log in"
            )
            hint = "" if self._server.has_token else " (--token)"
            yield NotFollowed(url=self._url(self._number), reason=reason + hint, count=missing)

    def _url(self, number: str) -> str:
        return self._server.api("v1", "statuses", number, "context")

    def _ask(self, number: str, allowance: Allowance) -> Generator[Finding, None, bool]:
        """Fetch what stands around one post. Returns whether there is any sense in asking on."""
        url = self._url(number)
        found_in = f"thread of {self._name}"
        answer = self._fetch.get(FetchRequest(url=url, kind=ItemKind.LISTING, found_in=found_in, optional=True))
        if answer.stored is None:
            if not is_as_before(answer):
                yield Unavailable(
                    url=url, reason=refusal(self._fetch.readers, self._server, answer, "thread"), found_in=found_in
                )
            return False
        try:
            readers, names = self._fetch.readers, self._posts.names
            page = list_of(readers, answer.stored, self._server, names, "ancestors", "descendants")
        except NotJson as error:
            yield Unavailable(url=url, reason=f"stored, but could not be read: {answer.reason or error}")
            return False
        if not page.found:
            yield Unavailable(url=url, reason="stored, but could not be read: no thread")
            return False
        self._note(page)
        yield from self._posts.posts_of(answer.stored, page, found_in, allowance)
        return not allowance.used_up

    def _note(self, page: StatusPage) -> None:
        """Count answers. What the post itself answers may have others, which are no part of this thread."""
        statuses = [listed.status for listed in page.posts]
        self._met.update(status.number for status in statuses)
        # Down from the post, level by level: only replies below it count.
        answering: dict[str, list[Status]] = {}
        for status in statuses:
            answering.setdefault(status.answers, []).append(status)
        below = list(self._replies)
        while below:
            for status in answering.get(below.pop(), ()):
                if status.number not in self._replies:
                    self._replies[status.number] = status.replies
                    below.append(status.number)
        for status in statuses:
            if status.answers in self._replies:
                self._shown.setdefault(status.answers, set()).add(status.number)

    def _missing(self, number: str) -> int:
        return max(self._replies[number] - len(self._shown.get(number, ())), 0)

    def _least_answered(self, asked: set[str]) -> str:
        """Return the post that lacks the most of its answers, or "" where none lacks any."""
        candidates = [number for number in self._replies if number and number not in asked and self._missing(number)]
        return max(candidates, key=self._missing, default="")
