"""Handles (https://atproto.com/specs/handle): from the name that people type to the account's DID."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from capture.extractors.bluesky.at_uri import is_did
from capture.extractors.bluesky.stored_answer import AnswerUnreadable, did_of
from capture.extractors.bluesky.xrpc import query, stored_of
from capture.request.extractor import Answer, Fetch, FetchRequest, Finding, Unavailable
from hashing.case.kinds import ItemKind

if TYPE_CHECKING:
    from capture.extractors.bluesky.accounts import KnownAccount


@dataclass(slots=True, kw_only=True)
class Resolved:
    """The account that a handle leads to."""

    handle: str
    did: str = ""  # "" where nothing leads to an account.
    outstanding: Iterator[tuple[FetchRequest, Answer]]  # Answers that were not waited for.
    fetch: Fetch
    unread: list[Unavailable] = field(default_factory=list)  # Answers that could not be read.

    def did_in(self, found: FetchRequest, answer: Answer) -> str:
        """Return the DID that an answer names; "" where it names none."""
        stored = stored_of(answer)
        try:
            did = did_of(stored, self.fetch) if stored is not None else ""
        except AnswerUnreadable as error:
            self.unread.append(Unavailable(url=found.url, reason=str(error), found_in=found.found_in))
            return ""
        return did if is_did(did) else ""

    def compare(self, account: KnownAccount) -> Iterator[Finding]:
        """Say where the account does not claim the handle, or the handle's own host names another account."""
        if self.handle not in account.handles:
            reason = f"the handle leads to {self.did}, whose document does not claim it: it may be another's account"
            yield Unavailable(url=f"at://{self.handle}", reason=reason, found_in="scene")
        # Only now is the slower of the two waited for: the post is stored already.
        for found, answer in self.outstanding:
            did = self.did_in(found, answer)
            if did not in ("", self.did):
                reason = f"the handle's own host names {did}, and captured is {self.did}, which the AppView names"
                yield Unavailable(url=found.url, reason=reason, found_in="scene")
        yield from self.unread


def resolve(handle: str, fetch: Fetch) -> Resolved:
    """Ask the AppView and the handle's own host side by side, and take the first of them that names an account.

    The handle's host may be slow, or have no web server at all (a DNS record is enough for a handle), and a post does
    not wait for that: `compare` hears it later.
    """
    appview = fetch.options.bluesky.appview.rstrip("/")
    urls = (
        query(appview, "com.atproto.identity.resolveHandle", handle=handle),
        f"https://{handle}/.well-known/atproto-did",
    )
    found_in = f"handle {handle}"
    answers = fetch.get_all(
        FetchRequest(url=url, kind=ItemKind.IDENTITY, found_in=found_in, optional=True) for url in urls
    )
    resolved = Resolved(handle=handle, outstanding=answers, fetch=fetch)
    # The AppView is asked first, and its answer comes first out of `get_all`, which keeps the order of the questions;
    # the host's is waited for only where the AppView names nobody.
    resolved.did = next((did for found, answer in answers if (did := resolved.did_in(found, answer))), "")
    return resolved
