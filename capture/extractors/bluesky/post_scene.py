"""A record by its address: from its account's own server, and where that does not give it, as the AppView shows it."""

from __future__ import annotations

from collections.abc import Iterator

from capture.extractors.bluesky.at_uri import POST, AtUri, read_at_uri
from capture.extractors.bluesky.listing import Shows
from capture.extractors.bluesky.pages import read_page
from capture.extractors.bluesky.records import Records, Wanted, pictures_of
from capture.extractors.bluesky.stored_answer import Unread
from capture.extractors.bluesky.thread import BlueskyThread
from capture.extractors.bluesky.xrpc import query, stored_of
from capture.request.extractor import Fetch, FetchRequest, Finding, Unavailable


def find_post(uri: AtUri, records: Records, fetch: Fetch) -> Iterator[Finding]:
    """Yield a record with its proof and its photos, the post that it quotes, and the thread where the user wants it."""
    post = yield from records.capture_one(Wanted(uri=uri, found_in="scene"))
    quoted = read_at_uri(post.quotes) if post is not None else None
    if quoted is not None and quoted != uri:
        yield from records.capture_one(Wanted(uri=quoted, found_in=f"quoted in post {uri}"))
    if uri.collection == POST and fetch.options.thread:
        yield from BlueskyThread(uri, post, records, fetch).find()
    elif uri.collection == POST and post is None:
        yield from _copy(uri, fetch)


def _copy(uri: AtUri, fetch: Fetch) -> Iterator[Finding]:
    """Yield what the AppView still shows of a post that its account's server does not give."""
    appview = fetch.options.bluesky.appview.rstrip("/")
    url = query(appview, "app.bsky.feed.getPosts", uris=str(uri))
    found = FetchRequest(url=url, kind="listing", found_in=f"post {uri}, as the AppView shows it", optional=True)
    stored = stored_of(fetch.get(found))
    if stored is None:
        return
    shows = Shows(appview, fetch)
    try:
        page = read_page(stored, fetch, "posts", set(), views=True)
    except Unread as error:
        yield Unavailable(url=url, reason=str(error), found_in=found.found_in)
        return
    for listed in page.elements:
        if listed.uri == uri:
            yield from shows.excerpt(listed, stored, found.found_in)
            yield from pictures_of(Wanted(uri=uri, found_in=found.found_in, shown=listed.element.shown))
