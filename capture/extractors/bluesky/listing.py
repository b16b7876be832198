"""Posts in a list that an AppView made: excerpts of the list at once, then each from its author's own server."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from capture.extractors.bluesky.pages import ListedRecord
from capture.extractors.bluesky.records import Wanted
from capture.extractors.bluesky.xrpc import host_of, query
from capture.request.extractor import Fetch, Finding, NotFollowed, PostExcerpt, StoredItem
from capture.request.known import KnownPost, same_words
from hashing.case.post import Post

QUOTED = "posts that quote another: what they quote was not sought (capture such a post by its own address)"


class Shows:
    """Takes posts out of an AppView's lists, and keeps in mind which of them are to be fetched."""

    def __init__(self, appview: str, fetch: Fetch) -> None:
        self._appview = appview
        self._fetch = fetch
        self.quoting = 0  # How many of the posts quote another.
        # By URI; without those that say what they said in an earlier round of a watch.
        self.wanted: dict[str, Wanted] = {}

    def not_followed(self, url: str) -> Iterator[Finding]:
        """Say that what the posts quote was not sought."""
        if self.quoting:
            yield NotFollowed(url=url, reason=QUOTED, count=self.quoting)

    def pop_wanted(self) -> list[Wanted]:
        """Return those that are to be fetched, and forget them."""
        taken = list(self.wanted.values())
        self.wanted.clear()
        return taken

    def excerpt(self, listed: ListedRecord, of: StoredItem, found_in: str) -> Iterator[Finding]:
        """Yield one post of a list as it was shown."""
        uri, element, shown = listed.uri, listed.element, listed.element.shown
        known = self._fetch.options.known.posts.get(str(uri))
        post = self._post(listed, known)
        self.quoting += bool(post.quotes)
        yield PostExcerpt(
            of=of,
            offset=element.offset,
            data=element.data,
            url=query(self._appview, "app.bsky.feed.getPosts", uris=str(uri)),
            found_in=found_in,
            post=post,
            facts=element.said.facts,
        )
        # A watch asks for a proof again only where the words have changed since.
        if known is None or not same_words(known.post, post):
            shown = replace(shown, post=post) if shown is not None else None
            self.wanted[str(uri)] = Wanted(uri=uri, found_in=found_in, shown=shown)

    def _post(self, listed: ListedRecord, known: KnownPost | None) -> Post:
        """Return what a post says; photos by the addresses that an earlier round knows them by, if there was one."""
        said, shown = listed.element.said.post, listed.element.shown
        # A record names pictures by CID; the AppView's addresses of them change, so those that are known stay.
        urls = {media.cid: media.url for media in known.post.media} if known is not None else {}
        pictures = shown.pictures if shown is not None else ()

        def _url_of(cid: str) -> str:
            return urls.get(cid) or next((url for url in pictures if cid in url), "")

        return replace(
            said,
            id=str(listed.uri),
            permalink=listed.uri.permalink,
            server=host_of(self._appview),
            author=shown.author if shown is not None else said.author,
            counts=shown.counts if shown is not None else {},
            media=tuple(replace(media, url=_url_of(media.cid)) for media in said.media),
        )
