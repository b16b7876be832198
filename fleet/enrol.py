"""Which workers' keys a case trusts: an officer says so in the case's own ledger, key by key."""

from __future__ import annotations

import base64
from collections.abc import Collection
from hashlib import sha256

from hashing.case.case import Case
from hashing.case.custody import demand_recordable
from hashing.case.events import WorkerEnrolled
from hashing.errors import WouldOverwrite
from hashing.ledger.keys import PublicKey, SigningKey
from hashing.times import Clock, system_clock, time_text

LETTERS = 5


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

    Raises WouldOverwrite where it is enrolled already, or another with the same letters is; NotRecordable for text that
    cannot be kept; InUse, Unwritable, NotAsSigned.
    """
    demand_recordable({"officer": officer, "note": note})
    for key_there in enrolled_keys(case, own):
        there = PublicKey.parse(key_there)
        if there.raw == worker.raw:
            raise WouldOverwrite(f"{case.path}: the key {worker.fingerprint()} is enrolled already")
        # Five letters are enough to read and few enough to search for: whoever has them twice could take the references
        # of another worker.
        if letters_of(there) == letters_of(worker):
            raise WouldOverwrite(
                f"{case.path}: the key {there.fingerprint()}, which is enrolled, has the same letters "
                f"({letters_of(worker)}) as {worker.fingerprint()}",
                hint="one of the two may have been made for that: find out whose each is, and have that worker make "
                "another key",
            )
    event = WorkerEnrolled(
        time=time_text(clock()), key=worker.raw.hex(), officer=officer, signer=key.public.raw.hex(), note=note
    )
    case.record(event, key=key)
    return event


def letters_of(key: PublicKey) -> str:
    """Return the five letters of a key that its worker's references end in: a label, which proves nothing."""
    return base64.b32encode(sha256(key.raw).digest()).decode()[:LETTERS]


def enrolled_keys(case: Case, own: Collection[str]) -> frozenset[str]:
    """Return the enrolled keys in hexadecimal; what another than these `own` keys signed enrols nobody."""
    return frozenset(event.key for event in case.events() if isinstance(event, WorkerEnrolled) and event.signer in own)
