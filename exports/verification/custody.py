"""Checking what a case says was done with its exhibits: of exhibits that it has, in words and times that can be."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from exports.errors import NotCheckable
from exports.format.continuity import entries, proven_of
from exports.format.lookup import Lookup
from exports.format.result import Missing
from exports.verification.check import Check
from exports.verification.merges import merge_faults
from hashing.case.custody import ACTIONS, VERIFIED
from hashing.case.events import (
    CaptureRegistered,
    CaseCreated,
    CaseEvent,
    Custody,
    Described,
    Exported,
    FoundFact,
    Graded,
    decode_case_event,
)
from hashing.case.exhibit import exhibit_of
from hashing.case.grade import grade_faults
from hashing.errors import BadFormat, BadKey
from hashing.ledger.ledger import LEDGER
from hashing.printable import printable

CUSTODY_LINES = "seal/custody/"

_MOST_KNOWN = 100_000  # Entries of logs that are kept in memory, to be compared with what later lines tell of them.
_LINE_FILE = re.compile(r"seal/custody/([0-9]{8,18})\.json", re.ASCII)


def check_custody(check: Check, events: Sequence[CaseEvent], may_have: Callable[[str, str], bool]) -> None:
    """Check the custody events of a case.

    `may_have` says of a capture whether it has an item that the events speak of, or is not here.
    """
    captures: Lookup[str, str] = Lookup(str)
    for number, reason in merge_faults(enumerate(events, 1)):
        check.problem(LEDGER, f"line {number}: {reason}")
    for number, reason in _restating_faults(events):
        check.problem(LEDGER, f"line {number}: {reason}")
    for number, event in enumerate(events, 1):
        if isinstance(event, CaptureRegistered):
            captures.setdefault(event.exhibit, event.capture)
        for reason in _faults(event):
            check.problem(LEDGER, f"line {number}: {reason}")
        for ref in _refs(event):
            exhibit = exhibit_of(ref)
            if exhibit not in captures:
                check.problem(LEDGER, f"line {number}: of an exhibit {ref} that the case does not have")
            elif ref != exhibit and not may_have(captures[exhibit], ref):
                check.problem(LEDGER, f"line {number}: of an item {ref} that the exhibit does not have")


def _refs(event: CaseEvent) -> tuple[str, ...]:
    """Return the exhibits and items that a line speaks of."""
    if isinstance(event, FoundFact):
        return tuple(each.ref for each in event.rests_on)
    return (event.ref,) if isinstance(event, Custody | Described | Graded) else ()


def spoken_of(events: Iterable[CaseEvent]) -> Lookup[str, str]:
    """Return the items that the lines of a case speak of, each behind its exhibit and a NUL."""
    found: Lookup[str, str] = Lookup(str)
    for event in events:
        for ref in _refs(event):
            found[f"{exhibit_of(ref)}\0{ref}"] = ""
    return found


def _restating_faults(events: Sequence[CaseEvent]) -> Iterator[tuple[int, str]]:
    """Yield each line that records a bundle and tells of an earlier line, or of the case, what that does not say."""
    created = next((event for event in events if isinstance(event, CaseCreated)), None)
    known: dict[int, set[tuple[str, str, str, str, str]]] = {}
    for number, event in enumerate(events, 1):
        if not isinstance(event, Exported):
            continue
        if event.title and created is not None and event.title != created.title:
            yield number, "states another title of the case"
        if event.reference and created is not None and event.reference != created.reference:
            yield number, "states another reference of the case"
        for entry in event.restated:
            line = entry.line + 1  # which a log counts from 0
            if line not in known:
                if sum(map(len, known.values())) > _MOST_KNOWN:
                    known.clear()
                known[line] = set(_said(events, line))
            exhibits = entry.exhibits or event.exhibits
            says = {
                (each, entry.action, entry.time, entry.recorded or entry.time, entry.elsewhere) for each in exhibits
            }
            if line >= number or not says <= known[line]:
                yield number, f"tells of line {line} what it does not say"


def _said(events: Sequence[CaseEvent], line: int) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield what a line adds to the logs, as far as an `exported` line tells it."""
    try:
        for entry in entries(line - 1, events[line - 1]) if 0 < line <= len(events) else ():
            yield exhibit_of(entry.ref), entry.event, entry.time, entry.recorded, entry.elsewhere
    except (BadFormat, BadKey):
        return  # which is said where the line is judged


def _faults(event: CaseEvent) -> Iterator[str]:
    if isinstance(event, Custody | Described) and event.at > event.time:
        yield "says that something was done after it was recorded"
    if isinstance(event, Custody):
        if event.action not in ACTIONS:
            yield f"{event.action} is not a custody event"
        if (event.action == VERIFIED) != (event.receipt is not None):
            yield "a verification without a receipt, or a receipt without a verification"
    if isinstance(event, Graded):
        yield from (f"a grade that cannot be: {printable(fault, 200)}" for fault in grade_faults(event.grade))


def check_custody_lines(check: Check, exhibits: Collection[str], proven: Callable[[str, bytes], int | None]) -> None:
    """Check the lines of the case's ledger that a bundle's custody log follows from.

    `proven` checks the inclusion proof in a file for a line, and returns the line's index; None where it does not hold.
    """
    lines: dict[int, CaseEvent] = {}
    for name in sorted(check.kinds.below(CUSTODY_LINES)):
        match = _LINE_FILE.fullmatch(name)
        if match is None:
            continue  # a proof; whatever else it may be, the bag's lists vouch for it
        if not check.is_file(name):
            check.findings.missing.append(Missing(name, "part of the seal"))
            continue
        try:
            line = check.small(name)
            event = decode_case_event(line)
            proved = proven_of(event)
        except (BadFormat, NotCheckable) as error:
            check.problem(name, str(error))
            continue
        index = proven(f"{name.removesuffix('.json')}.proof", line)
        if index is not None and index != int(match[1]):
            check.problem(name, f"is line {index} of the case's ledger, counted from 0")
        if not proved or not proved.issubset(exhibits):
            check.problem(name, "says nothing of the exhibits that are here")
            continue
        for reason in _faults(event):
            check.problem(name, reason)
        lines[int(match[1])] = event
    for number, reason in merge_faults(sorted(lines.items())):
        check.problem(f"{CUSTODY_LINES}{number:08d}.json", reason)
