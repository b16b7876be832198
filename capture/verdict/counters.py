"""What speaks for a page's being the one that was asked for: one table, as `signs` is of what speaks against it.

What holds is added to what the signs of a verdict must weigh.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from capture.page.outline import width
from capture.verdict.evidence import Evidence
from capture.verdict.signs import DECIDES, WORDS
from hashing.case import verdict

# Verdicts of which people write, and which a part of an honest page may be for.
CAREFUL = frozenset({verdict.LOGIN, verdict.CONSENT})

_NAMES = frozenset({"title", "heading", "lesser heading", "sole heading"})
_LOGIN_FORM = frozenset({"password", "form", "few fields", "link", "button", "remark", "lesser heading"})
_OF_A_FORM = frozenset({"password", "form", "few fields"})
_ASIDE = frozenset({"robots", "link", "ways on", "few fields", "status"})
_A_SENTENCE, _SENTENCES, _PROSE, _PROSE_BELOW = 25, 50, 120, 300
_LONG = 150
_A_HOST = re.compile(r"[\w.-]+\.[a-z]{2,}", re.IGNORECASE)
_LINKS, _LINKED_HEADINGS, _ROWS = 12, 3, 4
_HEADLINE_TEXT, _HEADLINE_WORDS, _HEADLINE_CHARACTERS = 60, 4, 24


class Seen(NamedTuple):
    """A verdict, the places where a sign of it was found, and all that is known of the page."""

    word: str
    places: AbstractSet[str]
    evidence: Evidence

    @property
    def is_gone(self) -> bool:
        """Whether it is that the page is gone."""
        return self.word == verdict.GONE

    @property
    def headed_twice(self) -> bool:
        """Whether title and heading both refuse, and the page does not say when it was written."""
        refused = self.word in {verdict.GONE, verdict.LIMITED, verdict.CHALLENGE}
        return refused and {"title", "heading"} <= self.places and not self.evidence.published

    @property
    def twice(self) -> bool:
        """Whether a page says twice that something is gone: then what follows is what the site offers instead."""
        return self.is_gone and "heading" in self.places and len(self.places & WORDS) > 1

    @property
    def in_words_alone(self) -> bool:
        """Whether words alone speak for the verdict."""
        return self.places <= WORDS

    @property
    def is_list(self) -> bool:
        """Whether the page is a long list."""
        outline = self.evidence.outline
        return not (self.twice or self.headed_twice) and (
            outline.links >= _LINKS or outline.linked_headings >= _LINKED_HEADINGS
        )


class Counter(NamedTuple):
    """A fact that speaks for content: what it is, its weight, and whether it holds."""

    what: str
    weight: int
    holds: Callable[[Seen], bool]


def _is_what_it_is_called(seen: Seen) -> bool:
    """Say whether the title of a page says the same as its heading: that of a wall names the site."""
    titles, headings = seen.evidence.titles, seen.evidence.outline.headings
    return "title" in seen.places or not headings or any(each in title for each in headings for title in titles)


def _has_headline(seen: Seen) -> bool:
    outline, titles = seen.evidence.outline, seen.evidence.titles
    if outline.words < _HEADLINE_TEXT or seen.places & {"heading", "title", "notice"}:
        return False
    return any(
        heading in title or title in heading
        for heading in outline.headings
        if not _A_HOST.fullmatch(heading)
        for title in titles
        if len(heading.split()) >= _HEADLINE_WORDS or width(heading) >= _HEADLINE_CHARACTERS
    )


# Every fact that speaks for content.
COUNTERS = (
    Counter("only what many honest pages have speaks against it", DECIDES, lambda seen: seen.places <= _ASIDE),
    Counter("it says when it was published", 6, lambda seen: seen.evidence.published and seen.word not in CAREFUL),
    Counter(
        "it says when it was published, and may be a teaser",
        2,
        lambda seen: seen.evidence.published and seen.word in CAREFUL,
    ),
    Counter("a person tells of something", 8, lambda seen: seen.in_words_alone and seen.evidence.told),
    Counter(
        "its head repeats it, as that of a post does",
        4,
        lambda seen: seen.in_words_alone and seen.evidence.described and not seen.headed_twice,
    ),
    Counter(
        "it is merely called so, and tells of something else",
        8,
        lambda seen: (
            seen.places <= _NAMES
            and seen.evidence.elsewhere >= max(_A_SENTENCE, seen.evidence.outline.words // 4)
            and _is_what_it_is_called(seen)
        ),
    ),
    Counter(
        "a form for a log-in stands beside a text",
        4,
        lambda seen: (
            seen.word == verdict.LOGIN
            and seen.places <= _LOGIN_FORM
            and not seen.places.isdisjoint(_OF_A_FORM)
            and (seen.evidence.outline.words >= _LONG or seen.evidence.is_somebodys or "password" not in seen.places)
            and seen.evidence.elsewhere >= (_A_SENTENCE if seen.evidence.lives_up_to_its_title else _SENTENCES)
        ),
    ),
    Counter(
        "a form for a log-in stands beside a long text",
        3,
        lambda seen: (
            seen.places <= _LOGIN_FORM and not seen.places.isdisjoint(_OF_A_FORM) and seen.evidence.elsewhere >= _LONG
        ),
    ),
    Counter("it has a headline that its title repeats", 5, _has_headline),
    Counter(
        "it has prose of something else",
        6,
        lambda seen: seen.word != verdict.CONSENT and seen.evidence.prose >= (_PROSE_BELOW if seen.twice else _PROSE),
    ),
    Counter("it is a list", 6, lambda seen: seen.is_list),
    Counter(
        "it is a short list",
        4,
        lambda seen: (
            not (seen.is_list or seen.twice or seen.headed_twice)
            and seen.evidence.outline.linked_blocks >= _ROWS
            and seen.evidence.outline.linked >= seen.evidence.outline.words
        ),
    ),
)
