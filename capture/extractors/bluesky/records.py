"""Records from the account's own server, each with its signed proof.

`com.atproto.repo.getRecord` gives the record as JSON, `com.atproto.sync.getRecord` a CAR file that proves it, or proves
that there is none. https://atproto.com/specs/sync
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from capture.extractors.bluesky.blobs import MOST_BLOBS, read_blobs
from capture.extractors.bluesky.post import read_post, record_facts
from capture.extractors.bluesky.proof import absence, fault, judge
from capture.extractors.bluesky.xrpc import body_of, object_of, query, refusal, xrpc_error
from capture.extractors.json_value import line
from capture.request.extractor import FetchRequest, ItemReading, NotFollowed, Unavailable
from hashing.atproto import record_as_json

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from capture.extractors.bluesky.accounts import Accounts, KnownAccount
    from capture.extractors.bluesky.at_uri import AtUri
    from capture.extractors.bluesky.blobs import Blob
    from capture.extractors.bluesky.view import Shown
    from capture.extractors.bluesky.xrpc import Body
    from capture.request.extractor import Answer, Fetch, Finding
    from hashing.case.post import Post

_SIDE_BY_SIDE = 100
"""Records whose accounts are looked up together."""
_GONE = {
    "RecordNotFound": "there is no such record",
    "RepoNotFound": "there is no such account",
    "RepoDeactivated": "the account was deactivated",
    "RepoTakendown": "the account was taken down",
}
"""Errors of `getRecord` that say that a record is no longer to be had (https://docs.bsky.app)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A record to be fetched."""

    uri: AtUri
    found_in: str
    shown: Shown | None = None
    """What an AppView says of it, where one was asked."""


class Records:
    """Fetches records of one search, and proves them."""

    def __init__(self, accounts: Accounts, fetch: Fetch) -> None:
        self._accounts = accounts
        self._fetch = fetch

    def capture(self, wanted: Iterable[Wanted]) -> Iterator[Finding]:
        """Fetch records and their proofs side by side, with the accounts they belong to; yield what they say."""
        waiting = iter(wanted)
        while some := list(itertools.islice(waiting, _SIDE_BY_SIDE)):
            yield from self._accounts.look_up(each.uri.did for each in some)
            kept = [each for each in some if self._accounts[each.uri.did].pds]
            for each in some:
                if not self._accounts[each.uri.did].pds:
                    yield from _not_to_be_had(each, "nothing names the server that keeps the account")
            answers = self._fetch.get_all(itertools.chain.from_iterable(map(self._asked, kept)))
            for each in kept:
                yield from self._take(each, next(answers), next(answers))

    def capture_one(self, wanted: Wanted) -> Generator[Finding, None, Post | None]:
        """Fetch one record as `capture` does; return what it says, or None where its account's server gives nothing."""
        post = None
        for finding in self.capture([wanted]):
            post = finding.post if isinstance(finding, ItemReading) and finding.post is not None else post
            yield finding
        return post

    def proofs(self, listed: Iterable[tuple[AtUri, str, bytes]]) -> Iterator[Finding]:
        """Prove records that stand in a list of their account's own server.

        Each is a record's URI, the list's item and the bytes of the element; the account was looked up.
        """
        listed = iter(listed)
        asked: list[tuple[AtUri, str, bytes]] = []

        def _asked() -> Iterator[FetchRequest]:
            for each in listed:
                asked.append(each)
                yield self._proof(each[0], f"post {each[0]}")

        for found, answer in self._fetch.get_all(_asked()):
            uri, ref, data = asked.pop(0)
            car = body_of(answer)
            if car is None:
                yield Unavailable(url=found.url, reason=f"no signed proof: {refusal(answer)}", found_in=found.found_in)
            else:
                judged = judge(uri, self._accounts[uri.did], car, (ref, data))
                yield ItemReading(ref=car.ref, events=(judged.event,))
                yield from fault(judged, found)

    def _asked(self, wanted: Wanted) -> tuple[FetchRequest, FetchRequest]:
        uri, account = wanted.uri, self._accounts[wanted.uri.did]
        url = query(account.pds, "com.atproto.repo.getRecord", repo=uri.did, collection=uri.collection, rkey=uri.rkey)
        record = FetchRequest(url=url, kind="post", found_in=wanted.found_in, optional=True)
        return record, self._proof(uri, f"post {uri}")

    def _proof(self, uri: AtUri, found_in: str) -> FetchRequest:
        pds = self._accounts[uri.did].pds
        url = query(pds, "com.atproto.sync.getRecord", did=uri.did, collection=uri.collection, rkey=uri.rkey)
        return FetchRequest(url=url, kind="proof", found_in=found_in, optional=True)

    def _take(
        self, wanted: Wanted, asked_record: tuple[FetchRequest, Answer], asked_proof: tuple[FetchRequest, Answer]
    ) -> Iterator[Finding]:
        """Yield what a record says and what its proof proves, or why either is not to be had."""
        account = self._accounts[wanted.uri.did]
        (record_found, record_answer), (proof_found, proof_answer) = asked_record, asked_proof
        record = body_of(record_answer)
        car = body_of(proof_answer)
        if record is not None:
            yield from _say(wanted, account, record.ref, *_value_of(record))
        if car is None:
            yield from _unproven(wanted, asked_record, asked_proof, has_record=record is not None)
            return
        served = (record.ref, record.data) if record is not None else None
        judged = judge(wanted.uri, account, car, served)
        yield ItemReading(ref=car.ref, events=(judged.event,))
        yield from fault(judged, proof_found)
        if judged.proof is None:
            return
        if judged.proof.record is None:
            if record is None:
                yield Unavailable(url=str(wanted.uri), reason=absence(judged.event), found_in=wanted.found_in)
                yield from pictures_of(wanted)
        elif record is None or judged.event.problem:
            if record is None:
                reason = f"{refusal(record_answer)}; what it says was read from its signed proof"
                yield Unavailable(url=record_found.url, reason=reason, found_in=wanted.found_in)
            yield from _say(wanted, account, car.ref, record_as_json(judged.proof.record), judged.event.record_cid)


def media_of(record: object, uri: AtUri, account: KnownAccount) -> Iterator[Finding]:
    """Yield the photos and videos of a record, as they were uploaded."""
    blobs = read_blobs(record)
    for blob in blobs:
        url = blob.url(account.pds, uri.did)
        yield FetchRequest(url=url, kind=blob.kind, found_in=f"post {uri}", alt=blob.alt)
    if len(blobs) == MOST_BLOBS:
        yield NotFollowed(
            url=str(uri), reason=f"it names {MOST_BLOBS} photos and videos or more: no further ones were sought"
        )


def post_of(record: object, uri: AtUri, account: KnownAccount, shown: Shown | None = None) -> Post:
    """Return what a record of an account's own server says."""

    def _url_of(blob: Blob) -> str:
        return blob.url(account.pds, uri.did)

    return read_post(
        record,
        uri,
        author=shown.author if shown is not None else account.author,
        server=account.server,
        url_of=_url_of,
        counts=shown.counts if shown is not None else None,
    )


def _say(wanted: Wanted, account: KnownAccount, ref: str, record: object, cid: str) -> Iterator[Finding]:
    post = post_of(record, wanted.uri, account, wanted.shown)
    yield ItemReading(ref=ref, facts=record_facts(record, cid), post=post)
    yield from media_of(record, wanted.uri, account)


def _value_of(record: Body) -> tuple[object, str]:
    """Return the record in an answer, and the content identifier that the server names."""
    said = object_of(record.data)
    return said.get("value"), line(said.get("cid"), 100)


def _unproven(
    wanted: Wanted, record: tuple[FetchRequest, Answer], proof: tuple[FetchRequest, Answer], *, has_record: bool
) -> Iterator[Finding]:
    """Say why there is no proof; where there is no record either, what is left of it."""
    if has_record:
        reason = f"no signed proof: {refusal(proof[1])}"
        yield Unavailable(url=proof[0].url, reason=reason, found_in=proof[0].found_in)
    elif (error := xrpc_error(record[1])[0]) in _GONE:
        reason = f"{_GONE[error]}, says its account's server ({refusal(record[1])}), and gives no proof of it"
        yield Unavailable(url=str(wanted.uri), reason=reason, found_in=wanted.found_in)
        yield from pictures_of(wanted)
    else:
        yield from _not_to_be_had(wanted, f"its account's server: {refusal(record[1])}", record[0].url)


def _not_to_be_had(wanted: Wanted, reason: str, url: str = "") -> Iterator[Finding]:
    kept = "; what the AppView shows of it is kept, without proof" if wanted.shown is not None else ""
    url = url or wanted.uri.permalink or f"at://{wanted.uri.did}"
    yield Unavailable(url=url, reason=f"{reason}{kept}", found_in=wanted.found_in)
    yield from pictures_of(wanted)


def pictures_of(wanted: Wanted) -> Iterator[Finding]:
    """Yield the photos of a post as an AppView made them smaller, where the originals are not to be had."""
    for picture in wanted.shown.pictures if wanted.shown is not None else ():
        yield FetchRequest(url=picture, kind="photo", found_in=f"post {wanted.uri}, as the AppView shows it")
