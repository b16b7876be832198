"""A post's ActivityPub JSON: all that can be had of it where a server's API does not give the post."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.sources.fediverse.activity import ACCEPT, author_of, read_activity
from capture.sources.fediverse.attachment import found_media
from capture.sources.fediverse.errors import Unreadable
from capture.sources.fediverse.post_list import NOT_PUBLIC
from capture.sources.fediverse.server import is_as_before, read_stored
from capture.sources.fediverse.status import PUBLIC
from capture.sources.served_json import NotJson
from capture.sources.source import Found, NotGiven, Read

if TYPE_CHECKING:
    from collections.abc import Generator

    from capture.sources.source import Fetch, Finding


def beside(name: str, found_in: str) -> Found:
    """Return what is to be fetched for a post's ActivityPub JSON beside the API's; many servers give it to none."""
    return Found(url=name, kind="data", found_in=found_in, headers={"Accept": ACCEPT}, optional=True)


def find_activity(url: str, fetch: Fetch, *, found_in: str, has_token: bool) -> Generator[Finding, None, str]:
    """Fetch a post by its address as ActivityPub and yield what it says; return why that is not to be had, or ""."""
    answer = fetch.get(Found(url=url, kind="post", found_in=found_in, headers={"Accept": ACCEPT}, optional=True))
    if is_as_before(answer):
        return ""
    if answer.stored is None or answer.reason:
        return f"ActivityPub: {answer.reason}"
    ref = answer.stored.item.ref
    try:
        value = read_stored(answer.stored).whole().value
        read_activity(value, answer.url)
        post = read_activity(value, answer.url, _actor(author_of(value), fetch))
    except (NotJson, Unreadable) as error:
        return f"ActivityPub: stored, but could not be read: {error}"
    if post.visibility not in PUBLIC and not has_token:
        yield NotGiven(url=url, reason=NOT_PUBLIC, found_in=found_in)
        return ""
    yield Read(ref=ref, post=post)
    yield from found_media(post.media, f"post {post.permalink}")
    return ""


def _actor(url: str, fetch: Fetch) -> object:
    """Fetch the author's actor, which has the name that people know the author by."""
    if not url:
        return None
    answer = fetch.get(
        Found(url=url, kind="account", found_in="author of the post", headers={"Accept": ACCEPT}, optional=True)
    )
    if answer.stored is None or answer.reason:
        return None
    try:
        return read_stored(answer.stored).whole().value
    except NotJson:
        return None
