"""An account: its posts as its own server lists them, newest first, then the proof of each.

https://docs.bsky.app/docs/api/com-atproto-repo-list-records
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.extractors.bluesky.at_uri import POST
from capture.extractors.bluesky.claimed_time import is_in_span
from capture.extractors.bluesky.pages import RecordPage, pages
from capture.extractors.bluesky.post import record_facts
from capture.extractors.bluesky.records import media_of, post_of
from capture.extractors.bluesky.xrpc import query
from capture.extractors.json_value import line, mapping
from capture.recorder.decoding import NotDecoded, read_decoded
from capture.request.extractor import FetchRequest, NotFollowed, PostExcerpt
from capture.request.known import same_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capture.extractors.bluesky.accounts import KnownAccount
    from capture.extractors.bluesky.at_uri import AtUri
    from capture.extractors.bluesky.pages import ListedRecord
    from capture.extractors.bluesky.records import Records
    from capture.request.extractor import Fetch, Finding, StoredItem
    from hashing.case.facts import Fact
    from hashing.case.post import Post

_PAGE = 100


class AccountPosts:
    """The posts of one account, which was looked up."""

    def __init__(self, account: KnownAccount, records: Records, fetch: Fetch) -> None:
        self._account = account
        self._records = records
        self._fetch = fetch
        self._name = f"posts of {account.author.handle or account.did}"
        self._taken = 0
        self._to_prove: list[tuple[StoredItem, list[tuple[AtUri, int, int]]]] = []
        """Pages with the posts in them: where each begins in the page's bytes, and how many they are."""

    def find(self) -> Iterator[Finding]:
        """Yield all texts, with the photos in their wake, and then every proof."""
        limit = self._fetch.options.limit
        for page in pages(self._fetch, self._listing, "records", ""):
            if not isinstance(page, RecordPage):
                yield page
                continue
            yield from self._posts(page)
            if page.unreadable:
                yield NotFollowed(url=page.url, reason="posts that cannot be read", count=page.unreadable)
            if self._taken == limit > 0:
                yield NotFollowed(
                    url=page.url, reason=f"not followed further: there are as many posts as asked for (--limit {limit})"
                )
                break
        yield from self._records.proofs(self._listed())

    def _posts(self, page: RecordPage) -> Iterator[Finding]:
        kept: list[tuple[AtUri, int, int]] = []
        others = outside = 0
        for element in page.elements:
            uri, said = element.uri, mapping(element.value)
            record = said.get("value")
            if uri.did != self._account.did or uri.collection != POST:
                others += 1
                continue
            post = post_of(record, uri, self._account)
            if not is_in_span(post.published, self._fetch.options):
                outside += 1
                continue
            yield self._excerpt(element, page.stored, post, record_facts(record, line(said.get("cid"), 100)))
            known = self._fetch.options.known.posts.get(post.id)
            if known is None or not same_words(known.post, post):
                kept.append((uri, element.offset, len(element.data)))
                yield from media_of(record, uri, self._account)
            self._taken += 1
            if self._taken == self._fetch.options.limit:
                break
        self._to_prove.append((page.stored, kept))
        if others:
            yield NotFollowed(url=page.url, reason="records that are not posts of this account", count=others)
        if outside:
            yield NotFollowed(url=page.url, reason="posts outside the span of --since and --until", count=outside)

    def _excerpt(self, element: ListedRecord, of: StoredItem, post: Post, facts: tuple[Fact, ...]) -> PostExcerpt:
        uri, offset, data = element.uri, element.offset, element.data
        url = query(self._account.pds, "com.atproto.repo.getRecord", repo=uri.did, collection=POST, rkey=uri.rkey)
        return PostExcerpt(of=of, offset=offset, data=data, url=url, found_in=self._name, post=post, facts=facts)

    def _listing(self, cursor: str) -> FetchRequest:
        more = {"cursor": cursor} if cursor else {}
        where = {"repo": self._account.did, "collection": POST}
        url = query(self._account.pds, "com.atproto.repo.listRecords", **where, limit=_PAGE, **more)
        return FetchRequest(url=url, kind="listing", found_in=self._name if cursor else "scene", optional=True)

    def _listed(self) -> Iterator[tuple[AtUri, str, bytes]]:
        """Read the pages again, one at a time: held in memory they would grow with the account."""
        for stored, kept in self._to_prove:
            try:
                body = read_decoded(stored.body, stored.item.content_encoding) if kept else b""
            except NotDecoded:
                continue  # it could be decoded when it came
            for uri, offset, size in kept:
                yield uri, stored.item.ref, body[offset : offset + size]
