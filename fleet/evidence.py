"""Evidence at rest: which targets are proven whole how often, by whichever worker has them, and what came of it.

A target is a name below a folder, or below a place in a store, that each worker's own command line gives: a stranger
who writes to the database names no path. What came of a check is a receipt that its worker signed. So the database can
keep a check from being made, which shows by the time of the last receipt, and cannot make one in a worker's name: whose
key signed it is told by its fingerprint.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from exports.custody.receipt import Receipt, open_receipt
from exports.format.result import MISMATCH, OK
from fleet.database import Database
from fleet.errors import BadDatabase, BadJob
from fleet.queue import ALIVE
from hashing.errors import HashingError
from hashing.ledger.keys import PublicKey
from hashing.printable import printable

KINDS = DISK, STORE = "disk", "store"
LONGEST_RECEIPT = 16 << 10  # Bytes of a receipt in the database: it has one seal.
_LONGEST_NAME = 150
_LONGEST_REASON = 1000
_MOST = 10_000  # Targets of one operation.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]*(/[A-Za-z0-9][A-Za-z0-9._ -]*)*", re.ASCII)
_GRACE = 4  # A part of the period, this many of which make all of it, after which a check that nobody made is overdue.
_TOLD = {MISMATCH: "DOES NOT MATCH", "unchecked": "COULD NOT BE CHECKED", OK: "WHOLE", "": "NEVER CHECKED"}
OVERDUE = "OVERDUE"


@dataclass(frozen=True, slots=True)
class Target:
    """What is proven again and again: a case or bundle on disk, or its copy in a store. Raises BadJob for no such name.

    Names lead nowhere but down, and mean the same on every machine.
    """

    name: str
    kind: str = DISK

    def __post_init__(self) -> None:
        if len(self.name) > _LONGEST_NAME or not _NAME.fullmatch(self.name):
            raise BadJob(
                f"{printable(self.name, 100)}: no name of a target: letters, digits, . _ - and spaces, with / between "
                "folders"
            )
        if self.kind not in KINDS:
            raise BadJob(f"{printable(self.kind, 100)}: no kind of target that this goldenhour knows")

    @property
    def id(self) -> str:
        """What its receipts call it, which can be a file's name."""
        return f"{self.kind}+{self.name.replace('/', '+')}"

    def __str__(self) -> str:
        return f"{self.name} (in the store)" if self.kind == STORE else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A target that is due, as the database names it: a stranger's words until `Target` takes them."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckReport:
    """What came of a check. `receipt` is "" where nothing could be signed."""

    verdict: str
    reason: str
    receipt: str = ""


class EvidenceSchedule:
    """The targets of one operation. For one thread; every method raises DatabaseGone, BadDatabase."""

    def __init__(self, database: Database, operation: str) -> None:
        self._database = database
        self._operation = operation

    def add(self, targets: Sequence[Target], every: timedelta) -> int:
        """Have targets checked once in each period; return how many are new. One that is there gets this period."""
        with self._database.transaction() as change:
            before = change.row(_COUNT, operation=self._operation)
            change.run_each(
                "insert into goldenhour.evidence (operation, name, kind, every) values (%(operation)s, %(name)s, "
                "%(kind)s, %(every)s) on conflict (operation, name, kind) do update set every = excluded.every, "
                "due = least(evidence.due, now() + excluded.every)",
                [
                    {"operation": self._operation, "name": each.name, "kind": each.kind, "every": every}
                    for each in targets
                ],
            )
            after = change.row(_COUNT, operation=self._operation)
        return _number(after) - _number(before)

    def remove(self, targets: Sequence[Target]) -> int:
        """Have targets checked no more; return how many there were."""
        with self._database.transaction() as change:
            return change.run_each(
                "delete from goldenhour.evidence where operation = %(operation)s and name = %(name)s and kind = "
                "%(kind)s",
                [{"operation": self._operation, "name": each.name, "kind": each.kind} for each in targets],
            )

    def due(self) -> list[Due]:
        """Return what is due and at which no worker is that lives, the longest overdue first."""
        with self._database.transaction() as asked:
            found = asked.rows(
                f"select left(name, 200), left(kind, 200) from goldenhour.evidence e where {_FREE} "  # noqa: S608 - ours
                "order by due limit %(most)s",
                operation=self._operation, most=_MOST,
            )  # fmt: skip
        return [Due(name=str(name), kind=str(kind)) for name, kind in found]

    def take(self, run: str, due: Due) -> str | None:
        """Take a target; return the receipt of the last check that found it whole, or "". None where it is taken."""
        with self._database.transaction() as change:
            taken = change.row(
                f"update goldenhour.evidence e set run = %(run)s, begun = now() where {_FREE} "  # noqa: S608 - ours
                "and name = %(name)s and kind = %(kind)s returning left(proof, %(longest)s)",
                operation=self._operation, run=run, name=due.name, kind=due.kind, longest=LONGEST_RECEIPT + 1,
            )  # fmt: skip
        return None if taken is None else str(taken[0])

    def report(self, run: str, due: Due, done: RecheckReport) -> bool:
        """Record what came of a check; False where it is another's by now. The next is due a period after it began."""
        with self._database.transaction() as change:
            return change.run(
                "update goldenhour.evidence set run = null, due = coalesce(begun, now()) + every, verdict = "
                "%(verdict)s, reason = %(reason)s, receipt = %(receipt)s, proof = case when %(verdict)s = 'ok' then "
                "%(receipt)s else proof end where operation = %(operation)s and name = %(name)s and kind = %(kind)s "
                "and run = %(run)s",
                operation=self._operation, run=run, name=due.name, kind=due.kind, verdict=done.verdict,
                reason=printable(done.reason, _LONGEST_REASON), receipt=done.receipt,
            ) > 0  # fmt: skip


_COUNT = "select count(*) from goldenhour.evidence where operation = %(operation)s"
_FREE = (
    "e.operation = %(operation)s and e.due <= now() and not exists (select from goldenhour.workers w "
    f"where w.run = e.run and {ALIVE})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceStatus:
    """How a target stands. What is said of it is by receipts with a sound signature, but for `reason`."""

    target: str
    state: str  # DOES NOT MATCH, COULD NOT BE CHECKED, OVERDUE, NEVER CHECKED or WHOLE: the first of these that it is.
    checked: str  # When it was checked last; "" for never.
    proven: str  # When it was last found whole.
    by: str  # The fingerprint of the key that signed the last check.
    proven_by: str  # And of the one that signed the proof.
    seal: str  # The fingerprint of the seal that was proven last.
    every: timedelta
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Return the same as plain values."""
        return {
            "target": self.target, "state": self.state.lower(), "checked": self.checked or None,
            "proven": self.proven or None, "by": self.by or None,
            "proven_by": self.proven_by or None, "seal": self.seal or None,
            "every": self.every.total_seconds(), "reason": self.reason,
        }  # fmt: skip


_ORDER = [_TOLD[MISMATCH], _TOLD["unchecked"], OVERDUE, _TOLD[""], _TOLD[OK]]


def evidence_status(database: Database, operation: str, now: datetime) -> tuple[EvidenceStatus, ...]:
    """Return how each target of an operation stands, the worst first. Raises DatabaseGone, BadDatabase."""
    with database.transaction() as asked:
        rows = asked.rows(
            "select left(name, 200), left(kind, 200), every, due, verdict, left(reason, 1000), left(receipt, "
            "%(longest)s), left(proof, %(longest)s) from goldenhour.evidence where operation = %(operation)s order by "
            "name, kind limit %(most)s",
            operation=operation, longest=LONGEST_RECEIPT + 1, most=_MOST,
        )  # fmt: skip
    found = [_status(*row, now=now) for row in rows]
    return tuple(sorted(found, key=lambda each: _ORDER.index(each.state)))


def _status(
    name: object, kind: object, every: object, due: object, verdict: object, reason: object, receipt: object,
    proof: object, *, now: datetime,
) -> EvidenceStatus:  # fmt: skip
    if not isinstance(every, timedelta) or not isinstance(due, datetime):
        raise BadDatabase("a target has no period")
    fault = printable(str(reason), _LONGEST_REASON)
    last = proven = None
    try:
        target = Target(str(name), str(kind))
        proof_read = read_receipt(str(proof), target)
        if proof_read is not None and proof_read.verdict != OK:
            raise BadJob("the receipt in the database that is to prove it whole says otherwise")
        last, proven = read_receipt(str(receipt), target), proof_read
    except BadJob as error:
        fault, verdict = str(error), "unchecked"
    # What its worker signed counts, and not what the database says came of it.
    said = last.verdict if last is not None else "unchecked" if verdict else ""
    state, late = _TOLD[said], every / _GRACE
    since = _moment(proven.time) + every if proven is not None else due
    if said in {OK, ""} and since + late < now:
        state = OVERDUE
    return EvidenceStatus(
        target=printable(str(name) if kind == DISK else f"{name} (in the {kind})", _LONGEST_NAME),
        state=state,
        checked=last.time if last is not None else "",
        proven=proven.time if proven is not None else "",
        by=PublicKey.parse(last.public_key).fingerprint() if last is not None else "",
        proven_by=PublicKey.parse(proven.public_key).fingerprint() if proven is not None else "",
        seal=proven.fingerprint if proven is not None else "",
        every=every,
        reason="" if state == _TOLD[OK] else fault,
    )


def read_receipt(text: str, target: Target) -> Receipt | None:
    """Read a receipt that the database gave for a target; None for "". Raises BadJob for what is none of it."""
    if not text:
        return None
    try:
        receipt = open_receipt(text.encode()) if len(text) <= LONGEST_RECEIPT else None
        if receipt is None or receipt.target != target.id:
            raise BadJob("the receipt in the database is of another target")
        _moment(receipt.time)
    except (HashingError, UnicodeError, ValueError) as error:
        raise BadJob(f"the receipt in the database is none: {printable(str(error), 200)}") from error
    return receipt


def _moment(time: str) -> datetime:
    return datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def _number(row: tuple[Any, ...] | None) -> int:
    if row is None or not isinstance(row[0], int):
        raise BadDatabase("the database counts nothing")
    return row[0]
