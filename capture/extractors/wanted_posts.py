"""Which posts of a list are taken: each once, those of the time asked for, and no more than the limit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from capture.request.extractor import NotFollowed, Unavailable
from capture.request.hashtag import same_for_all
from hashing.case.post import Post
from hashing.times import moment_of

if TYPE_CHECKING:
    from capture.request.options import CaptureOptions

OTHER_TIME = "post: not between --since and --until"


def is_in_span(published: str, options: CaptureOptions) -> bool:
    """Whether a post belongs to the span of `--since` and `--until`; one that claims no time might, and so does."""
    claimed = moment_of(published)
    if claimed is None:
        return True
    after = options.since is None or claimed >= options.since
    return after and (options.until is None or claimed <= options.until)


def without_tag(tag: str, shown_by: str) -> Callable[[Post], str]:
    """Return what says why a post is not of a hashtag, "" where it is; where there is no tag, every post is wanted.

    Servers find similar hashtags too, and their lists may hold anything: each post must name the tag itself.
    """
    wanted = same_for_all(tag)

    def _unwanted(post: Post) -> str:
        if not tag or wanted in map(same_for_all, post.tags):
            return ""
        return f"post: shown by {shown_by} for #{tag}, but without this hashtag"

    return _unwanted


class Allowance:
    """How many posts may still be taken (`--limit`)."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0

    @property
    def used_up(self) -> bool:
        """Whether no more is to be taken."""
        return bool(self.limit) and self.taken >= self.limit

    @property
    def reason(self) -> str:
        """Why the rest is left out."""
        return f"over the limit (--limit {self.limit})"

    def count(self) -> None:
        """Count one."""
        self.taken += 1


class WantedPosts:
    """Chooses among the posts of one place, page after page; `unwanted` says why one is not the scene's, or ""."""

    def __init__(self, options: CaptureOptions, unwanted: Callable[[Post], str] = lambda _: "") -> None:
        self._options = options
        self._unwanted = unwanted
        self._seen: set[str] = set()
        self._left_out: dict[str, int] = {}
        self._allowance = Allowance(options.limit)

    @property
    def taken(self) -> int:
        """How many posts were taken."""
        return self._allowance.taken

    @property
    def full(self) -> str:
        """Why no further post is taken; "" while there is room."""
        return self._allowance.reason if self._allowance.used_up else ""

    def left_out(self, post: Post) -> bool:
        """Say whether a post is left out; one that is taken counts."""
        if post.id in self._seen:
            return True
        self._seen.add(post.id)
        reason = self._unwanted(post) or ("" if is_in_span(post.published, self._options) else OTHER_TIME)
        reason = reason or (f"post: {self.full}" if self.full else "")
        if reason:
            self._left_out[reason] = self._left_out.get(reason, 0) + 1
        else:
            self._allowance.count()
        return bool(reason)

    def knows(self, post: Post) -> bool:
        """Say whether a post has come before."""
        return post.id in self._seen

    def is_too_early(self, post: Post) -> bool:
        """Say whether a post is older than `--since`."""
        since, when = self._options.since, moment_of(post.published)
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
