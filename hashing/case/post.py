"""A post as a platform states it: who, when, what, in answer to what. All of it is claimed by the platform."""

# Annotations are no texts here (`from __future__`): msgspec would compile each of them at every start.

import msgspec

from hashing.case.kinds import ItemKind


class _PostRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A part of a post. A field that has nothing to say is left out."""


class Account(_PostRecord, frozen=True, kw_only=True):
    """Who posts, as the platform names them."""

    handle: str = ""  # `alice@example.org`, `alice.example.org`: what people type; it can change hands.
    name: str = ""  # The display name, which anyone can choose.
    id: str = ""  # What stays when handle and name change: an ActivityPub id, a DID.
    url: str = ""


class PostMedia(_PostRecord, frozen=True, kw_only=True):
    """A photo, video or audio that a post shows. The item that holds it is the one with this `url`."""

    url: str
    kind: ItemKind
    alt: str = ""  # What the author says it shows.
    cid: str = ""  # The content identifier that the signed record names, where the platform has one.
    origin: str = ""  # Where the author's own server keeps it, if this is another server's copy.


class Edit(_PostRecord, frozen=True, kw_only=True):
    """An earlier wording of a post."""

    time: str
    text: str
    warning: str = ""


class Post(_PostRecord, frozen=True, kw_only=True):
    """One post. Times are RFC 3339 with their zone, as the platform claims them."""

    platform: str  # fediverse, bluesky, feed …
    server: str  # The host that showed it.
    id: str  # The platform's own lasting name of the post: an ActivityPub id, an at:// URI, a feed's guid.
    permalink: str = ""
    author: Account = Account()
    published: str = ""
    edited: str = ""
    title: str = ""
    text: str = ""
    warning: str = ""  # The content warning in front of the text.
    language: str = ""
    tags: tuple[str, ...] = ()  # Hashtags, without the sign, in the author's spelling.
    mentions: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    reply_to: str = ""  # The `id` of the post that it answers; where only the server's own number is known, that.
    quotes: str = ""  # The `id` of the post that it quotes or shares.
    # As the platform calls it: public, unlisted, private (followers only), direct …; "" where it has no such thing.
    visibility: str = ""
    counts: dict[str, int] = {}  # Replies, reposts, likes … at the time of capture.
    edits: tuple[Edit, ...] = ()  # Earlier wordings, oldest first, where the platform keeps them.
    location: str = ""
    media: tuple[PostMedia, ...] = ()
