"""One server's copy of a post: found by its address, and read with its edits, its media and the post that it quotes."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from capture.extractors.fediverse.address import FediverseAddress
from capture.extractors.fediverse.attachment import found_media
from capture.extractors.fediverse.errors import UnreadableAnswer
from capture.extractors.fediverse.listed import ListedStatus
from capture.extractors.fediverse.post_list import PostList
from capture.extractors.fediverse.server import NOT_THERE, Server, is_as_before
from capture.extractors.fediverse.status import Status
from capture.extractors.fediverse.stored_answer import list_of, not_read, post_of, read_history, refusal
from capture.extractors.served_json import NotJson, NotReadable
from capture.request.extractor import Fetch, FetchRequest, Finding, ItemReading, NotFollowed, StoredItem, Unavailable
from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.case.post import Edit, PostMedia


class LocatedCopy(NamedTuple):
    """A post that is stored by itself."""

    stored: StoredItem
    listed: ListedStatus


class Copy:
    """Looks for a post on one server, and reads it. `uri` is its lasting name, where that is known."""

    def __init__(
        self, address: FediverseAddress, server: Server, fetch: Fetch, posts: PostList, *, found_in: str, uri: str = ""
    ) -> None:
        self._address = address
        self._server = server
        self._fetch = fetch
        self._posts = posts
        self._found_in = found_in
        self._uri = uri
        self.refusals: list[str] = []  # In sentences, why it was not given.
        self.as_before = ""  # Its number, where it has the same bytes as in an earlier round of a watch.

    def by_number(self) -> Generator[Finding, None, LocatedCopy | None]:
        """Ask for the post by the number in its address, if that turns out to be the server's own; return it."""
        return (yield from self._ask(self._address.number, sure=False)) if self._address.number else None

    def by_search(self) -> Generator[Finding, None, LocatedCopy | None]:
        """Have the server look for the post by its address, which many do for those alone who log in; return it."""
        url = self._server.api("v2", "search", q=self._address.url, resolve="true", type="statuses")
        found_in = f"search for {self._address.url}"
        answer = self._fetch.get(FetchRequest(url=url, kind=ItemKind.LISTING, found_in=found_in, optional=True))
        if answer.stored is None:
            self.refusals += (
                [] if is_as_before(answer) else [refusal(self._fetch.readers, self._server, answer, "search")]
            )
            return None
        try:
            page = list_of(self._fetch.readers, answer.stored, self._server, {}, "statuses")
        except NotJson as error:
            yield not_read(url, answer, error)
            return None
        # A search may find other posts. One that alone was found is meant, too, unless it merely links to the address.
        meant = [listed for listed in page.posts if self._is_meant(listed, listed.status)]
        if not meant and len(page.posts) == 1 and self._address.url not in page.posts[0].status.post.links:
            meant = page.posts  # the address of its page on this server, which the API does not name
        return (yield from self._ask(meant[0].listed_as, sure=True)) if meant and meant[0].listed_as else None

    def read(self, located: LocatedCopy) -> Iterator[Finding]:
        """Yield what the post says, what it said before, the post that it quotes, and its media."""
        stored, listed = located
        post, url = listed.status.post, stored.item.url
        # 1. A post for few people that a server shows us by mistake is kept as served, and nothing more is taken of it.
        if not (listed.public or self._server.has_token):
            yield ItemReading(
                ref=stored.item.ref, facts=(Fact("visibility", post.visibility or "not public", "visibility"),)
            )
            reason = (
                f"not public ({post.visibility}), and shown to us without login: stored as served, its media not taken"
            )
            yield Unavailable(url=url, reason=f"{reason}; give an access token with --token", found_in=self._found_in)
            return
        # 2. Earlier wordings before the reading is yielded, since they are a part of it.
        earlier: tuple[PostMedia, ...] = ()
        if post.edited and listed.status.number:
            edits, earlier = yield from self._edits(listed.status)
            post = replace(post, edits=edits)
        yield ItemReading(ref=stored.item.ref, facts=(*listed.status.facts, *_boost(listed)), post=post)
        self._posts.note(listed.status)
        # 3. The post's own media first: those of earlier wordings are as a rule the same.
        yield from found_media(post.media, f"post {post.permalink or post.id}", listed.status.missing)
        yield from found_media(earlier, f"an earlier wording of post {post.permalink or post.id}")
        yield from self._posts.quoted(stored, listed)

    def _ask(self, number: str, *, sure: bool) -> Generator[Finding, None, LocatedCopy | None]:
        url = self._server.api("v1", "statuses", number)
        answer = self._fetch.get(FetchRequest(url=url, kind=ItemKind.POST, found_in=self._found_in, optional=True))
        if answer.stored is None:
            if is_as_before(answer):
                self.as_before = number
            else:
                self.refusals.append(refusal(self._fetch.readers, self._server, answer, "post"))
            return None
        try:
            listed = post_of(self._fetch.readers, answer.stored, self._server, self._posts.names)
        except (NotJson, UnreadableAnswer) as error:
            finding = not_read(url, answer, error)
            self.refusals.append(f"post: {finding.reason}")
            yield finding
            return None
        # It stays stored, for it was served, but it is not handed on as the post that was asked for.
        if not sure and not self._is_meant(listed, listed.status):
            yield NotFollowed(url=url, reason="stored, but another post than the address names")
            return None
        return LocatedCopy(answer.stored, listed)

    def _is_meant(self, listed: ListedStatus, status: Status) -> bool:
        """Whether a post is the one that the address names: the same number can mean another one elsewhere."""
        post, address = status.post, self._address
        # 1. By the id where the caller knows it: it is the same on every server, and nothing else need agree.
        if self._uri:
            return post.id == self._uri
        # 2. By the path of the address, which is the post's id or page on its home server.
        path = _path(address.url)
        names = [_path(post.id), _path(post.permalink)]
        if path in names:
            return True
        # 3. By the number at the end of the id, where the address was made for other servers: the server asked may give
        # the same number to another post.
        if address.elsewhere:
            return bool(address.number) and names[0].rpartition("/")[2] == address.number
        # 4. With nobody named, or a boost (whose author is another than the one in the address), the number alone must
        # do.
        if not address.user or listed.boosted_by:
            return bool(address.number)
        # 5. By the user: numbers are given anew on every server, and the same one is another person's post there.
        return address.user.partition("@")[0].casefold() == status.user.partition("@")[0].casefold()

    def _edits(self, status: Status) -> Generator[Finding, None, tuple[tuple[Edit, ...], tuple[PostMedia, ...]]]:
        """Fetch what a post said before, and its source as its author typed it, where the server gives that."""
        url = self._server.api("v1", "statuses", status.number, "history")
        found_in = f"post {status.post.permalink or status.post.id}"
        # Waited for, as the reading needs it; the source as typed is not, and goes into the queue.
        answer = self._fetch.get(FetchRequest(url=url, kind=ItemKind.HISTORY, found_in=found_in, optional=True))
        yield FetchRequest(
            url=self._server.api("v1", "statuses", status.number, "source"),
            kind=ItemKind.DATA,
            found_in=found_in,
            optional=True,
        )
        if answer.stored is None:
            reason = f"edited, but {refusal(self._fetch.readers, self._server, answer, 'edit history')}"
            if answer.status in NOT_THERE:
                yield NotFollowed(url=url, reason=reason)
            elif not is_as_before(answer):
                yield Unavailable(url=url, reason=reason, found_in=found_in)
            return (), ()
        try:
            history = read_history(self._fetch.readers, answer.stored, status.post)
        except NotReadable as error:
            yield not_read(url, answer, error)
            return (), ()
        if not history.versions:
            reason = "edited, but the server gives no wording of it: the history is empty"
            yield Unavailable(url=url, reason=reason, found_in=found_in)
        if history.problem:
            yield Unavailable(url=url, reason=f"stored, but not read to its end: {answer.reason or history.problem}")
        return history.edits, history.media


def _boost(listed: ListedStatus) -> tuple[Fact, ...]:
    if not listed.boosted_by:
        return ()
    facts = (Fact("boosted by", listed.boosted_by, "account"), Fact("boosted at", listed.time, "created_at"))
    return tuple(fact for fact in facts if fact.value)


def _path(url: str) -> str:
    """Return the path of an address in the one form in which paths are compared."""
    try:
        return unquote(urlsplit(url).path, errors="replace").rstrip("/")
    except ValueError:
        return ""
