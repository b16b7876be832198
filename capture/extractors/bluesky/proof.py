"""The proof of a record, judged when it is captured; `goldenhour verify` judges it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from capture.request.extractor import Unavailable
from hashing.atproto import AtprotoError, verify_record
from hashing.atproto.served import check_served, read_served
from hashing.case.events import ProofRead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capture.extractors.bluesky.accounts import KnownAccount
    from capture.extractors.bluesky.at_uri import AtUri
    from capture.extractors.bluesky.xrpc import Body
    from capture.request.extractor import FetchRequest, Finding
    from hashing.atproto import RecordProof


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a proof came to: the ledger's event, and what it proves, unless it proves nothing."""

    event: ProofRead
    proof: RecordProof | None


def judge(uri: AtUri, account: KnownAccount, car: Body, served: tuple[str, bytes] | None) -> Judged:
    """Check a proof, and that the record as served (its item and bytes) is the one that is proven."""
    event = ProofRead(
        time="",
        ref=car.ref,
        identity=account.identity,
        did=uri.did,
        collection=uri.collection,
        rkey=uri.rkey,
        post=served[0] if served is not None else "",
        key=account.key,
    )
    if not account.key:
        return Judged(event=replace(event, problem=account.problem or f"{uri.did}: nothing names its key"), proof=None)
    try:
        proof = verify_record(car.data, did=uri.did, key=account.key, collection=uri.collection, rkey=uri.rkey)
    except AtprotoError as error:
        return Judged(event=replace(event, problem=str(error)), proof=None)
    event = replace(event, record_cid=proof.record_cid or "", rev=proof.rev)
    if served is not None:
        try:
            check_served(proof, read_served(served[1], str(uri)).get(str(uri)))
        except AtprotoError as error:
            event = replace(event, problem=str(error))
    return Judged(event=event, proof=proof)


def absence(event: ProofRead) -> str:
    """Say that a record is proven not to be there."""
    return (
        f"there is no such record: it was deleted, or never there. {event.ref} proves that it is absent from the "
        f"repository that the account's key signed, revision {event.rev}"
    )


def fault(judged: Judged, proof: FetchRequest) -> Iterator[Finding]:
    """Yield what the user must hear of a proof that does not hold."""
    if judged.event.problem:
        reason = f"the signed proof does not hold: {judged.event.problem}"
        yield Unavailable(url=proof.url, reason=reason, found_in=proof.found_in)
