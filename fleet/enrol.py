"""Which workers' keys a case trusts: an officer says so in the case's own ledger, key by key."""

from __future__ import annotations

from collections.abc import Collection

from hashing.case.case import Case
from hashing.case.custody import demand_recordable
from hashing.case.events import WorkerEnrolled
from hashing.errors import WouldOverwrite
from hashing.ledger.keys import PublicKey, SigningKey
from hashing.times import Clock, system_clock, time_text


def enrol(
    case: Case,
    worker: PublicKey,
    *,
    key: SigningKey,
    officer: str,
    own: Collection[str],
    note: str = "",
    clock: Clock = system_clock,
) -> WorkerEnrolled:
    """Record that captures sealed with a worker's key are collected into this case from now on.

    Raises WouldOverwrite where it is enrolled already; NotRecordable for text that cannot be kept; InUse, Unwritable,
    NotAsSigned.
    """
    demand_recordable({"officer": officer, "note": note})
    if worker.raw.hex() in enrolled_keys(case, own):
        raise WouldOverwrite(f"{case.path}: the key {worker.fingerprint()} is enrolled already")
    event = WorkerEnrolled(
        time=time_text(clock()), key=worker.raw.hex(), officer=officer, signer=key.public.raw.hex(), note=note
    )
    case.record(event, key=key)
    return event


def enrolled_keys(case: Case, own: Collection[str]) -> frozenset[str]:
    """Return the enrolled keys in hexadecimal; what another than these `own` keys signed enrols nobody."""
    return frozenset(event.key for event in case.events() if isinstance(event, WorkerEnrolled) and event.signer in own)
