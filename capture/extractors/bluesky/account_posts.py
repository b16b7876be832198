"""An account: its posts as its own server lists them, newest first, then the proof of each.

https://docs.bsky.app/docs/api/com-atproto-repo-list-records
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from capture.extractors.bluesky.at_uri import POST, AtUri, read_at_uri
from capture.extractors.bluesky.listing import QUOTED
from capture.extractors.bluesky.pages import ListedRecord, PageReading, RecordPage, pages
from capture.extractors.bluesky.proof import InList
from capture.extractors.bluesky.records import Listed, Records, Wanted, media_of, post_of
from capture.extractors.bluesky.stored_answer import AnswerUnreadable, records_in
from capture.extractors.bluesky.xrpc import query, refusal
from capture.extractors.wanted_posts import is_in_span
from capture.recorder.reading import plain_body
from capture.request.extractor import Fetch, FetchRequest, Finding, NotFollowed, PostExcerpt, StoredItem, Unavailable
from capture.request.known import same_words
from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.case.post import Post
from hashing.sandbox import NotRead

if TYPE_CHECKING:
    from capture.extractors.bluesky.accounts import Accounts, KnownAccount

_SOME = 1000  # Posts whose texts are taken before their proofs are asked for: an account may have no end.
_MOST_APART = 20_000  # Posts that are asked for one by one, where the server gives no list.


class AccountPosts:
    """The posts of one account, which was looked up."""

    def __init__(self, account: KnownAccount, accounts: Accounts, records: Records, fetch: Fetch) -> None:
        self._account = account
        self._accounts = accounts
        self._records = records
        self._fetch = fetch
        self._name = f"posts of {account.author.handle or account.did}"
        self._taken = 0
        # Pages with the posts in them: where each begins in the page's bytes, and how many they are.
        self._to_prove: list[tuple[StoredItem, list[tuple[AtUri, int, int]]]] = []
        self._waiting = 0  # How many posts stand in these pages.

    def find(self) -> Iterator[Finding]:
        """Yield the texts, with the photos in their wake, then their proofs, some pages at a time.

        Where the server gives no list to its end, not even an element at a time, the rest is asked for one by one.
        """
        limit, reading = self._fetch.options.limit, PageReading()
        # 1. Texts page by page. Proofs are a request for each post: they wait until some are together, so that the list
        # is in our hands before its author can shorten it.
        for page in pages(self._fetch, self._listing, "records", "", reading, views=False):
            if not isinstance(page, RecordPage):
                yield page
                continue
            yield from self._posts(page)
            if page.unreadable:
                yield NotFollowed(url=page.url, reason="posts that cannot be read", count=page.unreadable)
            if self._waiting >= _SOME:
                yield from self._prove()
            if self._taken == limit > 0:
                yield NotFollowed(
                    url=page.url, reason=f"not followed further: there are as many posts as asked for (--limit {limit})"
                )
                break
        yield from self._prove()
        # 2. Where the list broke off: if the account is not active any more that is the reason, else the posts are
        # found in the whole repository, which one record that cannot be listed does not hold up.
        if reading.broke_off and not (self._taken == limit > 0):
            if reason := self._accounts.inactive(self._account.did, ()):
                yield Unavailable(url=f"at://{self._account.did}", reason=reason, found_in="scene")
                return
            yield from self._apart(reading)

    def _prove(self) -> Iterator[Finding]:
        unread: list[Unavailable] = []
        yield from self._records.proofs(self._listed(unread))
        yield from unread
        self._to_prove.clear()
        self._waiting = 0

    def _apart(self, reading: PageReading) -> Iterator[Finding]:
        """Yield the posts that stand in the repository and in no list, each by its own address and with its proof."""
        did, limit = self._account.did, self._fetch.options.limit
        found_in = f"posts of {did} that no list gave"
        url = query(self._account.pds, "com.atproto.sync.getRepo", did=did)
        # 1. The whole repository, in one file that is signed; it names every record.
        answer = self._fetch.get(FetchRequest(url=url, kind=ItemKind.DATA, found_in=found_in, optional=True))
        stored = answer.stored
        if stored is None or answer.reason or stored.item.content_encoding:
            reason = f"the whole repository is not to be had either: {refusal(answer, self._fetch)}"
            yield Unavailable(url=url, reason=reason, found_in=found_in)
            return
        # 2. Of its posts those that no list gave, each then asked for by itself for its own proof.
        most = min(limit - self._taken, _MOST_APART) if limit else _MOST_APART
        wanted, problem = list[Wanted](), ""
        try:
            for each in records_in(stored, self._fetch, POST):
                problem = problem or each.problem
                uri = read_at_uri(f"at://{did}/{each.name}")
                if uri is None or uri.collection != POST or str(uri) in reading.seen:
                    continue
                if not is_in_span(each.published, self._fetch.options):
                    continue
                if len(wanted) == most:
                    reason = f"not followed further: {most:,} posts were asked for one by one"
                    yield NotFollowed(url=url, reason=reason)
                    break
                wanted.append(Wanted(uri=uri, found_in=found_in))
        except AnswerUnreadable as error:
            problem = str(error)
        if problem:
            reason = f"the whole repository is stored, but was not read to its end: {problem}"
            yield Unavailable(url=url, reason=reason, found_in=found_in)
        yield from self._records.capture(wanted)

    def _posts(self, page: RecordPage) -> Iterator[Finding]:
        kept: list[tuple[AtUri, int, int]] = []
        # What is passed over is counted, and told once a page: a post a line would drown the rest.
        others = outside = quoted = 0
        for element in page.elements:
            uri, said = element.uri, element.element.said
            if uri.did != self._account.did or uri.collection != POST:
                others += 1
                continue
            post = post_of(said, uri, self._account)
            if not is_in_span(post.published, self._fetch.options):
                outside += 1
                continue
            yield self._excerpt(element, page.stored, post, said.facts)
            known = self._fetch.options.known.posts.get(post.id)
            if known is None or not same_words(known.post, post):
                kept.append((uri, element.element.offset, len(element.element.data)))
                yield from media_of(post)
            quoted += bool(post.quotes)
            self._taken += 1
            if self._taken == self._fetch.options.limit:
                break
        self._to_prove.append((page.stored, kept))
        self._waiting += len(kept)
        if quoted:
            yield NotFollowed(url=page.url, reason=QUOTED, count=quoted)
        if others:
            yield NotFollowed(url=page.url, reason="records that are not posts of this account", count=others)
        if outside:
            yield NotFollowed(url=page.url, reason="posts outside the span of --since and --until", count=outside)

    def _excerpt(self, element: ListedRecord, of: StoredItem, post: Post, facts: tuple[Fact, ...]) -> PostExcerpt:
        uri, offset, data = element.uri, element.element.offset, element.element.data
        url = query(self._account.pds, "com.atproto.repo.getRecord", repo=uri.did, collection=POST, rkey=uri.rkey)
        return PostExcerpt(of=of, offset=offset, data=data, url=url, found_in=self._name, post=post, facts=facts)

    def _listing(self, cursor: str, size: int) -> FetchRequest:
        more = {"cursor": cursor} if cursor else {}
        where = {"repo": self._account.did, "collection": POST}
        url = query(self._account.pds, "com.atproto.repo.listRecords", **where, limit=size, **more)
        return FetchRequest(url=url, kind=ItemKind.LISTING, found_in=self._name if cursor else "scene", optional=True)

    def _listed(self, unread: list[Unavailable]) -> Iterator[Listed]:
        """Read the pages again, one at a time: held in memory they would grow with the account."""
        for stored, kept in self._to_prove:
            try:
                body = plain_body(self._fetch.readers, stored.body, stored.item.content_encoding) if kept else b""
            except NotRead as error:
                reason = f"the proofs of its {len(kept)} posts were not asked for: the list could not be read again"
                unread.append(Unavailable(url=stored.item.url, reason=f"{reason}: {error}", found_in=self._name))
                continue
            for uri, offset, size in kept:
                # The same bytes as when the page was first read: the file is what was hashed, and the offsets are of
                # its plain form.
                data = body[offset : offset + size]
                yield Listed(uri=uri, served=InList(ref=stored.item.ref, data=data, offset=offset))
