"""What earlier captures of a scene have taken, so that a watch takes nothing twice and sees what has changed."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
from msgspec.structs import replace

from hashing.case.post import Account, Post

# Values in a query that are made anew for each answer: times and signatures.
_PASSING = re.compile(r"[0-9]{9,}|\S{16,}")
# Names in a query of what a store of files signs an address with, however short its value is.
_SIGNING = re.compile(
    r"x-(?:amz|goog|oss|cos)-.*|sig(?:n|nature)?|hmac|hdne[ats]|token|nonce|policy|key-pair-id|ttl"
    r"|exp(?:ires?|iry|iration)?|timestamp|verify|oe|oh|_nc_\w+",
    re.IGNORECASE,
)


class KnownItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item that an earlier capture has: its reference and its SHA-256 in hexadecimal."""

    ref: str
    sha256: str
    # Whether that capture got all that it sought; else what a page shows is sought again, though it is the same.
    settled: bool = True
    shows: str = ""  # Of a page: the digest of what it shows, `PageJudged.shows`.


class KnownPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post as it was when it was last seen: its item's reference and address, and what it said."""

    ref: str
    url: str
    extractor: str  # The name of the extractor that found it.
    post: Post


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Items by their URL, and posts by their lasting name."""

    items: Mapping[str, KnownItem] = msgspec.field(default_factory=dict)
    posts: Mapping[str, KnownPost] = msgspec.field(default_factory=dict)
    # Posts by their lasting name and the server that showed them: what two servers show need not be the same.
    shown: Mapping[tuple[str, str], KnownPost] = msgspec.field(default_factory=dict)
    # The newest revision of each repository (AT Protocol) that was proven, by its account's DID.
    revisions: Mapping[str, str] = msgspec.field(default_factory=dict)
    # Sites that have said in earlier rounds that the session with them has ended: they are not asked again.
    ended_sessions: frozenset[str] = frozenset()
    # Servers that have said in earlier rounds that they speak Mastodon's API, with the domain that they named.
    spoken: MutableMapping[str, str] = msgspec.field(default_factory=dict)

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


def same_words(before: Post, after: Post) -> bool:
    """Say whether a post says what it said before, whichever server shows it.

    Counts go up and down, a server's own number of the post that is answered and the place of its own copy of a photo
    are another one's on the next server. Whoever calls themselves otherwise has not edited their posts: an account
    counts by its lasting name, where it has one, and a signed photo by its content identifier. A preview of a link
    arrives later, and so does the consent to a quote: of these only what is exchanged is an edit.
    """
    links = set(before.links), set(after.links)
    arriving = links[0] <= links[1] or links[1] <= links[0]
    quotes = not before.quotes or not after.quotes or before.quotes == after.quotes
    return arriving and quotes and _words(before) == _words(after)


def _words(post: Post) -> Post:
    # What an author changes. Counts, names that are shown and addresses of copies change without the author doing
    # anything.
    media = tuple(replace(each, url=each.cid or _lasting(each.origin or each.url), origin="") for each in post.media)
    return replace(
        post,
        author=Account(id=post.author.id),
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
    lasting = [
        (name, value)
        for name, value in parse_qsl(parts.query)
        if not (_PASSING.fullmatch(value) or _SIGNING.fullmatch(name))
    ]
    return urlunsplit(("", "", parts.path, urlencode(lasting), ""))
