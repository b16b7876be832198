"""Cookies: those that the user lends to such a process, and those that a server sets in an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from capture.extractors.child.messages import Cookie, FetchAnswer
from capture.request.extractor import Fetch

# A comma between two cookies, not the one in a date: what follows is a name and "=" (RFC 6265, section 3).
_NEXT_COOKIE = re.compile(r",\s*(?=[^\s;,=]+=)")


def set_cookies(answered: FetchAnswer) -> list[str]:
    """Return the Set-Cookie fields of an answer, which come joined with commas."""
    joined = answered.headers.get("set-cookie", "")
    return _NEXT_COOKIE.split(joined) if joined else []


def lent_cookies(fetch: Fetch) -> Iterator[Cookie]:
    """Yield the user's cookies, which the recorder keeps out of what it records."""
    for cookie in fetch.options.network.cookies or ():
        yield Cookie(
            domain=cookie.domain,
            path=cookie.path,
            name=cookie.name,
            value=cookie.value or "",
            secure=cookie.secure,
            expires=int(cookie.expires or 0),
        )
