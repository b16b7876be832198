"""Cookies that servers set, within the bounds that browsers keep, beside those that the user gave."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

from requests.cookies import RequestsCookieJar, get_cookie_header

if TYPE_CHECKING:
    from collections.abc import Iterable
    from http.cookiejar import Cookie

    from requests import PreparedRequest

_LARGEST = 4096
"""Bytes of a cookie's name and value (RFC 6265 section 6.1)."""
# RFC 6265, section 6.1: what a browser keeps at the least, 50 a domain and 3,000 in all.
_MOST_OF_A_DOMAIN = 50
_MOST = 3000


class BoundedCookieJar(RequestsCookieJar):
    """Keeps what servers set, as many and as large cookies as RFC 6265 asks for; one that breaks a request is left out.

    The user's own cookies are all kept, and no server's cookie pushes one out. One that a host set without naming a
    domain goes to that host alone (RFC 6265 section 5.4), not below it as well, as Python's default is.
    """

    def __init__(self, own: Iterable[Cookie] = ()) -> None:
        super().__init__(DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain))
        for cookie in own:
            super().set_cookie(cookie)

    def set_cookie(self, cookie: Cookie, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - handed through
        """Keep a cookie that a server set, if there is room for it."""
        said = f"{cookie.name}{cookie.value or ''}"
        if len(said) > _LARGEST or not said.isprintable():
            return
        paths: dict[str, dict[str, Cookie]] = self._cookies.get(cookie.domain, {})  # type: ignore[attr-defined]  # not in the stubs
        known = cookie.name in paths.get(cookie.path, {})
        if known or (sum(map(len, paths.values())) < _MOST_OF_A_DOMAIN and len(self) < _MOST):
            super().set_cookie(cookie, *args, **kwargs)

    def lend_to(self, request: PreparedRequest, *, given: bool) -> None:
        """Give a request the cookies of its host by these rules, unless its cookies were `given` by whoever asked.

        requests itself goes by rules of its own, whatever jar it is given.
        """
        if not given and len(self):
            request.headers.pop("Cookie", None)
            if header := get_cookie_header(self, request):  # type: ignore[no-untyped-call]  # not in the stubs
                request.headers["Cookie"] = header
