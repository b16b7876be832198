"""Addresses of Telegram's public channels and posts, told by their form alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

HOSTS = frozenset({"t.me", "telegram.me", "telegram.dog"})  # Three names of one server.

_NAME = r"(?P<name>[A-Za-z][A-Za-z0-9_]{3,31})"
_CHANNEL = re.compile(rf"/(?:s/)?{_NAME}/?")
_POST = re.compile(rf"/(?:s/)?{_NAME}/(?P<number>[0-9]{{1,15}})/?")
_NO_NAMES = frozenset(
    {
        "addemoji", "addlist", "addstickers", "addtheme", "boost", "confirmphone", "contact", "giftcode", "invoice",
        "joinchat", "login", "proxy", "setlanguage", "share", "socks", "stickers",
    }
)  # fmt: skip
"""Words of Telegram's own that have the form of a channel's name (https://core.telegram.org/api/links)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramAddress:
    """A channel, or one of its posts."""

    origin: str
    name: str
    number: str = ""  # The post's; "" for the channel.
    query: str = ""  # What the channel is searched for.
    before: str = ""  # The number before which the list begins; "" for the newest post.

    @property
    def shown(self) -> str:
        """How people name it."""
        return f"@{self.name}"

    @property
    def list_url(self) -> str:
        """Where the preview's list begins."""
        asked = [f"q={quote(self.query, safe='')}"] * bool(self.query) + [f"before={self.before}"] * bool(self.before)
        return f"{self.origin}/s/{self.name}{'?' * bool(asked)}{'&'.join(asked)}"

    @property
    def post_url(self) -> str:
        """Where the post stands alone."""
        return f"{self.origin}/{self.name}/{self.number}?embed=1"


def read_address(url: str) -> TelegramAddress | None:
    """Return the channel or post that a web address, or a place such as `t.me/NAME`, is; None for any other."""
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or host.removeprefix("www.") not in HOSTS:
        return None
    match = _POST.fullmatch(parts.path) or _CHANNEL.fullmatch(parts.path)
    if match is None or match["name"].lower() in _NO_NAMES:
        return None
    query = parse_qs(parts.query)
    before = query.get("before", [""])[0]
    return TelegramAddress(
        origin=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
        name=match["name"],
        number=match.groupdict().get("number") or "",
        query=query.get("q", [""])[0][:200],
        before=before if before.isascii() and before.isdigit() else "",
    )
