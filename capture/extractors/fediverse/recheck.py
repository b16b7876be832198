"""Asking after a post that an earlier round of a watch has, and that is no longer listed."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from msgspec.structs import replace

from capture.extractors.fediverse.activity import ACCEPT
from capture.extractors.fediverse.address import origin_of
from capture.extractors.fediverse.errors import NoServer, UnreadableAnswer
from capture.extractors.fediverse.instance import ask_server
from capture.extractors.fediverse.server import NOT_THERE, is_as_before, known_names
from capture.extractors.fediverse.status import PUBLIC
from capture.extractors.fediverse.stored_answer import activity_of, not_read, post_of
from capture.extractors.served_json import NotJson
from capture.recorder.urls import lent_to
from capture.request.extractor import (
    Answer,
    Fetch,
    FetchRequest,
    Finding,
    ItemReading,
    NotFollowed,
    PostGone,
    StoredItem,
)
from capture.request.known import KnownPost
from hashing.case.kinds import ItemKind
from hashing.case.post import Post

_API = "/api/v1/statuses/"


def recheck(known: KnownPost, fetch: Fetch) -> Iterator[Finding]:
    """Fetch the post by itself; yield a PostGone where its server says that there is no such post (for us).

    Any other refusal says nothing about the post: a server that is down has deleted nothing.
    """
    by_api = urlsplit(known.url).path.startswith(_API)
    found_in = f"the watch: no longer listed, before {known.ref}"
    headers = {} if by_api else {"Accept": ACCEPT}
    answer = fetch.get(
        FetchRequest(url=known.url, kind=ItemKind.POST, found_in=found_in, headers=headers, optional=True)
    )
    if answer.status in NOT_THERE:
        yield _not_there(known, answer, fetch, by_api=by_api)
    elif answer.stored is None:
        if not is_as_before(answer):
            yield NotFollowed(
                url=known.url, reason=f"whether the post is still there could not be asked: {answer.reason}"
            )
    else:
        try:
            post = _post(answer.stored, known, fetch) if by_api else _activity(answer.stored, known, fetch)
        except (NoServer, NotJson, UnreadableAnswer) as error:
            yield not_read(known.url, answer, error)
        else:
            yield ItemReading(ref=answer.stored.item.ref, post=post)


def _not_there(known: KnownPost, answer: Answer, fetch: Fetch, *, by_api: bool) -> PostGone | NotFollowed:
    """Return a PostGone, unless the refusal may have another reason: a post for few people, a host that refuses all."""
    origin = origin_of(known.url)
    doubt = ""
    # "Gone" is a strong word: a server refuses in the same way a post that is not for us, and everything when it is
    # broken.
    if known.post.visibility not in PUBLIC and lent_to(origin) not in fetch.options.network.tokens:
        doubt = "it is not public, and there is no access token (--token)"
    elif by_api:
        try:
            ask_server(origin, fetch)
        except NoServer as error:
            doubt = str(error)
    if doubt:
        reason = f"whether the post is still there cannot be told: {answer.reason}, and {doubt}"
        return NotFollowed(url=known.url, reason=reason)
    host = urlsplit(origin).netloc
    return PostGone(id=known.post.id, reason=f"{host} has no such post any more, or not for us ({answer.reason})")


def _post(stored: StoredItem, known: KnownPost, fetch: Fetch) -> Post:
    """Read the API's answer. Raises NoServer, NotJson, Unreadable."""
    server = ask_server(origin_of(known.url), fetch)
    return post_of(fetch.readers, stored, server, known_names(fetch.options.known, server)).status.post


def _activity(stored: StoredItem, known: KnownPost, fetch: Fetch) -> Post:
    """Read the post as ActivityPub; its author, who is named by address alone, stays who it was.

    Raises NotJson, Unreadable.
    """
    post, _ = activity_of(fetch.readers, stored, stored.url)
    same_author = post.author.id == known.post.author.id
    return replace(post, author=known.post.author) if same_author else post
