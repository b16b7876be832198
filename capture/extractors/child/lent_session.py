"""A session that is lent to somebody else's extractors, which are given placeholders in its place.

What is meant stands in what leaves for the site's own hosts, and nowhere else: not in the process, and in no request to
another host that its code thinks of.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlsplit

import msgspec

from capture.extractors.child.cookies import set_cookies
from capture.extractors.child.messages import Cookie, FetchAnswer, FetchQuestion
from capture.extractors.child.placeholders import Placeholders

_TO_SIGN = re.compile(r"sha1\(([A-Za-z0-9_=-]{1,8000})\)")


def to_sign(text: str) -> str:
    """Return what stands in a request for the SHA-1 of a text in which a cookie is: the process cannot compute it."""
    return f"sha1({base64.urlsafe_b64encode(text.encode()).decode()})"


class LentSession:
    """The cookies of one site for one scene; `owns` says which hosts are the site's. For one thread."""

    def __init__(self, cookies: Iterable[Cookie], owns: Callable[[str], bool]) -> None:
        self._placeholders = Placeholders()
        self._owns = owns
        # As the process is given them.
        self.cookies = tuple(
            msgspec.structs.replace(each, value=self._placeholders.hide(each.value))
            for each in cookies
            if owns(each.domain)
        )

    def __bool__(self) -> bool:
        return bool(self.cookies)

    def owns(self, url: str) -> bool:
        """Say whether an address is of one of the site's own hosts."""
        try:
            return self._owns(urlsplit(url).hostname or "")
        except ValueError:
            return False

    def meant(self, ask: FetchQuestion) -> FetchQuestion:
        """Return a request as it is meant, where it is for the site; as it is, where it is not."""
        if not self or not self.owns(ask.url):
            return ask
        meant = self._placeholders.meant
        return msgspec.structs.replace(
            ask,
            url=meant(ask.url),
            data=meant(ask.data.decode("latin-1")).encode("latin-1"),
            headers=self.headers(ask.url, ask.headers),
        )

    def headers(self, url: str, headers: Mapping[str, str]) -> dict[str, str]:
        """Return header fields of a request for an address as they are meant."""
        if not self or not self.owns(url):
            return dict(headers)
        return {name: _TO_SIGN.sub(self._signed, self._placeholders.meant(value)) for name, value in headers.items()}

    def told(self, answered: FetchAnswer) -> FetchAnswer:
        """Return an answer as the process is told of it: without what its site's cookies say."""
        if not self or not self.owns(answered.url):
            return answered
        hidden, hide = self._placeholders.hidden, self._placeholders.hide
        cookies = []
        for each in set_cookies(answered):
            value, semicolon, rest = each.partition("=")[2].partition(";")
            cookies.append(f"{each.partition('=')[0]}={hide(value)}{semicolon}{rest}")
        headers = {name: hidden(value) for name, value in answered.headers.items()}
        headers |= {"set-cookie": ", ".join(cookies)} if cookies else {}
        return msgspec.structs.replace(
            answered, url=hidden(answered.url), headers=headers, reason=hidden(answered.reason)
        )

    def _signed(self, found: re.Match[str]) -> str:
        try:
            text = base64.urlsafe_b64decode(found[1]).decode()
        except (binascii.Error, UnicodeDecodeError):
            return found[0]
        return hashlib.sha1(self._placeholders.meant(text).encode()).hexdigest()  # noqa: S324 - as the site wants it
