"""A list of posts, page by page, for as long as it brings something new.

https://docs.joinmastodon.org/api/guidelines/#pagination: where a list goes on, the Link field says. Servers that never
send one are asked for what is older than the last post they gave.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from capture.extractors.fediverse.listed import StatusPage
from capture.extractors.fediverse.post_list import PostList
from capture.extractors.fediverse.server import Server, is_as_before
from capture.extractors.fediverse.stored_answer import list_of, refusal
from capture.extractors.json_value import web_url
from capture.extractors.served_json import NotJson
from capture.extractors.wanted_posts import Allowance
from capture.recorder.urls import host_and_port
from capture.request.extractor import Answer, Fetch, FetchRequest, Finding, NotFollowed, StoredItem, Unavailable
from hashing.case.kinds import ItemKind
from hashing.case.post import Post
from hashing.times import moment_of

PAGE_SIZE = 40  # The most that Mastodon gives at once.
MOST_PAGES = 2500  # A hundred thousand posts.
# Pages in a row without anything new: servers that leave posts out of a page after counting it send some.
_PATIENCE = 3
_MAY_GO_ON = "the list may go on: the server names no further page"
_NO_SUCH_PAGE = frozenset({400, 404, 422})  # What servers answer that know of no pages.
_EMPTY_LIST = hashlib.sha256(b"[]").hexdigest()
_OLD_PAGES = 2
"""Pages in a row with nothing but older posts, after which a list is taken to be past `--since`.

One would do where a list is in order of time; the documentation does not promise that.
"""

# Linear on any input: a quoted text that does not end goes on to the end, and nothing is gone back over.
_PART = re.compile(r'<[^<>]*+>|"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[;,=]|[^\s;,="<>]+')
# Characters of a Link field that are read.
_LONGEST = 65_536


class Timeline:
    """One list: where it begins, and what it is called for people."""

    def __init__(
        self,
        url: str,
        name: str,
        server: Server,
        fetch: Fetch,
        posts: PostList,
        *,
        first_page_only: bool = False,
        grows_above: bool = False,
    ) -> None:
        """With `grows_above` nothing comes in below what stands there, as in the posts of a server's own account."""
        self._url = url
        self._name = name
        self._server = server
        self._fetch = fetch
        self._posts = posts
        self._first_page_only = first_page_only
        self._grows_above = grows_above
        self._seen: set[str] = set()
        self._numbers: set[str] = set()
        self._idle = self._old = 0
        self.is_empty = False  # Whether the server answered, and its first page held no post.

    def find(self, allowance: Allowance, unwanted: Callable[[Post], str] = lambda _: "") -> Iterator[Finding]:
        """Yield the posts of the list, as soon as their page is there, until its end or the limit."""
        url, asked, by_ids, was_full = self._url, set[str](), False, False
        while url:
            asked.add(url)
            # 1. Fetch and read a page. An earlier round may have it: then there is nothing new on it, and only where it
            # leads counts.
            answer = self._fetch.get(FetchRequest(url=url, kind=ItemKind.LISTING, found_in=self._name, optional=True))
            page = None
            if answer.stored is not None:
                page = self._page(answer.stored)
                if page is None:
                    reason = answer.reason or "it is not JSON"
                    yield Unavailable(url=url, reason=f"{self._name}: stored, but could not be read: {reason}")
                    return
                was_full = page.size >= PAGE_SIZE
                self.is_empty = url == self._url and not page.size
                yield from self._posts.posts_of(answer.stored, page, self._name, allowance, unwanted)
            elif not is_as_before(answer):
                if by_ids and answer.status in _NO_SUCH_PAGE:
                    yield from [NotFollowed(url=url, reason=_MAY_GO_ON)] if was_full else []
                    return
                yield Unavailable(
                    url=url, reason=refusal(self._fetch.readers, self._server, answer, self._name), found_in=self._name
                )
                return
            # 2. Where the list goes on: by the Link field, else, on servers that never send one, below the oldest id.
            # Only if the first page had none: a Link that is missing later is the end.
            following = next_page(answer.headers.get("link", ""), answer.url)
            by_ids = not following and page is not None and (by_ids or url == self._url)
            if by_ids and page is not None and "link" not in answer.headers:
                following = self._older(page)
            # 3. End it, and say why, unless it ends by itself: a hostile list goes on for ever.
            if end := self._end(answer, page, following, asked, allowance):
                yield end
                return
            if self._was_empty(following):
                return
            url = following

    def _was_empty(self, url: str) -> bool:
        """Say whether a page was empty in an earlier round, and will be: it is of what is older than a certain post."""
        known = self._fetch.options.known.items.get(url)
        return self._grows_above and known is not None and known.sha256 == _EMPTY_LIST

    def _older(self, page: StatusPage) -> str:
        """Return where a list goes on of a server that never says so: what is older than its last post.

        A page that brings nothing new is the last one: the server does not heed `max_id`, or has no more.
        """
        numbers = [listed.listed_as for listed in page.posts if listed.listed_as]
        new = set(numbers) - self._numbers
        self._numbers |= new
        if not new or self._first_page_only:
            return ""
        oldest = min(numbers, key=int) if all(map(str.isdecimal, numbers)) else numbers[-1]
        separator = "&" if "?" in self._url else "?"
        return f"{self._url}{separator}max_id={quote(oldest, safe='')}"

    def _page(self, stored: StoredItem) -> StatusPage | None:
        try:
            page = list_of(self._fetch.readers, stored, self._server, self._posts.names)
        except NotJson:
            return None
        return None if page.problem and not page.size else page

    def _end(
        self, answer: Answer, page: StatusPage | None, following: str, asked: set[str], allowance: Allowance
    ) -> Finding | None:
        """Return what is to be said where the list is left before its own end, or None where it goes on."""
        # 1. No further page is offered. A full page may still not be the last: some servers offer none at all.
        if not following:
            if page is not None and page.size >= PAGE_SIZE:
                return NotFollowed(url=answer.url, reason=_MAY_GO_ON)
            return None
        # 2. Reasons of ours next, which are no fault of the server's; the limit before the time, as it is what was
        # asked for.
        if page is None and allowance.limit:
            return NotFollowed(url=following, reason="further pages: this one is as it was in an earlier round")
        if allowance.used_up:
            return NotFollowed(url=following, reason=f"further pages: {allowance.reason}")
        if page is not None and self._is_past(page, self._fetch.options.since):
            return NotFollowed(url=following, reason="further pages: older than --since")
        if self._first_page_only:
            return NotFollowed(url=following, reason=f"{self._name}: the first page alone was asked for")
        # 3. Last what is odd about the next page: it is a complaint, and only of pages that would otherwise be asked
        # for.
        return self._astray(answer, page, following, asked)

    def _astray(self, answer: Answer, page: StatusPage | None, following: str, asked: set[str]) -> Unavailable | None:
        """Return a complaint where a list leads elsewhere, round in a circle, or on for ever."""
        reason = ""
        # Another host first: a server must not send us, with a token in hand, wherever it likes.
        if host_and_port(following) != host_and_port(answer.url):
            reason = f"the next page would be on another host, and was not asked for ({following[:200]})"
        elif following in asked:
            reason = "the pages go round in a circle"
        elif not self._brought_something(page):
            reason = f"{_PATIENCE} pages in a row brought nothing new: not asked further"
        elif len(asked) >= MOST_PAGES:
            reason = f"more than {MOST_PAGES:,} pages: not asked further"
        return Unavailable(url=following, reason=reason, found_in=self._name) if reason else None

    def _brought_something(self, page: StatusPage | None) -> bool:
        new = {listed.listed_as or listed.status.post.id for listed in page.posts} - self._seen if page else set()
        self._seen |= new
        # A page that is as it was in an earlier round is not looked into, and no sign of a list without end.
        self._idle = 0 if new or page is None else self._idle + 1
        return self._idle < _PATIENCE

    def _is_past(self, page: StatusPage, since: datetime | None) -> bool:
        times = [moment_of(listed.time) for listed in page.posts]
        old = since is not None and bool(times) and all(time is not None and time < since for time in times)
        self._old = self._old + 1 if old else 0
        return self._old >= _OLD_PAGES


def next_page(field: str, url: str) -> str:
    """Return the address that the field of an answer from `url` names as the next page; "" where it names none."""
    for target, relations in _links(field[:_LONGEST]):
        if target and "next" in relations:
            try:
                return _as_reached(web_url(urljoin(url, target)), url)
            except ValueError:
                return ""
    return ""


def _as_reached(following: str, url: str) -> str:
    """Return an address with the scheme by which its host was reached.

    A server behind a proxy may not know that it is spoken to by https, and names itself by http.
    """
    there, here = urlsplit(following), urlsplit(url)
    return following if there.netloc != here.netloc else urlunsplit(there._replace(scheme=here.scheme))


def _links(field: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each link's target and its relations, of which the first `rel` alone counts (section 3.3)."""
    # RFC 8288, section 3: `<target>; rel="a b", <target> …`. Tokens and not a split at commas, which targets may hold.
    target, relations, name = "", "", ""
    last = ","
    for match in _PART.finditer(field):
        part = match[0]
        if part[0] == "<" and last == ",":
            target, relations, name = part[1:-1].strip(), "", ""
        elif part == ",":
            yield target, relations.lower().split()
            target = relations = name = ""
        elif last == ";":
            name = part.lower()
        elif last == "=" and name == "rel" and not relations:
            relations = re.sub(r"\\(.)", r"\1", part[1:-1]) if part[0] == '"' else part
        last = part if part in ";,=" else ""
    yield target, relations.lower().split()
