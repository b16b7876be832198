"""The copy of a post on its author's own server, beside the copy that another server shows."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from urllib.parse import urlsplit

from capture.extractors.fediverse.activity_copy import beside, find_activity
from capture.extractors.fediverse.address import origin_of, read_address
from capture.extractors.fediverse.copy import Copy
from capture.extractors.fediverse.errors import NoServer
from capture.extractors.fediverse.instance import ask_server
from capture.extractors.fediverse.post_list import PostList
from capture.extractors.fediverse.server import Server
from capture.extractors.json_value import web_url
from capture.request.extractor import Fetch, FetchRequest, Finding, Unavailable
from hashing.case.post import Post


def find_home_copy(post: Post, server: Server, fetch: Fetch) -> Iterator[Finding]:
    """Yield the home server's copy of a post that `server` showed; of its own posts, their ActivityPub JSON.

    Posts and their authors share a host. Where they do not, one of the two names is borrowed.
    """
    name = web_url(post.id) or web_url(post.permalink)
    if not name:
        return
    found_in = f"home server of post {post.permalink or post.id}"
    # 1. Who is to be asked: the host in the post's own name, if that is its author's host as well.
    author = urlsplit(post.author.id).netloc
    if author and author.lower() != urlsplit(name).netloc.lower():
        reason = f"its author is one of {author}, and the post itself is not: no home server can vouch for it"
        yield Unavailable(url=name, reason=reason, found_in=found_in)
        return
    # 2. It was asked already: only its ActivityPub JSON is new.
    if urlsplit(name).netloc.lower() == server.host.lower():
        yield beside(name, f"post {post.permalink or post.id}")
        return
    try:
        yield from _by_api_or_activity(post, name, fetch, found_in)
    except NoServer as error:
        reason = f"the author's home server could not be asked, and only the copy of {server.host} was taken: {error}"
        yield Unavailable(url=name, reason=reason, found_in=found_in)
        return
    # 3. Media from where their author put them: the other server's copies may be smaller.
    for each in post.media:
        if each.origin:
            yield FetchRequest(url=each.origin, kind=each.kind, found_in=found_in, alt=each.alt)


def _by_api_or_activity(post: Post, name: str, fetch: Fetch, found_in: str) -> Iterator[Finding]:
    """Yield the home server's copy in the best form that it gives. Raises NoServer where nothing answers there."""
    refusals: list[str] | None = []
    try:
        # The API first: it gives the edits and the counts. An activity is what every server of the fediverse gives, and
        # less.
        home = ask_server(origin_of(name), fetch)
    except NoServer as error:
        if not error.reached:
            raise
    else:
        refusals = yield from _by_api(post, name, home, fetch, found_in)
    if refusals is None:
        yield beside(name, found_in)
    # By its address alone nothing is lent to that server, so a post of it that is not public is not taken either.
    elif refused := (yield from find_activity(name, fetch, found_in=found_in, has_token=False)):
        reason = "; ".join([*refusals, refused])
        yield Unavailable(url=name, reason=f"no copy from the author's home server: {reason}", found_in=found_in)


def _by_api(
    post: Post, name: str, home: Server, fetch: Fetch, found_in: str
) -> Generator[Finding, None, list[str] | None]:
    """Yield the home server's copy by its API; return None, or why it is not to be had there."""
    refusals: list[str] = []
    # Either name may have the form of the API's number; the copy that comes is compared with `name`.
    for url in dict.fromkeys((post.permalink, name)):
        address = read_address(url)
        if address is None or address.kind != "post" or address.origin != home.origin:
            continue
        copy = Copy(address, home, fetch, PostList(home, fetch), found_in=found_in, uri=name)
        located = yield from copy.by_number()
        if located is not None:
            yield from copy.read(located)
            return None
        if copy.as_before:
            return None
        refusals += copy.refusals
    return refusals
