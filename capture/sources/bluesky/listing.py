"""Posts in a list that an AppView made: excerpts of the list at once, then each from its author's own server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.known import same_words
from capture.sources.bluesky.records import Wanted
from capture.sources.source import Excerpted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capture.sources.bluesky.view import View
    from capture.sources.source import Fetch, Finding, Stored


class Shows:
    """Takes posts out of an AppView's lists, and keeps in mind which of them are to be fetched."""

    def __init__(self, appview: str, fetch: Fetch) -> None:
        self._appview = appview
        self._fetch = fetch
        self.wanted: dict[str, Wanted] = {}
        """By URI; without those that say what they said in an earlier round of a watch."""

    def excerpt(self, view: View, of: Stored, offset: int, data: bytes, found_in: str) -> Iterator[Finding]:
        """Yield one post of a list as it was shown."""
        known = self._fetch.options.known.posts.get(str(view.uri))
        post = view.post(self._appview, known)
        url, facts = view.url(self._appview), view.facts
        yield Excerpted(of=of, offset=offset, data=data, url=url, found_in=found_in, post=post, facts=facts)
        if known is None or not same_words(known.post, post):
            self.wanted[str(view.uri)] = Wanted(uri=view.uri, found_in=found_in, shown=view.shown)
