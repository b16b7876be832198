"""Texts that say nearly the same, such as statements that were copied: by the runs of words that they share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b

from exports.errors import NotCheckable
from exports.report.words import counted
from intelligence.checks.finding import NOT_CHECKED, SAME_TEXT, CheckFinding
from intelligence.checks.material import CheckedItem

RUN = 4
"""Words in a run."""
_LEAST_RUNS = 6
"""Shorter texts say the same by chance."""
_MOST_RUNS = 5_000
_MOST_IN_ALL = 250_000
"""Runs that are compared at once: each takes some 300 bytes of memory."""
_MOST_SHARING = 200
"""A run in more texts than these is a phrase of everybody's, such as a page's menu."""
_ALIKE = 0.6
_WORD = re.compile(r"\w+")
_NAMED = 20


def near_texts(items: Sequence[CheckedItem]) -> Iterator[CheckFinding]:
    """Yield each pair of texts of one kind that share at least six tenths of the shorter one's runs of four words."""
    texts, unread = dict[str, frozenset[int]](), list[tuple[str, str]]()
    left = _MOST_IN_ALL
    for item in items:
        try:
            # Shingles (Broder, 1997): texts are alike as far as their runs of words are. Of the shorter text, so that a
            # copy with something added is still found.
            runs = _runs(item.text())
        except (OSError, NotCheckable) as error:
            unread.append((item.ref, str(error)))
            continue
        if len(runs) > left:
            unread.append((item.ref, "the texts before it are as many as are compared at once"))
        elif len(runs) >= _LEAST_RUNS:
            texts[item.ref] = runs
            left -= len(runs)
    by_ref = {item.ref: item for item in items}
    for (one, other), shared in _pairs(texts):
        part = shared / min(len(texts[one]), len(texts[other]))
        if part >= _ALIKE and _apart(by_ref[one], by_ref[other]):
            rests = tuple((ref, _said(by_ref[ref])) for ref in (one, other))
            says = f"{one} and {other} share {part:.0%} of the shorter text's runs of {RUN} words"
            yield CheckFinding(SAME_TEXT, says, rests)
    if unread:
        remark = f"{counted(len(unread), 'text')} that could not be compared"
        yield CheckFinding(NOT_CHECKED, remark, tuple(unread[:_NAMED]))


def _runs(text: str) -> frozenset[int]:
    words = _WORD.findall(text.casefold())[: _MOST_RUNS + RUN]
    runs = {" ".join(words[start : start + RUN]) for start in range(len(words) - RUN + 1)}
    return frozenset(
        int.from_bytes(blake2b(run.encode("utf-8", "replace"), digest_size=8).digest(), "big") for run in runs
    )


def _pairs(texts: dict[str, frozenset[int]]) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield each pair of texts that share a run, with how many they share."""
    # By the runs, not text by text: only texts that share one are ever compared.
    holders = dict[int, list[str]]()
    for ref, runs in texts.items():
        for run in runs:
            holders.setdefault(run, []).append(ref)
    for ref, runs in texts.items():
        shared: Counter[str] = Counter()
        for run in runs:
            if len(holders[run]) <= _MOST_SHARING:
                shared.update(holders[run])
        del shared[ref]
        yield from (((ref, other), count) for other, count in shared.items() if ref < other)


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
