"""Accounts: the server that keeps each, the key that signs for it, and what it calls itself.

https://atproto.com/specs/did, https://web.plc.directory/api/redoc
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace

from capture.extractors.bluesky.said import Document, account_of
from capture.extractors.bluesky.stored_answer import AnswerUnreadable, document_of, log_key_of, members_of
from capture.extractors.bluesky.xrpc import host_of, query, refusal, stored_of, xrpc_error
from capture.extractors.json_value import line
from capture.request.extractor import Answer, Fetch, FetchRequest, Finding, ItemReading, Unavailable
from hashing.atproto import did_web_url
from hashing.case.facts import Fact
from hashing.case.kinds import ItemKind
from hashing.case.post import Account

PROFILE = "app.bsky.actor.profile"

_PLC = "did:plc:"
_ERRORS = {
    "RepoNotFound": "there is no such account: it was deleted, or has moved to another server",
    "RepoDeactivated": "the account was deactivated by its owner",
    "RepoSuspended": "the account was suspended",
    "RepoTakendown": "the account was taken down",
    "AccountDeactivated": "the account was deactivated by its owner",
    "AccountTakedown": "the account was taken down",
}
"""Errors of a server that no longer gives an account's records (https://docs.bsky.app/docs/api/com-atproto-sync-get-record)."""
# The same, as `com.atproto.sync.getRepoStatus` calls them.
_STATES = {
    "takendown": _ERRORS["RepoTakendown"],
    "suspended": _ERRORS["RepoSuspended"],
    "deleted": "the account was deleted",
    "deactivated": _ERRORS["RepoDeactivated"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAccount:
    """An account as its DID, its server and its profile tell of it."""

    did: str
    pds: str = ""  # The address of the server that keeps it; "" where nothing names one.
    handles: tuple[str, ...] = ()  # As the DID document claims.
    name: str = ""
    key: str = ""  # The signing key, as did:key.
    identity: str = ""  # The item that names the key.
    problem: str = ""  # Why that item names none that holds.
    ended: str = ""  # That its owner has ended it, as its log proves; "" where it does not.
    profiled: bool = False  # Whether its server gave its profile.

    @property
    def author(self) -> Account:
        """Who that is, in a post."""
        return account_of(self.did, next(iter(self.handles), ""), self.name)

    @property
    def server(self) -> str:
        """The host of its server."""
        return host_of(self.pds)


class Accounts:
    """The accounts of one search; each is looked up once."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._found: dict[str, KnownAccount] = {}
        self._status: dict[str, str] = {}

    def __getitem__(self, did: str) -> KnownAccount:
        """Return an account that was looked up."""
        return self._found[did]

    def inactive(self, did: str, errors: Iterable[str]) -> str:
        """Return why an account's server gives nothing of it any more; "" where that is not the account's state.

        `errors` are the names of the errors that the server answered. Where they do not tell, it is asked once.
        """
        if reason := next((_ERRORS[error] for error in errors if error in _ERRORS), ""):
            return f"{reason}, says its server"
        if did not in self._status:
            self._status[did] = self._ask_status(self._found[did])
        return self._status[did]

    def _ask_status(self, account: KnownAccount) -> str:
        url = query(account.pds, "com.atproto.sync.getRepoStatus", did=account.did)
        found_in = f"account {account.did}, whether its server still keeps it"
        answer = self._fetch.get(FetchRequest(url=url, kind=ItemKind.DATA, found_in=found_in, optional=True))
        stored = stored_of(answer)
        if stored is None:
            error = xrpc_error(answer, self._fetch)[0]
            return f"{_ERRORS[error]}, says its server" if error in _ERRORS else ""
        try:
            said = members_of(stored, self._fetch)
        except AnswerUnreadable:
            return ""  # that nothing of the account is to be had is told in any case
        reason = _STATES.get(said.members.get("status", ""), "") if said.inactive else ""
        return f"{reason}, says its server ({stored.item.ref})" if reason else ""

    def look_up(self, dids: Iterable[str]) -> Iterator[Finding]:
        """Find out about accounts, side by side; yield what their documents say, and what is wrong with them."""
        new = [did for did in dict.fromkeys(dids) if did not in self._found]
        asked = {did: _documents(did, self._fetch) for did in new}
        answers = self._fetch.get_all(itertools.chain.from_iterable(asked.values()))
        for did in new:
            yield from self._read(did, list(itertools.islice(answers, len(asked[did]))))
        yield from self._profiles([self._found[did] for did in new if self._found[did].pds])

    def _read(self, did: str, answers: list[tuple[FetchRequest, Answer]]) -> Iterator[Finding]:
        (request, answer), *log = answers
        # 1. The document: where the account's repository is, and which key signs for it, by the directory's word.
        account = KnownAccount(did=did)
        stored = stored_of(answer)
        try:
            if stored is None:
                raise AnswerUnreadable(refusal(answer, self._fetch))
            document = document_of(stored, self._fetch, did)
        except AnswerUnreadable as error:
            yield Unavailable(url=request.url, reason=f"who keeps {did}: {error}")
        else:
            if document.problem:
                yield Unavailable(url=request.url, reason=document.problem)
            else:
                account = replace(account, pds=document.pds, handles=document.handles, identity=stored.item.ref)
                account = replace(account, key=document.key, problem=f"{did}: it names no signing key")
                yield ItemReading(ref=stored.item.ref, facts=_document_facts(document))
                if not document.pds:
                    yield Unavailable(url=request.url, reason=f"{did}: its document names no server that keeps it")
        # 2. Of a did:plc the log as well, which proves the key; a document that contradicts it is told.
        if log:
            stated_key = account.key
            account = yield from self._prove_key(account, *log[0])
            if stated_key and account.key and account.key != stated_key:
                reason = f"{did}: its document names another signing key than its log, which is what proves the key"
                yield Unavailable(url=request.url, reason=reason)
        self._found[did] = account

    def _prove_key(
        self, account: KnownAccount, request: FetchRequest, answer: Answer
    ) -> Generator[Finding, None, KnownAccount]:
        """Return the account with the signing key that the log of its did:plc proves; yield what is wrong with that."""
        stored = stored_of(answer)
        try:
            if stored is None:
                raise AnswerUnreadable(refusal(answer, self._fetch))
            proven = log_key_of(stored, self._fetch, account.did)
        except AnswerUnreadable as error:
            reason = f"{error}: that the signing key is the account's is the directory's word alone"
            yield Unavailable(url=request.url, reason=reason)
            return account
        ref = stored.item.ref
        # Three outcomes, from the strongest: the owner ended it, the log does not hold together, the log names the key.
        if proven.ended:
            reason = f"the account is gone: {proven.problem}, as {ref} proves"
            return replace(account, key="", identity=ref, problem=proven.problem, ended=reason)
        if proven.problem or not proven.key:
            # Not the document's key in its place: a log that does not hold together is no reason to trust less.
            yield Unavailable(url=request.url, reason=proven.problem)
            return replace(account, key="", identity=ref, problem=proven.problem)
        if account.handles != proven.handles:
            reason = f"{account.did}: its document claims other handles than its log, which is what proves them"
            yield Unavailable(url=request.url, reason=reason)
        return replace(account, key=proven.key, handles=proven.handles, identity=ref)

    def _profiles(self, accounts: list[KnownAccount]) -> Iterator[Finding]:
        # Names only: an account without a profile, or with one that cannot be read, is an account all the same.
        answers = self._fetch.get_all(_profile(account) for account in accounts)
        for account, (request, answer) in zip(accounts, answers, strict=True):
            stored = stored_of(answer)
            try:
                profile = members_of(stored, self._fetch, "value").members if stored is not None else {}
            except AnswerUnreadable as error:
                yield Unavailable(url=request.url, reason=str(error), found_in=request.found_in)
                continue
            name = line(profile.get("displayName"), 640)
            self._found[account.did] = replace(account, name=name, profiled=stored is not None)
            if stored is not None:
                facts = [
                    Fact("handle", next(iter(account.handles), ""), "alsoKnownAs of the DID document"),
                    Fact("name", name, "displayName"),
                    Fact("id", account.did, "did"),
                    Fact("description", line(profile.get("description"), 3000), "description"),
                    Fact("created", line(profile.get("createdAt"), 64), "createdAt"),
                ]
                yield ItemReading(ref=stored.item.ref, facts=tuple(fact for fact in facts if fact.value))


def _documents(did: str, fetch: Fetch) -> list[FetchRequest]:
    found_in = f"account {did}"
    if not did.startswith(_PLC):
        return [FetchRequest(url=did_web_url(did), kind=ItemKind.IDENTITY, found_in=found_in, optional=True)]
    directory = fetch.options.bluesky.plc.rstrip("/")
    return [
        FetchRequest(url=f"{directory}/{did}{path}", kind=ItemKind.IDENTITY, found_in=found_in, optional=True)
        for path in ("", "/log/audit")
    ]


def _document_facts(document: Document) -> tuple[Fact, ...]:
    facts = [Fact("handle", handle, "alsoKnownAs") for handle in document.handles]
    facts += [Fact("server", document.pds, "service #atproto_pds")] if document.pds else []
    facts += [Fact("signing key", document.key, "#atproto")] if document.key else []
    return tuple(facts)


def _profile(account: KnownAccount) -> FetchRequest:
    url = query(account.pds, "com.atproto.repo.getRecord", repo=account.did, collection=PROFILE, rkey="self")
    return FetchRequest(url=url, kind=ItemKind.ACCOUNT, found_in=f"account {account.did}", optional=True)
