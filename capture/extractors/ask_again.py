"""Asking after a post that is no longer listed, to tell one that is gone from one that is only out of the list."""

from __future__ import annotations

from collections.abc import Iterator

from capture.request.extractor import Fetch, FetchRequest, PostGone
from capture.request.known import KnownPost
from hashing.case.kinds import ItemKind

# Not found, gone (RFC 9110, 15.5.5 and 15.5.11); any other refusal says nothing of whether it is there.
_GONE = frozenset({404, 410})


def ask_again(known: KnownPost, fetch: Fetch) -> Iterator[PostGone]:
    """Fetch a post's own address; yield a PostGone where the server says that there is no such thing (RFC 9110).

    Any other refusal says nothing about the post: a server that is down has deleted nothing.
    """
    answer = fetch.get(
        FetchRequest(
            url=known.url,
            kind=ItemKind.POST,
            found_in=f"the watch: no longer listed, before {known.ref}",
            optional=True,
        )
    )
    if answer.status in _GONE:
        yield PostGone(id=known.post.id, reason=answer.reason)
