"""Posts as conversations: each under the post that it says it answers. All of it is claimed by the platforms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exports.report.moments import read_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from exports.format.bundle_listing import BundleListing, CaptureListing
    from exports.format.manifest import ListedItem
    from hashing.case.post import Post

_DEEPEST = 6
"""Steps by which an answer is moved in; the words beside it name its true depth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidInThread:
    """One post in its thread: its last version, the other items that hold it, and what it answers."""

    item: ListedItem
    post: Post
    capture: CaptureListing
    others: tuple[str, ...]
    depth: int
    answered: str
    """The item that it answers; "" where that is not in this bundle, or it answers nothing."""

    @property
    def step(self) -> int:
        """How far it is moved in."""
        return min(self.depth, _DEEPEST)


@dataclass(frozen=True, slots=True)
class PostThread:
    """A first post and all that answers it, as far as this bundle holds it."""

    posts: tuple[SaidInThread, ...]


_Held = tuple["CaptureListing", "ListedItem", "Post"]


def threads(listing: BundleListing) -> list[PostThread]:
    """Return the conversations, those with answers first, each in the order of its claimed times."""
    # 1. A post may have been captured several times: the last version is shown, the others are named beside it.
    versions: dict[str, list[_Held]] = {}
    for capture in listing.captures:
        for item in capture.items:
            if item.post is not None:
                versions.setdefault(item.post.id or item.ref, []).append((capture, item, item.post))
    # 2. Each under the post that it answers. Who that is may be stated as an id or as an address, hence names.
    names = _names(versions)
    parents = {post: names.get(held[-1][2].reply_to, "") for post, held in versions.items()}
    answers: dict[str, list[str]] = {}
    for post, parent in parents.items():
        answers.setdefault(parent, []).append(post)
    for group in answers.values():
        group.sort(key=lambda post: _order(versions[post][-1]))
    # 3. Each post once, whatever their claims say.
    reached: set[str] = set()
    found = [PostThread(tuple(_walk(root, answers, versions, parents, reached))) for root in answers.get("", ())]
    # Posts that claim to answer each other in a ring hang on no first post.
    found += [
        PostThread(tuple(_walk(post, answers, versions, parents, reached))) for post in versions if post not in reached
    ]
    return sorted((each for each in found if each.posts), key=lambda thread: len(thread.posts) < 2)  # noqa: PLR2004 - alone


def _names(versions: Mapping[str, Sequence[_Held]]) -> dict[str, str]:
    """Return posts by each name that an answer may use: the id, the page, and the number at the end of the page."""
    names: dict[str, str] = {}
    for post, held in versions.items():
        said = held[-1][2]
        number = said.permalink.rstrip("/").rpartition("/")[2]
        if number.isascii() and number.isdigit():
            # The number is the weakest of the three names, as two servers may give the same: the first keeps it, and
            # any real id goes before it below.
            names.setdefault(number, post)
        if said.permalink:
            names[said.permalink] = post
    return names | {post: post for post in versions}


def _order(held: _Held) -> tuple[bool, float, str]:
    time = read_time(held[2].published)
    return time is None, time.timestamp() if time else 0.0, held[1].ref


def _walk(
    root: str,
    answers: Mapping[str, Sequence[str]],
    versions: Mapping[str, Sequence[_Held]],
    parents: Mapping[str, str],
    reached: set[str],
) -> Iterator[SaidInThread]:
    """Yield a post and all below it, without recursion: a chain of answers can be as long as somebody likes."""
    waiting = [(root, 0)]
    while waiting:
        name, depth = waiting.pop()
        # Posts claim what they answer, and claims can run in a circle.
        if name in reached:
            continue
        reached.add(name)
        capture, item, post = versions[name][-1]
        parent = parents[name]
        yield SaidInThread(
            item=item,
            post=post,
            capture=capture,
            others=tuple(held[1].ref for held in versions[name][:-1]),
            depth=depth,
            answered=versions[parent][-1][1].ref if parent else "",
        )
        # Backwards onto the stack: the first answer, with all below it, is the next to come off.
        waiting += [(answer, depth + 1) for answer in reversed(answers.get(name, ()))]
