"""Merging: each source is verified, each of its captures decided on, copied, verified again and recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from exports.bundle.leftover import clear_leftovers
from exports.bundle.uninterrupted import uninterrupted
from exports.errors import ExportError, NotMergeable, NotWhole
from exports.format.capture_view import read_capture
from exports.format.open_tree import open_tree
from exports.merge.copying import copy_capture, merge_draft
from exports.merge.origin import MergeCandidate, OtherLog, candidates, other_log
from exports.merge.outcome import MISMATCH, NOTHING, REFUSED, TAKEN, THERE, UNCHECKED, WOULD_TAKE, MergeOutcome
from exports.merge.statements import (
    Merger,
    demand_holding,
    demand_own_references,
    merged,
    registration,
    statements,
    token_record,
)
from exports.verification import MISMATCH as DOES_NOT_MATCH
from exports.verification import OK as WHOLE
from exports.verification import Verification, verify
from exports.verification.check import Check
from exports.verification.summary import verification_lines
from hashing.case.alike import as_read
from hashing.case.capture_folder import is_sealed
from hashing.case.case import CAPTURES, MERGE, Case
from hashing.case.events import CaptureRegistered, CaptureSealed, CaseEvent, MergedLine, decode_case_event
from hashing.errors import HashingError, InUse, NotAsSigned, StorageFull, WouldOverwrite
from hashing.files.real_path import real_path
from hashing.files.storage import read_error
from hashing.ledger.ledger import LEDGER, ledger_lines
from hashing.printable import printable

_LOOK = ", or under one that looks the same"
_CLASH = "keep it in the case that it is in and hand over both; give each computer --initials of its own from now on"


def merge(
    case: Case,
    sources: Sequence[Path],
    by: Merger | None,
    *,
    progress: Callable[[int, int], None] | None = None,
    earlier: Iterable[MergeOutcome] = (),
    signers: Collection[str] | None = None,
) -> Iterator[MergeOutcome]:
    """Take the captures of other cases, of bundles, or captures alone into a case; yield what became of each.

    A source is taken from only if it verifies whole. What cannot be taken is an outcome with its reason, and the others
    go on. `by` is who merges; None finds out what would be taken, and writes nothing. `progress` is told bytes read of
    each source, and 0. `earlier` is what was found out of other sources before, which would be taken first. With
    `signers` (public keys in hexadecimal) a capture that another key sealed is not taken.
    Raises StorageFull where there is no room; InUse, NotAsSigned where the case cannot be written.
    """
    # 1. What an earlier merge left half done is undone first, or a capture could stand there twice.
    if by is not None:
        case.undo_unrecorded_moves(key=by.key)
        clear_leftovers(case.path / MERGE)
    # 2. A dry run remembers what it would have taken: two sources may hold one capture.
    foreseen, standing = [each for each in earlier if each.outcome == WOULD_TAKE], _Standing(case)
    for source in sources:
        for outcome in _Source(case, source, by, progress, foreseen, signers, standing).outcomes():
            if outcome.outcome == WOULD_TAKE:
                foreseen.append(outcome)
            yield outcome


class _Standing:
    """What the case knows of captures: each line of its ledger is read once, though many captures are merged."""

    def __init__(self, case: Case) -> None:
        self._ledger, self._root, self._read = case.path / LEDGER, case.path, 0
        self.exhibits: dict[str, str] = {}  # The capture that has a reference, as it is read.
        self.seals: dict[str, str] = {}  # The fingerprint of a capture's seal; "" while it has none.
        # The lines of other cases that are kept with a capture.
        self.stated: defaultdict[str, set[tuple[str, int]]] = defaultdict(set)

    def refresh(self) -> None:
        """Read what is new. Raises Unreadable, BadFormat."""
        for line in ledger_lines(self._ledger, self._read, root=self._root):
            self._read += len(line) + 1
            match event := decode_case_event(line):
                case CaptureRegistered():
                    self.exhibits[as_read(event.exhibit)] = event.capture
                    self.seals.setdefault(event.capture, "")
                case CaptureSealed():
                    self.seals[event.capture] = event.fingerprint
                case MergedLine():
                    self.stated[event.capture].add((event.case, event.line))
                case _:
                    pass


class _Source:
    """One case, bundle or capture that is brought in."""

    def __init__(
        self,
        case: Case,
        path: Path,
        by: Merger | None,
        progress: Callable[[int, int], None] | None,
        foreseen: Sequence[MergeOutcome],
        signers: Collection[str] | None,
        standing: _Standing,
    ) -> None:
        self._case = case
        self._standing = standing
        self._signers = signers
        self._foreseen = foreseen
        self._path = path
        self._by = by
        self._progress = progress
        self._done = 0

    def outcomes(self) -> Iterator[MergeOutcome]:
        """Yield what became of each capture, or of the whole source. Raises StorageFull, InUse, NotAsSigned."""
        try:
            # 1. Only what verifies whole is taken from, and never the case itself.
            self._demand_elsewhere()
            verification = verify(self._path, progress=self._read)
            if verification.verdict != WHOLE:
                yield self._not_whole(verification)
                return
            # 2. Decide for each capture by itself: one that cannot be taken keeps back no other.
            log = None
            with open_tree(self._path) as tree:
                check, what = Check(tree, ()), verification.what.split()[0]
                for candidate in candidates(check):
                    log = log or self._unknown(other_log(check, what, candidate.started.case))
                    yield self._decide(check, candidate, log, what)
            if log is None:
                yield MergeOutcome(source=self._path, outcome=NOTHING, reason="holds no sealed capture")
        except (ExportError, HashingError, OSError) as error:
            yield self._failed(error)

    def _demand_elsewhere(self) -> None:
        """Refuse the case itself, what is in it, and what it is in. Raises NotMergeable."""
        here, there = real_path(self._case.path), real_path(self._path)
        if there.is_relative_to(here) or here.is_relative_to(there):
            raise NotMergeable(f"{self._path}: is the case itself, or one is inside the other")

    def _unknown(self, log: OtherLog) -> OtherLog:
        """Leave out what this case says itself: a copy of it may have been worked on elsewhere."""
        if log.case != self._case.info.id:
            return log
        own = set(ledger_lines(self._case.path / LEDGER, root=self._case.path))
        return replace(log, lines=tuple(each for each in log.lines if each.line not in own))

    def _decide(self, check: Check, candidate: MergeCandidate, log: OtherLog, what: str) -> MergeOutcome:
        try:
            if self._is_here(candidate):
                return self._already(candidate, log, what)
            if self._by is None:
                return self._foresee(candidate)
            return self._merge_one(check, candidate, log, what, self._by)
        except (ExportError, HashingError, OSError) as error:
            return self._failed(error, candidate)

    def _is_here(self, candidate: MergeCandidate) -> bool:
        """Say whether the case knows a capture. Raises NotMergeable where another has its reference."""
        self._standing.refresh()
        # The same id is the same capture; another id under the same reference is a clash that no merge can mend, since
        # references stand in notebooks.
        capture, exhibit = candidate.started.capture, candidate.started.exhibit
        if self._standing.exhibits.get(as_read(exhibit), capture) != capture:
            raise NotMergeable(f"{exhibit}: this case has another capture under that reference{_LOOK}", hint=_CLASH)
        return capture in self._standing.seals

    def _already(self, candidate: MergeCandidate, log: OtherLog, what: str) -> MergeOutcome:
        """Keep what the other case has said of it since; the capture itself is here. Raises NotWhole, NotMergeable."""
        exhibit, folder = candidate.started.exhibit, self._case.path / CAPTURES / candidate.started.capture
        # The capture is here already. Only what the other case has said of it since is added, and only if both mean the
        # same one.
        fingerprint = self._standing.seals[candidate.started.capture]
        if not fingerprint:
            raise NotMergeable(f"{exhibit}: is being captured in this case, and not sealed yet")
        if fingerprint != candidate.fingerprint:
            raise NotWhole(f"{exhibit}: is in this case with another seal, {fingerprint}")
        if not is_sealed(folder):
            raise NotMergeable(
                f"{exhibit}: is on record in this case, and gone from it", hint=f"restore {folder} from a copy"
            )
        quoted = []
        if self._by is not None:
            source = merged(folder, what, log, self._by)
            quoted = statements(source, log, self._standing.stated[candidate.started.capture], self._by)
            if quoted:
                demand_holding([source, *quoted])
                self._case.record(source, *quoted, key=self._by.key)
        return self._outcome(THERE, folder, stated=len(quoted))

    def _foresee(self, candidate: MergeCandidate) -> MergeOutcome:
        """Say what would become of a capture after those that come before it. Raises NotMergeable, NotWhole."""
        started = candidate.started
        for before in self._foreseen:
            # The capture before the reference: the same one from two places is fine, and another one under its
            # reference never is.
            if before.capture == started.capture:
                if before.fingerprint != candidate.fingerprint:
                    raise NotWhole(f"{started.exhibit}: {before.source} has it with another seal, {before.fingerprint}")
                return replace(before, source=self._path, outcome=THERE)
            if as_read(before.exhibit) == as_read(started.exhibit):
                raise NotMergeable(
                    f"{started.exhibit}: {before.source} has another capture under that reference{_LOOK}", hint=_CLASH
                )
        return MergeOutcome(
            source=self._path,
            outcome=WOULD_TAKE,
            capture=started.capture,
            exhibit=started.exhibit,
            fingerprint=candidate.fingerprint,
        )

    def _merge_one(self, check: Check, candidate: MergeCandidate, log: OtherLog, what: str, by: Merger) -> MergeOutcome:
        started = candidate.started
        with merge_draft(self._case) as draft:
            # 1. Copy into a draft beside the case, and read there what came: the source may change meanwhile.
            folder = draft / started.capture
            copy_capture(check, candidate, folder, self._copied)
            view = read_capture(folder)
            if view.started != started:
                raise NotWhole(f"{self._path}: {started.exhibit} changed while it was copied")
            demand_own_references(view)
            if self._signers is not None and not {started.signer, view.public_key} <= set(self._signers):
                raise NotMergeable(f"{started.exhibit}: sealed with a key that is not enrolled")
            # 2. Make the lines that record it: its seal as it was, its trusted time, and what the other case said of
            # it.
            registered, sealed = registration(view, by)
            source = merged(folder, what, log, by)
            quoted = statements(source, log, (), by)
            events: list[CaseEvent] = [sealed, *token_record(folder, sealed, by), source, *quoted]
            demand_holding([registered, *events])
            try:
                with uninterrupted():
                    self._case.add_capture(draft, registered, *events, key=by.key)
            except WouldOverwrite:  # another merge may have been quicker
                if not self._is_here(candidate):
                    raise
                return self._already(candidate, log, what)
        return self._outcome(TAKEN, self._case.path / CAPTURES / started.capture, stated=len(quoted))

    def _outcome(self, outcome: str, folder: Path, *, stated: int) -> MergeOutcome:
        view = read_capture(folder)
        return MergeOutcome(
            source=self._path,
            outcome=outcome,
            capture=view.started.capture,
            exhibit=view.started.exhibit,
            fingerprint=view.seal.fingerprint if view.seal else "",
            signer=view.signer,
            items=len(view.items),
            bytes=view.bytes,
            stated=stated,
        )

    def _not_whole(self, found: Verification) -> MergeOutcome:
        outcome = MISMATCH if found.verdict == DOES_NOT_MATCH else UNCHECKED
        said = "does not match its own records" if outcome == MISMATCH else "could not be checked"
        listed = "".join(f"\n  {line}" for line in verification_lines(found))
        return MergeOutcome(source=self._path, outcome=outcome, reason=f"{said}; nothing was taken{listed}")

    def _failed(
        self, error: ExportError | HashingError | OSError, candidate: MergeCandidate | None = None
    ) -> MergeOutcome:
        """Return an error as an outcome; raise it where the others could not go on either.

        What the system refuses by itself, it refuses when a source is read: whatever is written has errors of its own.
        """
        # Faults of our own case, which would meet every further capture.
        if isinstance(error, StorageFull | InUse | NotAsSigned):
            raise error
        known = read_error(self._path, error) if isinstance(error, OSError) else error
        outcome = {NotWhole: MISMATCH, NotMergeable: REFUSED, WouldOverwrite: REFUSED}.get(type(known), UNCHECKED)
        return MergeOutcome(
            source=self._path,
            outcome=outcome,
            capture=printable(candidate.started.capture, 100) if candidate else "",
            exhibit=printable(candidate.started.exhibit, 100) if candidate else "",
            fingerprint=candidate.fingerprint if candidate else "",
            reason=str(known).removeprefix(f"{self._path}: "),
            hint=known.hint,
        )

    def _read(self, done: int, _: int) -> None:
        self._done = done
        if self._progress is not None:
            self._progress(done, 0)

    def _copied(self, count: int) -> None:
        self._read(self._done + count, 0)
