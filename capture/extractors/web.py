"""The web: any page or file by its URL."""

from __future__ import annotations

from collections.abc import Iterator

from capture.extractors.ask_again import ask_again
from capture.extractors.page_scene import PageScene
from capture.extractors.video import Signs
from capture.extractors.web_page import videos_of
from capture.request.extractor import Fetch, FetchRequest, Finding, NotFollowed, StoredItem, Unavailable
from capture.request.known import KnownPost
from capture.request.scene import Scene
from hashing.case.kinds import ItemKind

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json")


class Web:
    """Any http or https address."""

    name = "web"
    example = "https://example.org/news/fire-on-market-street.html"
    lists_posts = False

    def takes(self, scene: Scene) -> bool:
        """Say whether the scene is a web address."""
        return not scene.tag and scene.url.startswith(("http://", "https://"))

    def find(self, scene: Scene, fetch: Fetch) -> Iterator[Finding]:
        """Fetch the address itself; where it is a page or a feed, yield what it says and the media it shows."""
        answer = fetch.get(FetchRequest(url=scene.url, kind=ItemKind.PAGE, found_in="scene"))
        stored = answer.stored
        if stored is not None and stored.item.kind == ItemKind.FEED:  # its bytes decide, whatever its type says
            from capture.extractors.feed import read_feed

            yield from read_feed(stored, fetch, lambda page: PageScene(page.item.url, fetch).of_stored(page))
            return
        if stored is not None:
            yield from _no_feed(stored, fetch)
        if stored is not None and stored.item.kind == ItemKind.PLAYLIST:
            yield from videos_of(stored, fetch, Signs(page=True))
        else:
            yield from PageScene(scene.url, fetch).of_answer(answer)

    def recheck(self, known: KnownPost, fetch: Fetch) -> Iterator[Finding]:
        """Ask for the page of an entry that is no longer in its feed."""
        return ask_again(known, fetch)


def _no_feed(stored: StoredItem, fetch: Fetch) -> Iterator[Finding]:
    """Say where a feed was to be expected and something else came: a login or consent wall, as a rule."""
    item = stored.item
    if stored.content_type.strip().lower().startswith(_FEED_TYPES):
        reason = f"the server says that this is a feed, and what it sent is none ({item.kind})"
        yield Unavailable(url=item.url, reason=reason, found_in=item.found_in)
    elif fetch.options.follow:
        yield NotFollowed(url=item.url, reason=f"no feed ({item.kind}): there are no entries to follow (--follow)")
