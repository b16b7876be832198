"""Where a post as an AppView shows it is not the one that its account signed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hashing.case.post import Post

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


def differences(shown: Post, signed: Post) -> list[str]:
    """Return in words in which parts a post as shown is not the one that its account signed."""
    return [word for word, part in _PARTS.items() if part(shown) != part(signed)]
