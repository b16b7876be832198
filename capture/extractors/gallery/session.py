"""A session that has ended: when a site is left alone for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from capture.extractors.gallery.sites import site_of
from hashing.case.events import Failed
from hashing.case.verdict import SESSION_ENDED

_ROUNDS = 2


class EndedSessions:
    """Hears the failures of a watch, round by round; one refusal may be that of a single post."""

    def __init__(self) -> None:
        self._refused: Counter[str] = Counter()

    @property
    def sites(self) -> frozenset[str]:
        """The sites, by name, that have said in so many rounds that the session has ended: they are left alone."""
        return frozenset(name for name, rounds in self._refused.items() if rounds >= _ROUNDS)

    def hear(self, asked: str, failures: Iterable[Failed]) -> None:
        """Hear what failed in a round over the scene `asked`."""
        told = {site.name for each in failures if SESSION_ENDED in each.reason and (site := site_of(each.url))}
        for name in told:
            self._refused[name] += 1
        site = site_of(asked)
        if site is not None and site.name not in told:
            self._refused[site.name] = 0
