"""Addresses that may be a post, an account or a hashtag on a server of the fediverse, told by their form alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

# An opaque name with a digit in it: numbers, ULIDs, flakes, UUIDs, and no word of a menu.
_ID = r"(?=[^/]*[0-9])[A-Za-z0-9_.~-]{1,64}"
_USER = r"[^/@]{1,200}(?:@[^/@]{1,253})?"
_WEB = r"(?:/web|/deck)?"

# Paths of posts. One with a `form` is, on its own server, a name that need not be the API's.
_POSTS = (
    rf"{_WEB}/@(?P<user>{_USER})/(?:statuses/|posts/|notes/)?(?P<number>{_ID})(?:/[a-z_]+)?",
    rf"{_WEB}/statuses/(?P<number>{_ID})",
    rf"/(?P<form>users/(?P<user>{_USER})/statuses)/(?P<number>{_ID})(?:/activity)?",
    rf"/(?P<form>ap/users/{_ID}/statuses)/(?P<number>{_ID})(?:/activity)?",
    rf"/(?P<form>objects|activities|display|display/feed-item)/(?P<number>{_ID})",
    rf"/(?:notice|notes)/(?P<number>{_ID})",
    r"/posts?/(?P<number>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})",
    rf"/p/(?P<user>{_USER})/(?P<number>{_ID})",
    rf"/i/web/post/(?P<number>{_ID})",
    rf"/(?P<form>(?P<user>{_USER})/p)/(?P<number>[0-9]{{9,}}\.[0-9]{{3,}})",
)

_ACCOUNTS = (
    rf"{_WEB}/@(?P<user>{_USER})(?:/(?:with_replies|media|featured|posts|statuses|tagged/[^/]+))?",
    rf"/users/(?P<user>{_USER})(?:/statuses)?",
    r"/profile/(?P<user>[A-Za-z0-9_]{1,200})",
    rf"{_WEB}/accounts/(?P<number>{_ID})",
    rf"/ap/users/(?P<number>{_ID})",
)
_TAGS = (rf"{_WEB}/tags/(?P<tag>[^/]+)", rf"{_WEB}/timelines?/tag/(?P<tag>[^/]+)", r"/discover/tags/(?P<tag>[^/]+)")

_FORMS: tuple[tuple[Literal["post", "account", "tag"], tuple[re.Pattern[str], ...]], ...] = (
    ("post", tuple(map(re.compile, _POSTS))),
    ("account", tuple(map(re.compile, _ACCOUNTS))),
    ("tag", tuple(map(re.compile, _TAGS))),
)

_BARE_HOST = re.compile(r"[^\s/@:?#\[\]]+\.[^\s/@:?#\[\]]+(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class FediverseAddress:
    """An address, and what its form says it may be."""

    url: str
    origin: str  # `https://host`, with the port where one is named.
    kind: Literal["post", "account", "tag"]
    number: str = ""  # What may be the server's own name of the post or account.
    user: str = ""  # `alice`, or `alice@example.org` where the server shows another server's account.
    tag: str = ""
    # Whether `number` comes from a name made for other servers, so that the API may mean another post by it.
    elsewhere: bool = False


def read_address(url: str) -> FediverseAddress | None:
    """Return what an http or https address may be, or None where it has no form of the fediverse."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return None
    # Posts before accounts: every address of a post begins as one of an account does.
    path = unquote(parts.path, errors="replace").rstrip("/")
    for kind, patterns in _FORMS:
        for pattern in patterns:
            if match := pattern.fullmatch(path):
                groups = match.groupdict()
                return FediverseAddress(
                    url=url,
                    origin=origin_of(url),
                    kind=kind,
                    number=groups.get("number") or "",
                    user=groups.get("user") or "",
                    tag=groups.get("tag") or "",
                    elsewhere=bool(groups.get("form")),
                )
    return None


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address that `urlsplit` can read."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def place_of(text: str) -> str:
    """Return the origin of a server that is named for a hashtag: `mastodon.example`, or a full URL; "" for neither."""
    url = f"https://{text}" if _BARE_HOST.fullmatch(text) else text
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or True)
    except ValueError:
        return ""
    return origin_of(url) if usable else ""
