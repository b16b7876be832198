"""To whom a session is lent: to the hosts of the site that is captured, and to nobody whom its pages name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.extractors.gallery.sites import site_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from http.cookiejar import CookieJar


def cookies_for(urls: Iterable[str], cookies: CookieJar | None) -> CookieJar | None:
    """Return those cookies that may be lent for these scenes.

    A browser's file holds the sessions of many sites. Where each scene is of a site that we know the hosts of, the
    cookies of these hosts are left; of any other page nobody can say which hosts are its own.
    """
    sites = [site_of(url) for url in urls]
    if cookies is None or not sites or None in sites:
        return cookies
    from http.cookiejar import CookieJar

    own = CookieJar()
    for cookie in cookies:
        if any(site is not None and site.owns(cookie.domain) for site in sites):
            own.set_cookie(cookie)
    return own
