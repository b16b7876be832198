"""Records from the account's own server, each with its signed proof.

`com.atproto.repo.getRecord` gives the record as JSON, `com.atproto.sync.getRecord` a CAR file that proves it, or proves
that there is none. https://atproto.com/specs/sync

What a post is said to say is read from the bytes that the account signed, wherever there are such; from a server's JSON
only where nothing proves it, or beside what is proven, where the two differ.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

from capture.extractors.bluesky.at_uri import AtUri
from capture.extractors.bluesky.proof import InList, Judged, absence, fault, judge
from capture.extractors.bluesky.said import MOST_BLOBS, Said, Shown
from capture.extractors.bluesky.stored_answer import AnswerUnreadable, record_of
from capture.extractors.bluesky.xrpc import blob_url, query, refusal, stored_of, xrpc_error
from capture.request.extractor import (
    Answer,
    Fetch,
    FetchRequest,
    Finding,
    ItemReading,
    NotFollowed,
    StoredItem,
    Unavailable,
)
from hashing.case.kinds import ItemKind
from hashing.case.post import Post

if TYPE_CHECKING:
    from capture.extractors.bluesky.accounts import Accounts, KnownAccount


_SIDE_BY_SIDE = 100  # Records whose accounts are looked up together.
_NO_RECORD = "RecordNotFound"  # The error of `getRecord` for a record that is not there (https://docs.bsky.app).
# What a record says, and an AppView repeats.
_PARTS: Mapping[str, Callable[[Post], object]] = {
    "text": lambda post: post.text,
    "time": lambda post: post.published,
    "warning": lambda post: post.warning,
    "language": lambda post: post.language,
    "hashtags": lambda post: post.tags,
    "mentions": lambda post: post.mentions,
    "links": lambda post: post.links,
    "the post that it answers": lambda post: post.reply_to,
    "the post that it quotes": lambda post: post.quotes,
    "photos and videos": lambda post: [(media.cid, media.kind, media.alt) for media in post.media],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A record to be fetched."""

    uri: AtUri
    found_in: str
    shown: Shown | None = None  # What an AppView says of it, where one was asked.


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A record that stands in a list of its account's own server."""

    uri: AtUri
    served: InList


@dataclass(slots=True)
class _Revisions:
    """The newest revision of each repository that was proven before: a server may not go back behind it."""

    known: dict[str, str] = field(default_factory=dict)
    # For each proof that is under way, in the order of asking, the newest revision that was proven by then.
    asked: list[str] = field(default_factory=list)

    def ask(self, did: str) -> None:
        """Note that a proof is asked for: one that was proven meanwhile says nothing of it."""
        self.asked.append(self.known.get(did, ""))

    def judge(self, judged: Judged) -> str:
        """Take in the answer to the first that was asked for; return the newer revision that it goes back behind."""
        before, rev = self.asked.pop(0), judged.event.rev
        if not (judged.holds and rev):
            return ""
        did = judged.event.did
        self.known[did] = max(rev, self.known.get(did, ""))
        return before if rev < before else ""


class Records:
    """Fetches records of one search, and proves them."""

    def __init__(self, accounts: Accounts, fetch: Fetch) -> None:
        self.accounts = accounts
        self._fetch = fetch
        self._revisions = _Revisions(dict(fetch.options.known.revisions))
        self._compared: set[str] = set()  # Accounts whose names were held against those that an AppView shows.

    def capture(self, wanted: Iterable[Wanted]) -> Iterator[Finding]:
        """Fetch records and their proofs side by side, with the accounts they belong to; yield what they say."""
        waiting = iter(wanted)
        while some := list(itertools.islice(waiting, _SIDE_BY_SIDE)):
            # 1. The accounts of a hundred records together: many are of the same few.
            yield from self.accounts.look_up(each.uri.did for each in some)
            kept = [each for each in some if self.accounts[each.uri.did].pds]
            for each in some:
                if self.accounts[each.uri.did].ended:
                    yield Unavailable(
                        url=str(each.uri), reason=self.accounts[each.uri.did].ended, found_in=each.found_in
                    )
                    yield from pictures_of(each)
                elif not self.accounts[each.uri.did].pds:
                    yield from _not_to_be_had(each, "nothing names the server that keeps the account")
            # 2. Record and proof side by side. Answers come in the order of the requests, two for each record.
            answers = self._fetch.get_all(itertools.chain.from_iterable(map(self._asked, kept)))
            for each in kept:
                yield from self._record_and_proof(each, next(answers), next(answers))

    def capture_one(self, wanted: Wanted) -> Generator[Finding, None, Post | None]:
        """Fetch one record as `capture` does; return what it says, or None where its account's server gives nothing."""
        post = None
        for finding in self.capture([wanted]):
            post = finding.post if isinstance(finding, ItemReading) and finding.post is not None else post
            yield finding
        return post

    def proofs(self, listed: Iterable[Listed]) -> Iterator[Finding]:
        """Prove records that stand in a list of their account's own server; the account was looked up."""
        listed = iter(listed)
        asked: list[Listed] = []

        def _asked() -> Iterator[FetchRequest]:
            for each in listed:
                asked.append(each)
                yield self._proof(each.uri, f"post {each.uri}")

        # Answers come in the order of the requests; `asked` grows as these are taken, which may be far ahead.
        for request, answer in self._fetch.get_all(_asked()):
            each = asked.pop(0)
            account, car = self.accounts[each.uri.did], stored_of(answer)
            if car is None:
                self._revisions.asked.pop(0)
                reason = f"no signed proof: {refusal(answer, self._fetch)}"
                yield Unavailable(url=request.url, reason=reason, found_in=request.found_in)
                continue
            try:
                judged = judge(each.uri, account, car, each.served, self._fetch)
            except AnswerUnreadable as error:
                self._revisions.asked.pop(0)
                yield _not_checked(error, request)
                continue
            yield ItemReading(ref=car.item.ref, events=(judged.event,))
            yield from fault(judged, request)
            yield from self._went_back(judged, request)
            if judged.event.problem and judged.record is not None:
                wanted = Wanted(uri=each.uri, found_in=request.found_in)
                yield from _say(wanted, account, car.item.ref, judged.record)

    def _asked(self, wanted: Wanted) -> tuple[FetchRequest, FetchRequest]:
        uri, account = wanted.uri, self.accounts[wanted.uri.did]
        url = query(account.pds, "com.atproto.repo.getRecord", repo=uri.did, collection=uri.collection, rkey=uri.rkey)
        record = FetchRequest(url=url, kind=ItemKind.POST, found_in=wanted.found_in, optional=True)
        return record, self._proof(uri, f"post {uri}")

    def _proof(self, uri: AtUri, found_in: str) -> FetchRequest:
        self._revisions.ask(uri.did)
        pds = self.accounts[uri.did].pds
        url = query(pds, "com.atproto.sync.getRecord", did=uri.did, collection=uri.collection, rkey=uri.rkey)
        return FetchRequest(url=url, kind=ItemKind.PROOF, found_in=found_in, optional=True)

    def _record_and_proof(
        self, wanted: Wanted, asked_record: tuple[FetchRequest, Answer], asked_proof: tuple[FetchRequest, Answer]
    ) -> Iterator[Finding]:
        """Yield what a record says and what its proof proves, or why either is not to be had."""
        account = self.accounts[wanted.uri.did]
        (record_found, record_answer), (proof_found, proof_answer) = asked_record, asked_proof
        record = stored_of(record_answer)
        car = stored_of(proof_answer)
        # 1. Without a proof only what the server says is left, and is marked so.
        if car is None:
            self._revisions.asked.pop(0)
            yield from self._without_proof(wanted, record, asked_record, asked_proof)
            return
        # 2. Check the proof, with the record as served where there is one.
        judged, unread = yield from self._judge(wanted, account, car, record)
        if judged is None:
            self._revisions.asked.pop(0)
            yield _not_checked(unread, proof_found)
            return
        # 3. Say what was served, or what was signed where these differ or nothing was served.
        record = record if unread is None else None
        if record is not None and (judged.event.problem or judged.record is None):
            yield from self._served(wanted, record, judged.served)
        elif record is not None and judged.record is not None:
            yield from _say(wanted, account, record.item.ref, judged.record)
        # 4. Record what the proof proves, and whether the repository went back to an older state.
        yield ItemReading(ref=car.item.ref, events=(judged.event,))
        yield from fault(judged, proof_found)
        yield from (went_back := list(self._went_back(judged, proof_found)))
        # 5. It proves that the record is gone; or holds what the server did not give.
        if judged.is_absent and record is None:
            url = proof_found.url if went_back else str(wanted.uri)  # an older state does not show that it is gone
            yield Unavailable(url=url, reason=absence(judged.event), found_in=wanted.found_in)
            yield from pictures_of(wanted)
        elif judged.record is not None and (record is None or judged.event.problem):
            if record is None and unread is None:
                reason = f"{refusal(record_answer, self._fetch)}; what it says was read from its signed proof"
                yield Unavailable(url=record_found.url, reason=reason, found_in=wanted.found_in)
            yield from _say(wanted, account, car.item.ref, judged.record)
        elif record is None and judged.holds:
            reason = f"{refusal(record_answer, self._fetch)}; {car.item.ref} proves a record that could not be read"
            yield Unavailable(url=record_found.url, reason=reason, found_in=wanted.found_in)
        if judged.record is not None:
            yield from self._differs(wanted, account, judged.record, car.item.ref)

    def _served(self, wanted: Wanted, record: StoredItem, said: Said | None = None) -> Iterator[Finding]:
        """Yield what a server's own JSON of a record says, which nothing proves, or why it could not be read."""
        try:
            said = said or record_of(record, self._fetch, str(wanted.uri))
        except AnswerUnreadable as error:
            yield Unavailable(url=record.item.url, reason=str(error), found_in=wanted.found_in)
        else:
            yield from _say(wanted, self.accounts[wanted.uri.did], record.item.ref, said)

    def _without_proof(
        self,
        wanted: Wanted,
        record: StoredItem | None,
        asked_record: tuple[FetchRequest, Answer],
        asked_proof: tuple[FetchRequest, Answer],
    ) -> Iterator[Finding]:
        if record is None:
            yield from self._nothing(wanted, asked_record, asked_proof)
            return
        yield from self._served(wanted, record)
        found, answer = asked_proof
        yield Unavailable(
            url=found.url, reason=f"no signed proof: {refusal(answer, self._fetch)}", found_in=found.found_in
        )

    def _judge(
        self, wanted: Wanted, account: KnownAccount, car: StoredItem, record: StoredItem | None
    ) -> Generator[Finding, None, tuple[Judged | None, AnswerUnreadable | None]]:
        """Return what a proof comes to. Where it or the record cannot be read, that does not cost the other."""
        try:
            return judge(wanted.uri, account, car, record, self._fetch), None
        except AnswerUnreadable as error:
            if record is None:
                return None, error
        # Once more without the record as served: the proof holds the record's bytes too, so the one that cannot be read
        # must not take the other with it.
        yield from self._served(wanted, record)
        try:
            unread = AnswerUnreadable("the record as served was not read")
            return judge(wanted.uri, account, car, None, self._fetch), unread
        except AnswerUnreadable as error:
            return None, error

    def _went_back(self, judged: Judged, found: FetchRequest) -> Iterator[Finding]:
        if newer := self._revisions.judge(judged):
            reason = (
                f"the server shows an older state of the account: revision {judged.event.rev}, where revision {newer} "
                "was proven before"
            )
            yield Unavailable(url=found.url, reason=reason, found_in=found.found_in)

    def _differs(self, wanted: Wanted, account: KnownAccount, record: Said, ref: str) -> Iterator[Finding]:
        """Say where an AppView shows something else than the account signed, or calls it by other names."""
        shown, uri = wanted.shown.post if wanted.shown is not None else None, wanted.uri
        if shown is None:
            return
        # What the AppView says of the post, in each case; what it says of the account once for each account.
        if found := differences(shown, post_of(record, uri, account)):
            reason = (
                f"{shown.server} shows it otherwise than the account signed it ({', '.join(found)}): "
                f"{ref} proves what was signed"
            )
            yield Unavailable(url=uri.permalink or str(uri), reason=reason, found_in=wanted.found_in)
        if uri.did in self._compared:
            return
        self._compared.add(uri.did)
        theirs, own = shown.author, account.author
        if theirs.handle not in (account.handles or ("",)):
            reason = f"{shown.server} shows {theirs.handle or 'no handle, as of one that does not lead to the account'}"
            reason += f", and the account itself claims {own.handle or 'no handle'}"
            yield NotFollowed(url=f"at://{uri.did}", reason=reason)
        if account.profiled and theirs.name != own.name:
            reason = f"{shown.server} shows the name {theirs.name or 'none'}, and the account's own server "
            reason += f"{own.name or 'none'}"
            yield NotFollowed(url=f"at://{uri.did}", reason=reason)

    def _nothing(
        self, wanted: Wanted, record: tuple[FetchRequest, Answer], proof: tuple[FetchRequest, Answer]
    ) -> Iterator[Finding]:
        """Say why an account's server gives neither a record nor its proof, and what is left of it."""
        names = [xrpc_error(answer, self._fetch)[0] for _, answer in (proof, record)]
        # An account that is ended explains a missing record better than the record's absence does, so it is looked at
        # first.
        reason = self.accounts.inactive(wanted.uri.did, names)
        if not reason and _NO_RECORD in names:
            said = refusal(record[1], self._fetch)
            reason = f"there is no such record, says its account's server ({said}), and gives no proof of it"
        if reason:
            yield Unavailable(url=str(wanted.uri), reason=reason, found_in=wanted.found_in)
            yield from pictures_of(wanted)
        else:
            yield from _not_to_be_had(wanted, f"its account's server: {refusal(record[1], self._fetch)}", record[0].url)


def media_of(post: Post) -> Iterator[Finding]:
    """Yield the photos and videos of a post on its account's own server, as they were uploaded."""
    for each in post.media:
        yield FetchRequest(url=each.url, kind=each.kind, found_in=f"post {post.id}", alt=each.alt)
    if len(post.media) == MOST_BLOBS:
        yield NotFollowed(
            url=post.id, reason=f"it names {MOST_BLOBS} photos and videos or more: no further ones were sought"
        )


def post_of(said: Said, uri: AtUri, account: KnownAccount, shown: Shown | None = None) -> Post:
    """Return what a record of an account's own server says."""
    return replace(
        said.post,
        id=str(uri),
        permalink=uri.permalink,
        author=account.author,
        server=account.server,
        counts=shown.counts if shown is not None else {},
        media=tuple(replace(each, url=blob_url(account.pds, uri.did, each.cid)) for each in said.post.media),
    )


def _say(wanted: Wanted, account: KnownAccount, ref: str, said: Said) -> Iterator[Finding]:
    post = post_of(said, wanted.uri, account, wanted.shown)
    yield ItemReading(ref=ref, facts=said.facts, post=post)
    yield from media_of(post)


def _not_checked(error: AnswerUnreadable | None, proof: FetchRequest) -> Unavailable:
    return Unavailable(url=proof.url, reason=f"the signed proof was not checked: {error}", found_in=proof.found_in)


def _not_to_be_had(wanted: Wanted, reason: str, url: str = "") -> Iterator[Finding]:
    kept = "; what the AppView shows of it is kept, without proof" if wanted.shown is not None else ""
    url = url or wanted.uri.permalink or f"at://{wanted.uri.did}"
    yield Unavailable(url=url, reason=f"{reason}{kept}", found_in=wanted.found_in)
    yield from pictures_of(wanted)


def pictures_of(wanted: Wanted) -> Iterator[Finding]:
    """Yield the photos of a post as an AppView made them smaller, where the originals are not to be had."""
    for picture in wanted.shown.pictures if wanted.shown is not None else ():
        yield FetchRequest(url=picture, kind=ItemKind.PHOTO, found_in=f"post {wanted.uri}, as the AppView shows it")


def differences(shown: Post, signed: Post) -> list[str]:
    """Return in words in which parts a post as shown is not the one that its account signed."""
    return [word for word, part in _PARTS.items() if part(shown) != part(signed)]
