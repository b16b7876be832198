"""A post's ActivityPub JSON: all that can be had of it where a server's API does not give the post."""

from __future__ import annotations

from collections.abc import Generator

from capture.extractors.fediverse.activity import ACCEPT
from capture.extractors.fediverse.attachment import found_media
from capture.extractors.fediverse.errors import UnreadableAnswer
from capture.extractors.fediverse.post_list import NOT_PUBLIC
from capture.extractors.fediverse.server import is_as_before
from capture.extractors.fediverse.status import PUBLIC
from capture.extractors.fediverse.stored_answer import activity_of, not_read
from capture.extractors.served_json import NotJson, NotReadable
from capture.request.extractor import Fetch, FetchRequest, Finding, ItemReading, StoredItem, Unavailable
from hashing.case.kinds import ItemKind


def beside(name: str, found_in: str) -> FetchRequest:
    """Return what is to be fetched for a post's ActivityPub JSON beside the API's; many servers give it to none."""
    return FetchRequest(url=name, kind=ItemKind.DATA, found_in=found_in, headers={"Accept": ACCEPT}, optional=True)


def find_activity(url: str, fetch: Fetch, *, found_in: str, has_token: bool) -> Generator[Finding, None, str]:
    """Fetch a post by its address as ActivityPub and yield what it says; return why that is not to be had, or ""."""
    answer = fetch.get(
        FetchRequest(url=url, kind=ItemKind.POST, found_in=found_in, headers={"Accept": ACCEPT}, optional=True)
    )
    if is_as_before(answer):
        return ""
    if answer.stored is None or answer.reason:
        return f"ActivityPub: {answer.reason}"
    ref = answer.stored.item.ref
    try:
        # Read twice where the author can be had: the post names its author by address alone.
        post, author = activity_of(fetch.readers, answer.stored, answer.url)
        if (actor := _actor(author, fetch)) is not None:
            post, _ = activity_of(fetch.readers, answer.stored, answer.url, actor)
    except NotReadable as error:
        yield not_read(url, answer, error)
        return f"ActivityPub: stored, but could not be read: {error}"
    except (NotJson, UnreadableAnswer) as error:
        return f"ActivityPub: stored, but could not be read: {error}"
    if post.visibility not in PUBLIC and not has_token:
        yield Unavailable(url=url, reason=NOT_PUBLIC, found_in=found_in)
        return ""
    yield ItemReading(ref=ref, post=post)
    yield from found_media(post.media, f"post {post.permalink}")
    return ""


def _actor(url: str, fetch: Fetch) -> StoredItem | None:
    """Fetch the author's actor, which has the name that people know the author by."""
    if not url:
        return None
    answer = fetch.get(
        FetchRequest(
            url=url, kind=ItemKind.ACCOUNT, found_in="author of the post", headers={"Accept": ACCEPT}, optional=True
        )
    )
    return answer.stored if not answer.reason else None
