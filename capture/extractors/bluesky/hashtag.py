"""A hashtag, as an AppView finds it (https://docs.bsky.app/docs/api/app-bsky-feed-search-posts)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from capture.extractors.bluesky.listing import Shows
from capture.extractors.bluesky.pages import RecordPage, pages
from capture.extractors.bluesky.records import Records
from capture.extractors.bluesky.xrpc import host_of, query
from capture.extractors.wanted_posts import is_in_span
from capture.request.extractor import Fetch, FetchRequest, Finding, NotFollowed
from capture.request.hashtag import same_for_all
from hashing.case.kinds import ItemKind
from hashing.times import time_text

if TYPE_CHECKING:
    from capture.request.options import CaptureOptions

_SOME = 1000  # Posts that are listed before each is asked for at its author's own server: a tag's list may have no end.
# AppViews differ in whether `since` and `until` are meant with the moment itself; each post is compared again here.
_A_MOMENT = timedelta(seconds=1)
_LOGIN = (
    "it searches only for those who log in; name another AppView with --on, or your own account's server "
    "with --on URL and --token"
)


def find_hashtag(tag: str, appview: str, records: Records, fetch: Fetch) -> Iterator[Finding]:
    """Yield the posts with a hashtag: first as the AppView lists them, then each from its author's own server."""
    options, name = fetch.options, f"#{tag} on {host_of(appview)}"
    parameters = _parameters(tag, options)

    def _found(cursor: str, size: int) -> FetchRequest:
        more = {"cursor": cursor} if cursor else {}
        url = query(appview, "app.bsky.feed.searchPosts", **parameters, limit=size, **more)
        return FetchRequest(url=url, kind=ItemKind.LISTING, found_in=name, optional=True)

    # 1. The AppView's list tells which posts there are, and what it shows of each is kept. It may show anything: each
    # post must name the tag itself, and be in the span.
    shows, taken = Shows(appview, fetch), 0
    for page in pages(fetch, _found, "posts", _LOGIN, views=True):
        if not isinstance(page, RecordPage):
            yield page
            continue
        unlike = outside = 0
        for element in page.elements:
            post = element.element.said.post
            if same_for_all(tag) not in map(same_for_all, post.tags):
                unlike += 1
            elif not is_in_span(post.published, options):
                outside += 1
            else:
                yield from shows.excerpt(element, page.stored, name)
                taken += 1
                if taken == options.limit:
                    break
        yield from _passed_over(page, unlike + page.unreadable, outside, tag)
        if len(shows.wanted) >= _SOME:
            yield from records.capture(shows.pop_wanted())
        if taken == options.limit > 0:
            yield NotFollowed(
                url=page.url,
                reason=f"not followed further: there are as many posts as asked for (--limit {options.limit})",
            )
            break
    # 2. Each post from its author's own server, signed; what the AppView made of it is compared with that.
    yield from shows.not_followed(query(appview, "app.bsky.feed.searchPosts", **parameters))
    yield from records.capture(shows.pop_wanted())


def _parameters(tag: str, options: CaptureOptions) -> dict[str, str | int]:
    """Return the query; the span is wider by a moment, because a server counts by its own time and ends before it."""
    parameters: dict[str, str | int] = {"q": f"#{tag}", "tag": tag, "sort": "latest"}
    if options.since is not None:
        parameters["since"] = time_text(options.since)
    if options.until is not None:
        parameters["until"] = time_text(options.until + _A_MOMENT)
    return parameters


def _passed_over(page: RecordPage, unlike: int, outside: int, tag: str) -> Iterator[Finding]:
    if unlike:
        yield NotFollowed(
            url=page.url, reason=f"posts that are not marked with #{tag}, or cannot be read", count=unlike
        )
    if outside:
        yield NotFollowed(url=page.url, reason="posts outside the span of --since and --until", count=outside)
