"""Cookies that servers set, within the bounds that browsers keep, beside those that the user gave."""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, cast
from urllib.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from http.client import HTTPResponse
    from http.cookiejar import Cookie

_LARGEST = 4096  # Bytes of a cookie's name and value (RFC 6265 section 6.1).
# RFC 6265, section 6.1: what a browser keeps at the least, 50 a domain and 3,000 in all.
_MOST_OF_A_DOMAIN = 50
_MOST = 3000


class BoundedCookieJar(CookieJar):
    """Keeps what servers set, as many and as large cookies as RFC 6265 asks for; one that breaks a request is left out.

    The user's own cookies are all kept, and no server's cookie pushes one out. One that a host set without naming a
    domain goes to that host alone (RFC 6265 section 5.4), not below it as well, as Python's default is.
    """

    def __init__(self, own: Iterable[Cookie] = ()) -> None:
        super().__init__(DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain))
        for cookie in own:
            super().set_cookie(cookie)

    def set_cookie(self, cookie: Cookie) -> None:
        """Keep a cookie that a server set, if there is room for it."""
        said = f"{cookie.name}{cookie.value or ''}"
        if len(said) > _LARGEST or not said.isprintable():
            return
        paths: dict[str, dict[str, Cookie]] = self._cookies.get(cookie.domain, {})  # type: ignore[attr-defined]  # not in the stubs
        known = cookie.name in paths.get(cookie.path, {})
        if known or (sum(map(len, paths.values())) < _MOST_OF_A_DOMAIN and len(self) < _MOST):
            super().set_cookie(cookie)

    def take(self, url: str, fields: Sequence[str]) -> None:
        """Take in what a server's Set-Cookie fields say in an answer for a URL."""
        # The jar asks an answer for nothing but the fields of this name.
        self.extract_cookies(cast("HTTPResponse", _Answer(fields)), Request(url))  # noqa: S310 - it opens nothing

    def lent_to(self, url: str) -> str:
        """Return the Cookie field for a URL, or ""."""
        request = Request(url)  # noqa: S310 - it opens nothing
        self.add_cookie_header(request)
        return request.get_header("Cookie", "")


class _Answer:
    """An answer that has nothing but Set-Cookie fields."""

    def __init__(self, fields: Sequence[str]) -> None:
        self._fields = list(fields)

    def info(self) -> _Answer:
        return self

    def get_all(self, name: str, default: list[str]) -> list[str]:
        return self._fields if name == "Set-Cookie" else default
