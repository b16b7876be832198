"""Handles (https://atproto.com/specs/handle): from the name that people type to the account's DID."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from capture.extractors.bluesky.at_uri import is_did
from capture.extractors.bluesky.xrpc import body_of, object_of, query
from capture.request.extractor import FetchRequest, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capture.extractors.bluesky.accounts import KnownAccount
    from capture.request.extractor import Answer, Fetch, Finding

_WELL_KNOWN = re.compile(rb"\s*(did:[\x21-\x7e]{1,2048})\s*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The account that a handle leads to."""

    handle: str
    did: str
    """"" where nothing leads to an account."""
    outstanding: Iterator[tuple[FetchRequest, Answer]]
    """Answers that were not waited for."""

    def compare(self, account: KnownAccount) -> Iterator[Finding]:
        """Say where the account does not claim the handle, or the handle's own host names another account."""
        if self.handle not in account.handles:
            reason = f"the handle leads to {self.did}, whose document does not claim it: it may be another's account"
            yield Unavailable(url=f"at://{self.handle}", reason=reason, found_in="scene")
        for found, answer in self.outstanding:
            did = _did(answer)
            if did not in ("", self.did):
                reason = f"the handle's own host names {did}, and captured is {self.did}, which the AppView names"
                yield Unavailable(url=found.url, reason=reason, found_in="scene")


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
    answers = fetch.get_all(FetchRequest(url=url, kind="identity", found_in=found_in, optional=True) for url in urls)
    did = next((did for _, answer in answers if (did := _did(answer))), "")
    return Resolved(handle=handle, did=did, outstanding=answers)


def _did(answer: Answer) -> str:
    served = body_of(answer)
    if served is None:
        return ""
    if match := _WELL_KNOWN.fullmatch(served.data):
        did = match[1].decode("ascii")
    else:
        did = str(object_of(served.data).get("did"))
    return did if is_did(did) else ""
