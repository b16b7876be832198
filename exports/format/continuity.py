"""The continuity log: all that the case's ledger says was done with an exhibit, in the order in which it was done.

It begins with the capture itself (seized, sealed); a bundle that holds the exhibit is a copy that was handed out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from exports.format.disclosure_form import WITHHELD
from exports.format.manifest import CustodyRecord, GradeRecord, VerifiedRecord
from hashing.case.capture_folder import capture_events
from hashing.case.case import CAPTURES, Case
from hashing.case.events import (
    CaptureRegistered,
    CaptureSealed,
    CaseEvent,
    Custody,
    Described,
    Exported,
    FoundFact,
    Graded,
    Item,
    Merged,
    MergedLine,
    RestatedEntry,
    VerifiedBy,
    decode_case_event,
)
from hashing.case.exhibit import demand_known, exhibit_of
from hashing.files import inside
from hashing.ledger.keys import PublicKey

DESCRIBED = "described"
GRADED = "graded"  # Entries that say something of an exhibit, and are no custody events.
# Entries that an `exported` line may tell, and the detail that they have there.
_RESTATED = {"seized": WITHHELD, "copied": "a bundle"}
MERGED = "merged"  # The entry for a capture that was made elsewhere and taken into the case.


class Exhibit(msgspec.Struct, frozen=True):
    """An exhibit with its log, oldest first; `sealed` is None while its capture is not sealed."""

    registered: CaptureRegistered
    sealed: CaptureSealed | None
    log: tuple[CustodyRecord, ...]

    @property
    def ref(self) -> str:
        """The exhibit's reference."""
        return self.registered.exhibit

    @property
    def last(self) -> CustodyRecord:
        """The latest custody event."""
        return next(entry for entry in reversed(self.log) if entry.event not in {DESCRIBED, GRADED})

    def descriptions(self, ref: str = "") -> list[CustodyRecord]:
        """Return what was said of the exhibit, or of one of its items, in the order in which it was recorded."""
        said = [entry for entry in self.log if entry.event == DESCRIBED and entry.ref == (ref or self.ref)]
        return sorted(said, key=lambda entry: entry.line)

    def about(self, ref: str) -> tuple[CustodyRecord, ...]:
        """Return the entries that concern an item: its own, and those of the whole exhibit. For the exhibit, all."""
        return tuple(entry for entry in self.log if ref == self.ref or entry.ref in {self.ref, ref})


def read_exhibits(events: Iterable[CaseEvent], refs: Collection[str] | None = None) -> dict[str, Exhibit]:
    """Gather the exhibits of a case's ledger, or those of these references, in the order in which these were given.

    An entry of an exhibit that the ledger does not know is left to verification. Raises BadKey where an event names a
    signer that can be none, BadFormat where a line of another case is none.
    """
    # Of one exhibit of very many, the lines about the others are let go as they are read.
    listed = {line: event for line, event in enumerate(events) if refs is None or _tells_of(event, refs)}
    registered: dict[str, CaptureRegistered] = {}
    sealed: dict[str, CaptureSealed] = {}
    for event in listed.values():
        # The first line that registers a reference counts, the last that seals it: verification tells of any further
        # one.
        if isinstance(event, CaptureRegistered):
            registered.setdefault(event.exhibit, event)
        elif isinstance(event, CaptureSealed):
            sealed[event.exhibit] = event
    logs = _logs(listed)
    return {ref: Exhibit(event, sealed.get(ref), _in_order(logs[ref])) for ref, event in registered.items()}


def _tells_of(event: CaseEvent, refs: Collection[str]) -> bool:
    """Say whether a line adds to the log of one of these exhibits."""
    match event:
        case CaptureRegistered() | CaptureSealed() | Merged() | MergedLine():
            return event.exhibit in refs
        case Exported():
            return any(exhibit in refs for exhibit in event.exhibits)
        case Custody() | Described() | Graded():
            return exhibit_of(event.ref) in refs
        case _:
            return False


def bundle_logs(lines: Mapping[int, CaseEvent], exported: Exported) -> dict[str, tuple[CustodyRecord, ...]]:
    """Return the log of each exhibit of a bundle: what these lines of the ledger say, and what `exported` restates.

    `lines` are those that stand in the bundle's seal, by their place in the ledger. Raises BadKey, BadFormat.
    """
    logs = _logs({number: event for number, event in lines.items() if not isinstance(event, Exported)})
    for entry in exported.restated:
        for exhibit in entry.exhibits or exported.exhibits:
            logs.setdefault(exhibit, []).append(_custody_record(entry, exhibit))
    return {exhibit: _in_order(logs.get(exhibit, [])) for exhibit in exported.exhibits}


def restated_entries(
    exhibits: Iterable[Exhibit], shown: Collection[int], *, officers: bool = True
) -> tuple[RestatedEntry, ...]:
    """Return what the `exported` line restates of the exhibits' logs: entries of lines that are not `shown`.

    That is the capture, where its line names what is withheld, and earlier bundles, whose lines name other exhibits.
    Without `officers` nobody is named, and nothing is restated that another case states.
    """
    exhibits = list(exhibits)
    found: dict[RestatedEntry, list[str]] = {}
    for exhibit in exhibits:
        for entry in exhibit.log:
            # An entry that an officer recorded later is a custody event of its own, and its line is in the bundle
            # itself.
            own = entry.event in _RESTATED and entry.detail and not entry.late
            if not own or entry.line in shown or (entry.elsewhere and not officers):
                continue
            restated = RestatedEntry(
                line=entry.line,
                action=entry.event,
                time=entry.time,
                signer=entry.signer,
                recorded=entry.recorded if entry.recorded != entry.time else "",
                officer=entry.officer if officers else "",
                elsewhere=entry.elsewhere,
            )
            found.setdefault(restated, []).append(exhibit.ref)
    return tuple(
        msgspec.structs.replace(restated, exhibits=() if len(refs) == len(exhibits) else tuple(refs))
        for restated, refs in sorted(found.items(), key=lambda each: each[0].line)
    )


def _custody_record(entry: RestatedEntry, exhibit: str) -> CustodyRecord:
    return CustodyRecord(
        line=entry.line,
        ref=exhibit,
        event=entry.action,
        time=entry.time,
        recorded=entry.recorded or entry.time,
        late=False,
        officer=entry.officer,
        signer=entry.signer,
        detail=_RESTATED.get(entry.action, WITHHELD),
        elsewhere=entry.elsewhere,
    )


def _logs(lines: Mapping[int, CaseEvent]) -> dict[str, list[CustodyRecord]]:
    logs: dict[str, list[CustodyRecord]] = {}
    for number, event in lines.items():
        for entry in entries(number, event):
            logs.setdefault(exhibit_of(entry.ref), []).append(entry)
    return logs


def _in_order(log: Iterable[CustodyRecord]) -> tuple[CustodyRecord, ...]:
    """Order a log by the time at which things were done, after the capture, which this case itself records.

    An officer states minutes, so what followed the capture at once may bear a time before it.
    """
    return tuple(sorted(log, key=lambda entry: (not _of_the_capture(entry), entry.time, entry.line)))


def _of_the_capture(entry: CustodyRecord) -> bool:
    return entry.event == "seized" and bool(entry.detail) and not entry.elsewhere


def exhibits_of(case: Case, ref: str = "") -> list[Exhibit]:
    """Return the exhibits of a case: all, or the one that `ref` is or is an item of.

    Raises NoSuchExhibit, BadFormat, BadKey, Unreadable.
    """
    if ref:
        demand_known(case, [ref])
    return list(read_exhibits(case.events(), {exhibit_of(ref)} if ref else None).values())


def items_at_hand(case: Case, exhibits: Iterable[Exhibit]) -> dict[str, int]:
    """Count the items of each exhibit whose capture is here, but for error pages. Raises Unreadable, BadFormat."""
    folders = {each.ref: case.path / CAPTURES / each.registered.capture for each in exhibits}
    return {
        ref: sum(isinstance(event, Item) and not event.error_page for event in capture_events(folder))
        for ref, folder in folders.items()
        if inside.is_folder(folder, case.path)
    }


def entries(line: int, event: CaseEvent) -> list[CustodyRecord]:
    """Return what an event, which stands in this line of the case's ledger, adds to the logs.

    Raises BadKey, and BadFormat where a line of another case is none.
    """
    match event:
        case CaptureRegistered():
            fields: dict[str, Any] = {"time": event.began, "officer": event.officer, "detail": event.scene}
            return [_entry(line, event, event.exhibit, "seized", **fields)]
        case CaptureSealed():
            return [_entry(line, event, event.exhibit, "sealed", time=event.closed, detail=event.fingerprint)]
        case Merged():
            return [_entry(line, event, event.exhibit, MERGED, officer=event.officer, detail=event.case)]
        case MergedLine():
            return _merged_line(line, event)
        case Exported():
            fields = {"officer": event.officer, "detail": f"bundle {event.bundle}"}
            return [_entry(line, event, exhibit, "copied", **fields) for exhibit in event.exhibits]
        # Everything else in the ledger (keys, consents, batches …) says nothing of where an exhibit was.
        case Custody() | Described() | Graded():
            return [_stated(line, event)]
        case _:
            return []


def _entry(
    line: int,
    event: CaptureRegistered | CaptureSealed | Exported | Merged | Custody | Described | Graded,
    ref: str,
    what: str,
    **said: Any,  # noqa: ANN401 - further fields of the entry
) -> CustodyRecord:
    """Return the entry for an event, done when it was recorded unless `said` states otherwise."""
    said = {"time": event.time, "late": False, **said}
    return CustodyRecord(line=line, ref=ref, event=what, recorded=event.time, signer=_key(event.signer), **said)


def _merged_line(line: int, event: MergedLine) -> list[CustodyRecord]:
    """Return what another case's line states of the exhibit, and of no other, marked as that case's word."""
    told = entries(line, decode_case_event(event.said.encode()))
    return [
        msgspec.structs.replace(entry, elsewhere=entry.elsewhere or event.case)
        for entry in told
        if exhibit_of(entry.ref) == event.exhibit
    ]


def proven_of(event: CaseEvent) -> frozenset[str]:
    """Return the exhibits that a bundle must hold to prove this event, none where no bundle proves it.

    Of earlier bundles it does not, wherever they were made: their lines name what else was in them. Raises BadFormat.
    """
    # A line can be shown only in a bundle that holds every exhibit that it names; of a line that names others nothing
    # may go out.
    if isinstance(event, Custody | Described | Graded):
        return frozenset({exhibit_of(event.ref)})
    if isinstance(event, FoundFact):
        return frozenset(exhibit_of(each.ref) for each in event.rests_on)
    if isinstance(event, Merged) or (
        isinstance(event, MergedLine) and proven_of(decode_case_event(event.said.encode()))
    ):
        return frozenset({event.exhibit})
    return frozenset()


def _stated(line: int, event: Custody | Described | Graded) -> CustodyRecord:
    """Return the entry for what an officer states; the time in a description is that of the seizure."""
    fields: dict[str, Any]
    if isinstance(event, Described):
        fields = {"officer": event.officer, "place": event.place, "description": event.description, "seized": event.at}
        return _entry(line, event, event.ref, DESCRIBED, **fields)
    if isinstance(event, Graded):
        fields = {"officer": event.officer, "reason": event.reason, "grade": event.grade}
        return _entry(line, event, event.ref, GRADED, **fields)
    receipt = event.receipt
    return _entry(
        line,
        event,
        event.ref,
        event.action,
        time=event.at or event.time,
        # A time that the officer states was recorded afterwards; without one the entry's own time is that of the deed.
        late=bool(event.at),
        officer=receipt.officer if receipt else event.officer,
        # With a receipt it is the verifier's deed, signed by them; who put it into the ledger is named where that is
        # another.
        recorder=event.officer if receipt and receipt.officer != event.officer else "",
        giver=event.giver,
        receiver=event.receiver,
        reason=event.reason,
        place=event.place,
        receipt=_verified(receipt) if receipt else None,
        redacted=event.redacted,
    )


def grades_in(log: Iterable[CustodyRecord]) -> dict[str, GradeRecord]:
    """Return the latest grade of the exhibit and of each item that a log tells of, by their references."""
    return {
        entry.ref: GradeRecord(
            ref=entry.ref,
            grade=entry.grade,
            time=entry.time,
            officer=entry.officer,
            line=entry.line,
            elsewhere=entry.elsewhere,
        )
        for entry in log
        if entry.grade is not None
    }


def case_grades(lines: Mapping[int, CaseEvent]) -> dict[str, GradeRecord]:
    """Return the latest grade of each exhibit and item that these lines of a case's ledger, by their places, tell of.

    Raises BadKey, BadFormat.
    """
    told = (entries(line, event) for line, event in lines.items() if isinstance(event, Graded | MergedLine))
    return grades_in(_in_order(entry for each in told for entry in each))


def grade_of(grades: Mapping[str, GradeRecord], ref: str) -> GradeRecord | None:
    """Return the grade that counts for an item: its own latest, else the latest of its exhibit."""
    return grades.get(ref) or grades.get(exhibit_of(ref))


def _verified(receipt: VerifiedBy) -> VerifiedRecord:
    return VerifiedRecord(
        what=receipt.what,
        verdict=receipt.verdict,
        fingerprint=receipt.fingerprint,
        tool=receipt.tool,
        officer=receipt.officer,
        verifier=_key(receipt.key),
        receipt_sha256=receipt.sha256,
    )


def _key(signer: str) -> str:
    return PublicKey.parse(signer).fingerprint()
