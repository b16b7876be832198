"""Checking what a case says was done with its exhibits: of exhibits that it has, in words and times that can be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from exports.custody.continuity import entries, proven_of
from exports.errors import NotCheckable
from exports.format.manifest import CustodyRecord
from exports.format.result import Missing
from exports.format.tree import below
from exports.verification.merges import merge_faults
from hashing.case.custody import ACTIONS, VERIFIED
from hashing.case.events import CaptureRegistered, Custody, Described, decode_case_event
from hashing.case.exhibit import exhibit_of
from hashing.errors import BadFormat, BadKey
from hashing.ledger.ledger import LEDGER

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from exports.verification.check import Check
    from hashing.case.events import CaseEvent

CUSTODY = "data/custody.json"
CUSTODY_LINES = "seal/custody/"

_LINE_FILE = re.compile(r"seal/custody/([0-9]{8,18})\.json", re.ASCII)


class _Exhibit(msgspec.Struct):
    exhibit: str
    custody: list[CustodyRecord]


class _Log(msgspec.Struct):
    exhibits: list[_Exhibit]


def check_custody(check: Check, events: Iterable[CaseEvent], items: Mapping[str, Collection[str]]) -> None:
    """Check the custody events of a case; `items` are the items' references by capture, as far as captures are here."""
    captures: dict[str, str] = {}
    listed = dict(enumerate(events, 1))
    for number, reason in merge_faults(listed):
        check.problem(LEDGER, f"line {number}: {reason}")
    for number, event in listed.items():
        if isinstance(event, CaptureRegistered):
            captures.setdefault(event.exhibit, event.capture)
        elif isinstance(event, Custody | Described):
            for reason in _faults(event):
                check.problem(LEDGER, f"line {number}: {reason}")
            exhibit = exhibit_of(event.ref)
            if exhibit not in captures:
                check.problem(LEDGER, f"line {number}: of an exhibit {event.ref} that the case does not have")
            elif event.ref != exhibit and event.ref not in items.get(captures[exhibit], [event.ref]):
                check.problem(LEDGER, f"line {number}: of an item {event.ref} that the exhibit does not have")


def _faults(event: CaseEvent) -> Iterator[str]:
    if isinstance(event, Custody | Described) and event.at > event.time:
        yield "says that something was done after it was recorded"
    if isinstance(event, Custody):
        if event.action not in ACTIONS:
            yield f"{event.action} is not a custody event"
        if (event.action == VERIFIED) != (event.receipt is not None):
            yield "a verification without a receipt, or a receipt without a verification"


def check_custody_lines(check: Check, exhibits: Collection[str], proven: Callable[[str, bytes], int | None]) -> None:
    """Check the log of a bundle against the lines of the case's ledger that it holds.

    `proven` checks the inclusion proof in a file for a line, and returns the line's index; None where it does not hold.
    """
    lines: dict[int, CaseEvent] = {}
    for name in sorted(below(check.kinds, CUSTODY_LINES)):
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
        if proved not in exhibits:
            check.problem(name, "says nothing of the exhibits that are here")
            continue
        for reason in _faults(event):
            check.problem(name, reason)
        lines[int(match[1])] = event
    for number, reason in merge_faults(lines):
        check.problem(f"{CUSTODY_LINES}{number:08d}.json", reason)
    if lines or CUSTODY in check.kinds:
        _check_log(check, lines)


def _check_log(check: Check, lines: Mapping[int, CaseEvent]) -> None:
    """Compare what the log says with what the lines say: neither may say more than the other."""
    try:
        log = msgspec.json.decode(check.small(CUSTODY), type=_Log)
        known = {msgspec.json.encode(entry) for index, event in lines.items() for entry in entries(index, event)}
    except (NotCheckable, BadFormat, BadKey, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        check.problem(CUSTODY, f"cannot be read: {error}")
        return
    entered = [entry for exhibit in log.exhibits for entry in exhibit.custody]
    said = {msgspec.json.encode(entry) for entry in entered if not _of_goldenhour(entry)}
    if said != known:
        check.problem(CUSTODY, "does not say what the lines of the case's ledger say")


def _of_goldenhour(entry: CustodyRecord) -> bool:
    """Say whether an entry is of what goldenhour itself did; its lines stand elsewhere in the seal, or in the case."""
    return bool(entry.detail) and entry.event in {"seized", "sealed", "copied"} and not entry.late
