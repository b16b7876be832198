"""Texts that say nearly the same, such as statements that were copied: by the runs of words that they share."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b

from exports.errors import NotCheckable
from exports.format.kept import SpooledList
from exports.format.lookup import Lookup
from exports.report.words import counted
from intelligence.checks.finding import SAME_TEXT, CheckFinding
from intelligence.checks.groups import UnreadItems
from intelligence.checks.material import CheckedItem

RUN = 4  # Words in a run.
_LEAST_RUNS = 6  # Shorter texts say the same by chance.
_MOST_RUNS = 5_000
_MOST_IN_ALL = 20_000_000  # Runs that are compared at once: each takes some 30 bytes of the disk.
_MOST_SHARING = 200  # A run in more texts than these is a phrase of everybody's, such as a page's menu.
_ALIKE = 0.6
_WORD = re.compile(r"\w+")


def near_texts(items: Sequence[CheckedItem]) -> Iterator[CheckFinding]:
    """Yield each pair of texts of one kind that share at least six tenths of the shorter one's runs of four words."""
    texts, numbers, unread = SpooledList[bytes](bytes), array("I"), UnreadItems()
    left = _MOST_IN_ALL
    for number, item in enumerate(items):
        try:
            # Shingles (Broder, 1997): texts are alike as far as their runs of words are. Of the shorter text, so that a
            # copy with something added is still found.
            runs = _runs(item.text())
        except (OSError, NotCheckable) as error:
            unread.add(item, str(error))
            continue
        if len(runs) > left:
            unread.add(item, "the texts before it are as many as are compared at once")
        elif len(runs) >= _LEAST_RUNS:
            texts.append(array("Q", runs).tobytes())
            numbers.append(number)
            left -= len(runs)
    for one, other, part in _pairs(texts):
        items_alike = items[numbers[one]], items[numbers[other]]
        if part >= _ALIKE and _apart(*items_alike):
            first, second = sorted(items_alike, key=lambda item: item.ref)
            says = f"{first.ref} and {second.ref} share {part:.0%} of the shorter text's runs of {RUN} words"
            yield CheckFinding(SAME_TEXT, says, tuple((item.ref, _said(item)) for item in (first, second)))
    yield from unread.told(f"{counted(unread.count, 'text')} that could not be compared")


def _runs(text: str) -> frozenset[int]:
    words = _WORD.findall(text.casefold())[: _MOST_RUNS + RUN]
    runs = {" ".join(words[start : start + RUN]) for start in range(len(words) - RUN + 1)}
    # 63 bits, which fit a table.
    return frozenset(
        int.from_bytes(blake2b(run.encode("utf-8", "replace"), digest_size=8).digest(), "big") >> 1 for run in runs
    )


def _pairs(texts: Sequence[bytes]) -> Iterator[tuple[int, int, float]]:
    """Yield each two texts that share a run, the earlier one first, with how much of the shorter one they share."""
    # By the runs, not text by text: only texts that share one are ever compared, each with those before it. Who holds a
    # run is looked up, as numbers of four bytes; of a phrase of everybody's it is known that it is one.
    counts: Lookup[int, int] = Lookup(int)
    for text in texts:
        for run in array("Q", text):
            counts[run] = counts.get(run, 0) + 1
    holders: Lookup[int, bytes] = Lookup(int)
    for number, text in enumerate(texts):
        runs, shared = array("Q", text), Counter[int]()
        for run in runs:
            if 1 < counts[run] <= _MOST_SHARING:
                before = holders.get(run, b"")
                shared.update(array("I", before))
                holders[run] = before + array("I", (number,)).tobytes()
        for other, count in sorted(shared.items()):
            yield other, number, count / min(len(runs), len(texts[other]) // 8)


def _apart(one: CheckedItem, other: CheckedItem) -> bool:
    """Say whether two items of one kind are not the same post, page or file, captured twice."""
    same_post = one.post is not None and other.post is not None and one.post.id == other.post.id
    same = same_post or one.sha256 == other.sha256 or one.url == other.url
    return one.kind == other.kind and not same


def _said(item: CheckedItem) -> str:
    author = (item.post.author.handle or item.post.author.name) if item.post else item.facts.get("author", "")
    return "; ".join(
        filter(None, (f"by {author}" if author else "", f"claimed {item.claimed}" if item.claimed else "", item.url))
    )
