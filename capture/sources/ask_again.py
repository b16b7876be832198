"""Asking after a post that is no longer listed, to tell one that is gone from one that is only out of the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.sources.source import Found, Gone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capture.known import KnownPost
    from capture.sources.source import Fetch

_GONE = frozenset({404, 410})


def ask_again(known: KnownPost, fetch: Fetch) -> Iterator[Gone]:
    """Fetch a post's own address; yield a Gone where the server says that there is no such thing (RFC 9110).

    Any other refusal says nothing about the post: a server that is down has deleted nothing.
    """
    answer = fetch.get(
        Found(url=known.url, kind="post", found_in=f"the watch: no longer listed, before {known.ref}", optional=True)
    )
    if answer.status in _GONE:
        yield Gone(id=known.post.id, reason=answer.reason)
