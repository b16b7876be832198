"""To whom a session is lent: to the hosts of the site that is captured, and to nobody whom its pages name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from http.cookiejar import CookieJar

from capture.extractors.gallery.sites import site_of
from hashing.case.events import Failed

SESSION_ENDED = "the session has ended"
"""In the words of every failure that says so: whatever else is asked of the site with this session fails as well."""
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


def cookies_for(urls: Iterable[str], cookies: CookieJar | None) -> CookieJar | None:
    """Return those cookies that may be lent for these scenes.

    A browser's file holds the sessions of many sites. Where each scene is of a site that we know the hosts of, the
    cookies of these hosts are left; of any other page nobody can say which hosts are its own.
    """
    sites = [site_of(url) for url in urls]
    if cookies is None or not sites or None in sites:
        return cookies
    own = CookieJar()
    for cookie in cookies:
        if any(site is not None and site.owns(cookie.domain) for site in sites):
            own.set_cookie(cookie)
    return own
