"""The proof of a record, judged when it is captured; `goldenhour verify` judges it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from capture.extractors.bluesky.at_uri import AtUri
from capture.extractors.bluesky.said import Said
from capture.extractors.bluesky.stored_answer import proof_of
from capture.request.extractor import Fetch, FetchRequest, Finding, StoredItem, Unavailable
from hashing.case.events import ProofRead

if TYPE_CHECKING:
    from capture.extractors.bluesky.accounts import KnownAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class InList:
    """The JSON of a record in a list, and where it begins there."""

    ref: str
    data: bytes
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a proof came to: the ledger's event, and what it proves, unless it proves nothing."""

    event: ProofRead
    holds: bool = False  # Whether it proves the record, or that there is none.
    record: Said | None = None  # What the very bytes say that the account signed; None where there is none to be read.
    served: Said | None = None  # What the server's own JSON says, where that is not what is proven.

    @property
    def is_absent(self) -> bool:
        """Whether it is proven that there is no such record."""
        return self.holds and not self.event.record_cid


def judge(
    uri: AtUri, account: KnownAccount, car: StoredItem, served: StoredItem | InList | None, fetch: Fetch
) -> Judged:
    """Check a proof, and that the record as served is the one that is proven; the event says what does not hold.

    The sandbox does the checking. Of which items and of which key its word is, this process knows by itself. Raises
    AnswerUnreadable where a proof, or a record that is an item of its own, could not be read.
    """
    # The sandbox is told the bytes and answers what they prove. The event's names (item, account, record, key) are put
    # in here: hostile bytes have no say in what a proof is recorded to be of.
    what = served.data if isinstance(served, InList) else served
    proven = proof_of(car, fetch, account.key, str(uri), what)
    problem = proven.problem if account.key else account.problem or proven.problem
    event = ProofRead(
        time="",
        ref=car.item.ref,
        identity=account.identity,
        did=uri.did,
        collection=uri.collection,
        rkey=uri.rkey,
        post="" if served is None else served.ref if isinstance(served, InList) else served.item.ref,
        offset=served.offset if isinstance(served, InList) else 0,
        size=len(served.data) if isinstance(served, InList) else 0,
        key=account.key,
        record_cid=proven.record_cid,
        rev=proven.rev,
        problem=problem,
    )
    return Judged(event=event, holds=proven.holds and bool(account.key), record=proven.signed, served=proven.served)


def absence(event: ProofRead) -> str:
    """Say that a record is proven not to be there."""
    return (
        f"there is no such record: it was deleted, or never there. {event.ref} proves that it is absent from the "
        f"repository that the account's key signed, revision {event.rev}"
    )


def fault(judged: Judged, proof: FetchRequest) -> Iterator[Finding]:
    """Yield what the user must hear of a proof that does not hold, or holds for another record than was served."""
    if problem := judged.event.problem:
        whole = not judged.holds
        what = "the signed proof does not hold" if whole else "the record as served is not proven"
        yield Unavailable(url=proof.url, reason=f"{what}: {problem}", found_in=proof.found_in)
