"""What earlier captures of a scene have taken, so that a watch takes nothing twice and sees what has changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from msgspec.structs import replace

from hashing.case.post import Account

if TYPE_CHECKING:
    from capture.request.options import CaptureOptions
    from hashing.case.post import Post

_PASSING = re.compile(r"[0-9]{9,}|\S{16,}")
"""Values in a query that are made anew for each answer: times and signatures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """An item that an earlier capture has: its reference and its SHA-256 in hexadecimal."""

    ref: str
    sha256: str
    settled: bool = True
    """Whether that capture got all that it sought; else what a page shows is sought again, though it is the same."""
    shows: str = ""
    """Of a page: the digest of what it shows, `PageJudged.shows`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPost:
    """A post as it was when it was last seen: its item's reference and address, and what it said."""

    ref: str
    url: str
    source: str
    """The name of the source that found it."""
    post: Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Items by their URL, and posts by their lasting name."""

    items: Mapping[str, KnownItem] = field(default_factory=dict)
    posts: Mapping[str, KnownPost] = field(default_factory=dict)
    shown: Mapping[tuple[str, str], KnownPost] = field(default_factory=dict)
    """Posts by their lasting name and the server that showed them: what two servers show need not be the same."""

    def same(self, post: Post) -> KnownPost | None:
        """Return an earlier copy that says what a post says, if there is one that the same people may see."""
        own = self.shown.get((post.id, post.server))
        if own is not None and own.post.visibility != post.visibility:
            return None
        copies = (own, self.posts.get(post.id))
        return next((known for known in copies if known is not None and same_words(known.post, post)), None)

    def edited(self, post: Post) -> KnownPost | None:
        """Return the earlier copy that the very server of a post showed, if it said something else.

        Where another server says something else, one of the two may lie: that is no edit.
        """
        known = self.shown.get((post.id, post.server))
        if known is None:
            return None
        seen_by_others = known.post.visibility == post.visibility
        return None if seen_by_others and same_words(known.post, post) else known


def missing(options: CaptureOptions, seen: Mapping[str, str]) -> list[KnownPost]:
    """Return the posts that are known, were not seen again, and should have been.

    `seen` is the claimed time of each post of this round by its lasting name. Where a list was cut by `--limit` or
    `--since`, what is older than that cannot be missing.
    """
    oldest = options.since
    if options.limit:
        moments = [moment for published in seen.values() if (moment := _moment(published)) is not None]
        oldest = min(moments, default=datetime.max.replace(tzinfo=UTC))
    return [
        each
        for name, each in options.known.posts.items()
        if name not in seen and (oldest is None or _not_before(_moment(each.post.published), oldest))
    ]


def _not_before(moment: datetime | None, oldest: datetime) -> bool:
    return moment is not None and moment >= oldest


def _moment(published: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(published)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def same_words(before: Post, after: Post) -> bool:
    """Say whether a post says what it said before, whichever server shows it.

    Counts go up and down, accounts are renamed, a server's own number of the post that is answered and the place of its
    own copy of a photo are another one's on the next server. A preview of a link arrives later, and so does the consent
    to a quote: of these only what is exchanged is an edit.
    """
    links = set(before.links), set(after.links)
    arriving = links[0] <= links[1] or links[1] <= links[0]
    quotes = not before.quotes or not after.quotes or before.quotes == after.quotes
    return arriving and quotes and _words(before) == _words(after)


def _words(post: Post) -> Post:
    media = tuple(replace(each, url=_lasting(each.origin or each.url), origin="") for each in post.media)
    return replace(
        post,
        author=Account(),
        mentions=(),
        links=(),
        quotes="",
        counts={},
        server="",
        visibility="",
        reply_to="",
        media=media,
    )


def _lasting(url: str) -> str:
    """Return what of an address stays: without the host, and without signatures and times in its query."""
    parts = urlsplit(url)
    lasting = [(name, value) for name, value in parse_qsl(parts.query) if not _PASSING.fullmatch(value)]
    return urlunsplit(("", "", parts.path, urlencode(lasting), ""))
