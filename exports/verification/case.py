"""Checking a case: its own ledger against every checkpoint, and each capture."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from exports.errors import NotCheckable
from exports.verification.capture import CaptureCheck
from exports.verification.result import Missing
from exports.verification.tree import below
from hashing.capture_folder import CHECKPOINT
from hashing.case import CAPTURES, CASE_FILE, CHECKPOINTS, case_origin, checkpoint_name, read_case_info
from hashing.errors import BadFormat, NewerFormat, Unreadable
from hashing.events import CaptureRegistered, CaptureSealed, CaseCreated, decode_case_event
from hashing.ledger import LEDGER, read_lines
from hashing.merkle import Tree as MerkleTree

if TYPE_CHECKING:
    from exports.verification.check import Check
    from hashing.events import CaseEvent

_DERIVED = ("index.sqlite", "goldenhour.toml")


def check_case(check: Check) -> None:
    """Check a case folder. Raises NotCheckable where it is none, or one of a later version."""
    try:
        info = read_case_info(check.small(CASE_FILE), CASE_FILE)
    except NewerFormat as error:
        raise NotCheckable(str(error), hint=error.hint) from error
    except BadFormat as error:
        check.problem(CASE_FILE, str(error))
        return
    for name in (LEDGER, *(name for name in _DERIVED if name in check.kinds)):
        check.expected.setdefault(name, "")
    events = _check_ledger(check, info.id)
    created = next((event for event in events if isinstance(event, CaseCreated)), None)
    if created is None:
        check.problem(LEDGER, "the first line does not begin a case")
    else:
        check.expect(CASE_FILE, created.case_sha256)
    _check_captures(check, events)


def _check_ledger(check: Check, case_id: str) -> list[CaseEvent]:
    """Check every checkpoint in one pass over the lines; return the events."""
    merkle = MerkleTree()
    events: list[CaseEvent] = []
    roots: dict[str, tuple[int, bytes]] = {}
    try:
        with check.tree.open(LEDGER) as file:
            for line in read_lines(file, check.tree.path):
                event = decode_case_event(line)
                events.append(event)
                merkle.append(line)
                roots[f"{CHECKPOINTS}/{checkpoint_name(merkle.size)}"] = (merkle.size, merkle.root())
    except (BadFormat, Unreadable, NotCheckable, OSError, zlib.error) as error:
        check.problem(LEDGER, f"line {merkle.size + 1}: {error}")
    newest = f"{CHECKPOINTS}/{checkpoint_name(merkle.size)}"
    if newest not in check.kinds:
        check.problem(LEDGER, "the newest checkpoint does not cover the ledger")
    _check_checkpoints(check, case_origin(case_id), roots, list(dict.fromkeys(event.signer for event in events)))
    return events


def _check_checkpoints(check: Check, origin: str, roots: dict[str, tuple[int, bytes]], keys: list[str]) -> None:
    """Compare each checkpoint with the roots of the ledger at every length; the newest first, for its signer."""
    wanted = {name for name in below(check.kinds, f"{CHECKPOINTS}/") if name.endswith(CHECKPOINT)}
    newest = max(roots, default="")
    for name in sorted(wanted & roots.keys(), reverse=True):
        check.expected.setdefault(name, "")
        checkpoint = check.open_checkpoint(name, keys)
        if checkpoint is None:
            continue
        if checkpoint.origin != origin:
            check.problem(name, "the checkpoint is of another ledger")
        elif (checkpoint.size, checkpoint.root) != roots[name]:
            check.problem(LEDGER, f"the first {roots[name][0]} lines are not those that {name} was signed over")
        elif name == newest:
            check.sealed(checkpoint, "")
    for name in sorted(wanted - roots.keys()):
        check.expected.setdefault(name, "")
        check.problem(LEDGER, f"shorter than {name} says: lines were removed")


def _check_captures(check: Check, events: list[CaseEvent]) -> None:
    registered = {event.capture for event in events if isinstance(event, CaptureRegistered)}
    sealed = {event.capture: event for event in events if isinstance(event, CaptureSealed)}
    present = {name.split("/")[1] for name in below(check.kinds, f"{CAPTURES}/") if name.count("/") > 1}
    for capture in sorted(registered & present):
        prefix = f"{CAPTURES}/{capture}/"
        one = CaptureCheck(check, prefix)
        one.run()
        event = sealed.get(capture)
        if event is not None:
            check.expect(f"{prefix}{CHECKPOINT}", event.checkpoint_sha256)
        elif check.is_file(f"{prefix}{CHECKPOINT}"):
            check.unchecked(prefix, "sealed, but the case does not record it yet; `goldenhour show` mends that")
    for capture in sorted(registered - present):
        check.findings.missing.append(Missing(f"{CAPTURES}/{capture}", "a capture that the case registered"))
