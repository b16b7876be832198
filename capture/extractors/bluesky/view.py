"""Posts as an AppView shows them (https://docs.bsky.app/docs/api/app-bsky-feed-get-posts): another server's copy.

It adds what no signed record holds: how often a post was liked, shared and answered, and pictures made smaller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from capture.extractors.bluesky.at_uri import read_at_uri
from capture.extractors.bluesky.post import account_of, read_post, record_facts
from capture.extractors.bluesky.xrpc import host_of, query
from capture.extractors.json_value import count, line, mapping, sequence, web_url
from hashing.case.facts import Fact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from capture.extractors.bluesky.at_uri import AtUri
    from capture.extractors.bluesky.blobs import Blob
    from capture.request.known import KnownPost
    from hashing.case.post import Account, Post

_COUNTS = {
    "replyCount": "replies",
    "repostCount": "reposts",
    "likeCount": "likes",
    "quoteCount": "quotes",
    "bookmarkCount": "bookmarks",
}
_PARTS: Mapping[str, Callable[[Post], object]] = {
    "text": lambda post: post.text,
    "time": lambda post: post.published,
    "warning": lambda post: post.warning,
    "language": lambda post: post.language,
    "hashtags": lambda post: post.tags,
    "mentions": lambda post: post.mentions,
    "links": lambda post: post.links,
    "the post that it answers": lambda post: post.reply_to,
    "the post that it quotes": lambda post: post.quotes,
    "photos and videos": lambda post: [(media.cid, media.kind, media.alt) for media in post.media],
}
"""What a record says, and an AppView repeats."""
_NO_HANDLE = "handle.invalid"
"""What AppViews show in the place of a handle that does not lead to the account."""
_MOST_PICTURES = 100
_MOST_LABELS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What an AppView says about a post beside the record."""

    author: Account
    counts: Mapping[str, int]
    pictures: tuple[str, ...]
    """Addresses of photos that it made smaller: all there is, where the account's own server does not answer."""
    post: Post | None = None
    """The whole post as it is shown, to be held against the one that is signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One post as shown."""

    uri: AtUri
    record: object
    shown: Shown
    facts: tuple[Fact, ...]
    """Among them when the AppView first saw it, by its own clock."""

    def url(self, appview: str) -> str:
        """Return where the AppView shows this post alone."""
        return query(appview, "app.bsky.feed.getPosts", uris=str(self.uri))

    def post(self, appview: str, known: KnownPost | None) -> Post:
        """Return what the post says; photos by the addresses that an earlier round knows them by, if there was one."""
        urls = {media.cid: media.url for media in known.post.media} if known is not None else {}

        def _url_of(blob: Blob) -> str:
            shown = (url for url in self.shown.pictures if blob.cid in url)
            return urls.get(blob.cid) or next(shown, "")

        return read_post(
            self.record,
            self.uri,
            author=self.shown.author,
            server=host_of(appview),
            url_of=_url_of,
            counts=self.shown.counts,
        )


def differences(shown: Post, signed: Post) -> list[str]:
    """Return in words in which parts a post as shown is not the one that its account signed."""
    return [word for word, part in _PARTS.items() if part(shown) != part(signed)]


def read_view(value: object) -> View | None:
    """Return a post as shown, or None where a value has not that form."""
    said = mapping(value)
    uri, author = read_at_uri(said.get("uri")), mapping(said.get("author"))
    if uri is None or not isinstance(said.get("record"), dict):
        return None
    counts = {name: found for key, name in _COUNTS.items() if (found := count(said.get(key))) is not None}
    embed = mapping(said.get("embed"))
    images = sequence(embed.get("images") or mapping(embed.get("media")).get("images"), _MOST_PICTURES)
    pictures = [url for each in images if (url := web_url(mapping(each).get("fullsize")))]
    handle = line(author.get("handle"), 253).replace(_NO_HANDLE, "")
    who = account_of(uri.did, handle, line(author.get("displayName"), 640))
    shown = Shown(author=who, counts=counts, pictures=tuple(pictures))
    facts = record_facts(said.get("record"), line(said.get("cid"), 100))
    indexed = line(said.get("indexedAt"), 64)
    facts += (Fact("first seen by the AppView", indexed, "indexedAt"),) if indexed else ()
    labels = [line(mapping(each).get("val"), 128) for each in sequence(said.get("labels"), _MOST_LABELS)]
    facts += tuple(Fact("label", label, "labels") for label in labels if label)
    return View(uri=uri, record=said.get("record"), shown=shown, facts=facts)
