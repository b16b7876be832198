"""Which posts of a list are taken: each once, those of the time asked for, and no more than the limit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from capture.extractors.json_value import moment
from capture.request.extractor import NotFollowed, Unavailable
from hashing.case.post import Post

if TYPE_CHECKING:
    from capture.request.options import CaptureOptions

_OTHER_TIME = "post: not between --since and --until"


class WantedPosts:
    """Chooses among the posts of one place, page after page; `unwanted` says why one is not the scene's, or ""."""

    def __init__(self, options: CaptureOptions, unwanted: Callable[[Post], str] = lambda _: "") -> None:
        self._options = options
        self._unwanted = unwanted
        self._seen: set[str] = set()
        self._left_out: dict[str, int] = {}
        self.taken = 0

    @property
    def full(self) -> str:
        """Why no further post is taken; "" while there is room."""
        limit = self._options.limit
        return f"over the limit (--limit {limit})" if limit and self.taken >= limit else ""

    def left_out(self, post: Post) -> bool:
        """Say whether a post is left out; one that is taken counts."""
        if post.id in self._seen:
            return True
        self._seen.add(post.id)
        reason = self._unwanted(post) or self._other_time(post) or (f"post: {self.full}" if self.full else "")
        if reason:
            self._left_out[reason] = self._left_out.get(reason, 0) + 1
        else:
            self.taken += 1
        return bool(reason)

    def knows(self, post: Post) -> bool:
        """Say whether a post has come before."""
        return post.id in self._seen

    def is_too_early(self, post: Post) -> bool:
        """Say whether a post is older than `--since`."""
        since, when = self._options.since, moment(post.published)
        return since is not None and when is not None and when < since

    def past(self, posts: Iterable[Post]) -> str:
        """Return why the list is not followed beyond a page with these posts, in order of time; "" where it is."""
        early = [self.is_too_early(post) for post in posts]
        return "older than --since" if early and all(early) else self.full

    def notes(self, url: str) -> Iterator[NotFollowed]:
        """Yield, once, how many posts were left out, and why."""
        left_out, self._left_out = self._left_out, {}
        for reason, count in left_out.items():
            yield NotFollowed(url=url, reason=reason, count=count)

    def nothing(self, url: str, reason: str) -> NotFollowed | Unavailable:
        """Return that nothing was found: a failure where this was the only place to look in."""
        alone = len(self._options.on) <= 1 and not self._options.known.posts
        return Unavailable(url=url, reason=reason, found_in="scene") if alone else NotFollowed(url=url, reason=reason)

    def _other_time(self, post: Post) -> str:
        when, until = moment(post.published), self._options.until
        late = until is not None and when is not None and when > until
        return _OTHER_TIME if late or self.is_too_early(post) else ""
