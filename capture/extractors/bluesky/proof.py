"""The proof of a record, judged when it is captured; `goldenhour verify` judges it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from capture.request.extractor import Unavailable
from hashing.atproto import AtprotoError, record_as_json, verify_record
from hashing.atproto.served import check_served
from hashing.case.events import ProofRead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capture.extractors.bluesky.accounts import KnownAccount
    from capture.extractors.bluesky.at_uri import AtUri
    from capture.extractors.bluesky.xrpc import Body
    from capture.request.extractor import FetchRequest, Finding
    from hashing.atproto import RecordProof


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedAs:
    """The JSON in which a server shows a record: an item of its own, or a part of a list."""

    ref: str
    data: bytes
    offset: int = 0
    in_list: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a proof came to: the ledger's event, and what it proves, unless it proves nothing."""

    event: ProofRead
    proof: RecordProof | None
    record: object = None
    """The record as JSON, read from the very bytes that the account signed; None where there is none to be read."""

    @property
    def is_absent(self) -> bool:
        """Whether it is proven that there is no such record."""
        return self.proof is not None and not self.proof.present


def judge(uri: AtUri, account: KnownAccount, car: Body, served: ServedAs | None) -> Judged:
    """Check a proof, and that the record as served is the one that is proven. Never fails: the event says what does."""
    event = ProofRead(
        time="",
        ref=car.ref,
        identity=account.identity,
        did=uri.did,
        collection=uri.collection,
        rkey=uri.rkey,
        post=served.ref if served is not None else "",
        offset=served.offset if served is not None else 0,
        size=len(served.data) if served is not None and served.in_list else 0,
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
            check_served(proof, served.data)
        except AtprotoError as error:
            event = replace(event, problem=str(error))
    return Judged(event=event, proof=proof, record=_as_json(proof.record))


def _as_json(block: bytes | None) -> object:
    try:
        return record_as_json(block) if block is not None else None
    except AtprotoError:
        return None


def absence(event: ProofRead) -> str:
    """Say that a record is proven not to be there."""
    return (
        f"there is no such record: it was deleted, or never there. {event.ref} proves that it is absent from the "
        f"repository that the account's key signed, revision {event.rev}"
    )


def fault(judged: Judged, proof: FetchRequest) -> Iterator[Finding]:
    """Yield what the user must hear of a proof that does not hold, or holds for another record than was served."""
    if problem := judged.event.problem:
        whole = judged.proof is None
        what = "the signed proof does not hold" if whole else "the record as served is not proven"
        yield Unavailable(url=proof.url, reason=f"{what}: {problem}", found_in=proof.found_in)
