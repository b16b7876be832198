"""Posts in a list that an AppView made: excerpts of the list at once, then each from its author's own server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from capture.extractors.bluesky.records import Wanted
from capture.request.extractor import NotFollowed, PostExcerpt
from capture.request.known import same_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capture.extractors.bluesky.view import View
    from capture.request.extractor import Fetch, Finding, StoredItem


QUOTED = "posts that quote another: what they quote was not sought (capture such a post by its own address)"


class Shows:
    """Takes posts out of an AppView's lists, and keeps in mind which of them are to be fetched."""

    def __init__(self, appview: str, fetch: Fetch) -> None:
        self._appview = appview
        self._fetch = fetch
        self.quoting = 0
        """How many of the posts quote another."""
        self.wanted: dict[str, Wanted] = {}
        """By URI; without those that say what they said in an earlier round of a watch."""

    def not_followed(self, url: str) -> Iterator[Finding]:
        """Say that what the posts quote was not sought."""
        if self.quoting:
            yield NotFollowed(url=url, reason=QUOTED, count=self.quoting)

    def take(self) -> list[Wanted]:
        """Return those that are to be fetched, and forget them."""
        taken = list(self.wanted.values())
        self.wanted.clear()
        return taken

    def excerpt(self, view: View, of: StoredItem, offset: int, data: bytes, found_in: str) -> Iterator[Finding]:
        """Yield one post of a list as it was shown."""
        known = self._fetch.options.known.posts.get(str(view.uri))
        post = view.post(self._appview, known)
        self.quoting += bool(post.quotes)
        url, facts = view.url(self._appview), view.facts
        yield PostExcerpt(of=of, offset=offset, data=data, url=url, found_in=found_in, post=post, facts=facts)
        if known is None or not same_words(known.post, post):
            self.wanted[str(view.uri)] = Wanted(uri=view.uri, found_in=found_in, shown=replace(view.shown, post=post))
