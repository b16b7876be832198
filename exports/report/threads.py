"""Posts as conversations: each under the post that it says it answers. All of it is claimed by the platforms."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, overload

from exports.format.kept import Picked
from exports.format.lookup import Lookup
from exports.format.manifest import ListedItem
from exports.report.moments import read_time
from hashing.case.post import Post

if TYPE_CHECKING:
    from exports.format.bundle_listing import BundleListing, CaptureListing

_DEEPEST = 6  # Steps by which an answer is moved in; the words beside it name its true depth.


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidInThread:
    """One post in its thread: its last version, the other items that hold it, and what it answers."""

    item: ListedItem
    post: Post
    capture: CaptureListing
    others: tuple[str, ...]
    depth: int
    answered: str  # The item that it answers; "" where that is not in this bundle, or it answers nothing.

    @property
    def step(self) -> int:
        """How far it is moved in."""
        return min(self.depth, _DEEPEST)


class Threads(Sequence[tuple[SaidInThread, int]]):
    """Each post of a listing once, with the number of posts in its thread: threads with answers first.

    A thread is a first post and all that answers it, as far as the bundle holds it, in the order of claimed times.
    """

    def __init__(self, listing: BundleListing) -> None:
        self._captures, self._items = listing.captures, listing.items
        # 1. A post may have been captured several times: the last version is shown, the others are named beside it.
        self._last: Lookup[str, int] = Lookup(str)
        self._before: Lookup[int, int] = Lookup(int)
        first = array("Q")
        for number, item in enumerate(self._items):
            if item.post is not None:
                name = item.post.id or item.ref
                if (before := self._last.get(name)) is None:
                    first.append(number)
                else:
                    self._before[number] = before
                self._last[name] = number
        # 2. Each under the post that it answers. Who that is may be stated as an id or as an address, hence names.
        self._names = self._named(first)
        answers: Lookup[str, int] = Lookup(str)
        for number, item, post in self._versions(first):
            parent = self._names.get(post.reply_to, "")
            answers[f"{_answers_to(parent)}{_order(item, post)}\0{number:012d}"] = number
        # 3. Each post once, whatever their claims say.
        self._numbers, self._depths, self._sizes = array("Q"), array("L"), array("L")
        alone = array("Q")
        reached = bytearray(len(self._items))
        # Posts that claim to answer each other in a ring hang on no first post.
        rings = (number for number, _, _ in self._versions(first))
        for _, root in chain(answers.pairs(_answers_to("")), ((0, number) for number in rings)):
            begin = len(self._numbers)
            self._walk(root, answers, reached)
            size = len(self._numbers) - begin
            self._sizes.extend([size] * size)
            if size == 1:
                alone.append(self._numbers.pop())
                self._depths.pop()
                self._sizes.pop()
        self.conversations = sum(depth == 0 for depth in self._depths)
        self._numbers += alone
        self._depths.extend([0] * len(alone))
        self._sizes.extend([1] * len(alone))

    def __len__(self) -> int:
        """Count the posts."""
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> tuple[SaidInThread, int]: ...
    @overload
    def __getitem__(self, place: slice) -> Picked[tuple[SaidInThread, int]]: ...
    def __getitem__(self, place: int | slice) -> tuple[SaidInThread, int] | Picked[tuple[SaidInThread, int]]:
        """Return a post with the number of posts in its thread, or those of a slice."""
        if isinstance(place, slice):
            return Picked(self, range(len(self))[place])
        number = self._numbers[place]
        item, post = self._post(number)
        parent = self._names.get(post.reply_to, "")
        said = SaidInThread(
            item=item,
            post=post,
            capture=self._captures[self._items.part(number)],
            others=tuple(self._others(number)),
            depth=self._depths[place],
            answered=self._items[self._last[parent]].ref if parent else "",
        )
        return said, self._sizes[place]

    def _others(self, number: int) -> list[str]:
        """Return the earlier versions of a post."""
        others = list[str]()
        before = self._before.get(number)
        while before is not None:
            others.append(self._items[before].ref)
            before = self._before.get(before)
        return others[::-1]

    def _post(self, number: int) -> tuple[ListedItem, Post]:
        item = self._items[number]
        if item.post is None:
            raise ValueError(f"{item.ref}: no post")
        return item, item.post

    def _versions(self, first: Iterable[int]) -> Iterator[tuple[int, ListedItem, Post]]:
        """Yield the last version of each post, by the numbers of the first versions."""
        for number in first:
            item, post = self._post(number)
            last = self._last[post.id or item.ref]
            yield last, *self._post(last)

    def _named(self, first: Iterable[int]) -> Lookup[str, str]:
        """Return posts by each name that an answer may use: the id, the page, and the number at the page's end."""
        names: Lookup[str, str] = Lookup(str)
        for _, item, said in self._versions(first):
            number = said.permalink.rstrip("/").rpartition("/")[2]
            if number.isascii() and number.isdigit():
                # The number is the weakest of the three names, as two servers may give the same: the first keeps it,
                # and any real id goes before it below.
                names.setdefault(number, said.id or item.ref)
            if said.permalink:
                names[said.permalink] = said.id or item.ref
        for _, item, said in self._versions(first):
            names[said.id or item.ref] = said.id or item.ref
        return names

    def _walk(self, root: int, answers: Lookup[str, int], reached: bytearray) -> None:
        """Add a post and all below it, without recursion: a chain of answers can be as long as somebody likes."""
        waiting, depths = array("Q", [root]), array("L", [0])
        while waiting:
            number, depth = waiting.pop(), depths.pop()
            # Posts claim what they answer, and claims can run in a circle.
            if reached[number]:
                continue
            reached[number] = 1
            self._numbers.append(number)
            self._depths.append(depth)
            item, post = self._post(number)
            # Backwards onto the stack: the first answer, with all below it, is the next to come off.
            below = array("Q", (answer for _, answer in answers.pairs(_answers_to(post.id or item.ref))))
            waiting.extend(reversed(below))
            depths.extend([depth + 1] * len(below))


def _answers_to(parent: str) -> str:
    """Return what the keys of a post's answers begin with, and those of no other, whatever a post is called."""
    return f"{len(parent)}:{parent}:"


def _order(item: ListedItem, post: Post) -> str:
    time = read_time(post.published)
    return f"{time.isoformat() if time else 'unknown'}\0{item.ref}"
