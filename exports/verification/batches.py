"""Checking the ledgers of a case's batches: their form, and that each is the one whose root the case has signed."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path

from exports.errors import NotCheckable
from exports.format.budget import LineBudget
from exports.format.result import Missing
from exports.verification.check import Check
from hashing.case.batch_events import (
    BATCH_FORMAT,
    BatchEvent,
    BatchFinished,
    BatchStarted,
    RowEnded,
    RowStarted,
    RowTaken,
    decode_batch_event,
)
from hashing.case.batch_folder import FAILED
from hashing.case.case import BATCHES
from hashing.case.events import BatchBegun, BatchEnded, CaseEvent, decode_case_event
from hashing.errors import BadFormat, Unreadable
from hashing.ledger.ledger import LEDGER, read_lines
from hashing.ledger.marks import MARKS
from hashing.ledger.merkle import MerkleTree

_BEING_BEGUN = "a batch that is being begun, or was left when it had only begun"
_UNDER_WAY = "not finished: it is at work, or has died; whoever runs it can run it again"


def check_batches(check: Check, events: Iterable[CaseEvent], case: str) -> None:
    """Check every batch that the case's ledger knows, and those that are there."""
    begun: dict[str, BatchEnded | None] = {}
    for event in events:
        if isinstance(event, BatchBegun):
            begun.setdefault(event.batch, None)
        elif isinstance(event, BatchEnded):
            begun[event.batch] = event
    _check_empty_folders(check, begun)
    unknown = dict[str, str]()
    present = dict.fromkeys(name.split("/")[1] for name in check.kinds.below(f"{BATCHES}/") if name.count("/") > 1)
    for name in (*present, *(name for name in begun if name not in present)):
        path = f"{BATCHES}/{name}/{LEDGER}"
        if name in begun and path not in check.kinds and check.has_come(path):
            check.under_way.add(f"{BATCHES}/{name}/")
            check.unchecked(f"{BATCHES}/{name}", "a batch that was begun while this was verified")
        elif name in begun and path not in check.kinds:
            check.findings.missing.append(Missing(path[:500], "the ledger of a batch that the case registered"))
        elif path in check.kinds:
            known = (path, *(f"{BATCHES}/{name}/{derived}" for derived in FAILED)) if name in begun else (path,)
            check.expected.update(dict.fromkeys((each for each in known if check.is_file(each) or each == path), ""))
            _check_marks(check, f"{BATCHES}/{name}/{MARKS}", ended=begun.get(name) is not None)
            if not _check_batch(check, path, name, case, registered=name in begun, ended=begun.get(name)):
                unknown[name] = path
        elif [*islice(check.kinds.below(f"{BATCHES}/{name}/"), 2)] == [f"{BATCHES}/{name}/{MARKS}"]:
            # Of a batch's two files this one is made first.
            check.under_way.add(f"{BATCHES}/{name}/")
            check.unchecked(f"{BATCHES}/{name}", _BEING_BEGUN)
    _judge_unknown(check, unknown)


def _check_empty_folders(check: Check, begun: Collection[str]) -> None:
    for folder in check.tree.empty_folders():
        if folder.startswith(f"{BATCHES}/") and folder.count("/") == 1 and folder.partition("/")[2] not in begun:
            check.may_be_empty(folder)
            check.unchecked(folder, _BEING_BEGUN)


def _judge_unknown(check: Check, unknown: Mapping[str, str]) -> None:
    """Judge batches, and where their ledgers are, that have captured and that no line read of the case's registers."""
    # One that was begun behind the last line that was read of the case's ledger is known to it by now. Read once more,
    # and once for all of them: a stranger's case could have a thousand.
    since = _begun_by_now(check) if unknown else set()
    for name, path in unknown.items():
        if name in since:
            check.unchecked(path, _UNDER_WAY)
        else:
            check.problem(path, "the case's ledger knows no such batch")


def _begun_by_now(check: Check) -> set[str]:
    """Return the batches that the case's ledger registers as it is now, as far as it can be read."""
    found, budget = set[str](), LineBudget(LEDGER)
    with suppress(BadFormat, Unreadable, NotCheckable, OSError, zlib.error), check.tree.open(LEDGER) as file:
        for line in read_lines(file, Path(LEDGER)):
            if isinstance(event := decode_case_event(line), BatchBegun):
                budget.charge(line)
                found.add(event.batch)
    return found


def _check_marks(check: Check, name: str, *, ended: bool) -> None:
    """Expect what authenticates the lines of a batch until its end is on record."""
    if check.is_file(name):
        check.expected.setdefault(name, "")
        if ended:
            check.unchecked(name, "left by a batch whose process died when it had ended")


def _check_batch(check: Check, path: str, batch: str, case: str, *, registered: bool, ended: BatchEnded | None) -> bool:
    """Check the ledger of a batch; return whether all that it holds may be there by what was read of the case's."""
    ledger = _BatchLedger(path, batch, case)
    ledger.read(check)
    for problem in ledger.problems:
        check.problem(path, problem)
    if ended is not None:
        if not ledger.problems and ((ledger.size, ledger.root) != (ended.size, ended.root) or ledger.torn):
            check.problem(path, "not the lines that the case's ledger was signed over")
    elif not registered and (ledger.captures or not ledger.well_begun):
        return False
    elif not ledger.problems:
        check.unchecked(path, _UNDER_WAY)
    return True


class _BatchLedger:
    """What a batch's ledger comes to, line by line, and what is wrong with its form."""

    def __init__(self, path: str, batch: str, case: str) -> None:
        self._path = path
        self._batch = batch
        self._case = case
        self._rows: set[str] = set()
        self._under_way: dict[str, str] = {}
        self._merkle = MerkleTree()
        self._finished = False
        self.problems: list[str] = []
        self.captures = 0
        self.torn = 0

    @property
    def size(self) -> int:
        """Number of lines."""
        return self._merkle.size

    @property
    def root(self) -> str:
        """The root hash over them, in hexadecimal."""
        return self._merkle.root().hex()

    @property
    def well_begun(self) -> bool:
        """Whether it is a ledger of a batch of this case, as far as it goes, or holds nothing at all."""
        return not self.problems

    def read(self, check: Check) -> None:
        """Read it to its end, or to the first line that is none."""
        length = 0
        try:
            with check.tree.open(self._path) as file:
                for line in read_lines(file, Path(self._path)):
                    event = decode_batch_event(line)
                    if problem := self._problem(event):
                        raise BadFormat(problem)
                    self._merkle.append(line)
                    length += len(line) + 1
                self.torn = file.tell() - length
        except (BadFormat, Unreadable, NotCheckable, OSError, zlib.error) as error:
            reason = str(error).removeprefix(f"{self._path}: ")
            self.problems.append(f"line {self._merkle.size + 1}: {reason}")

    def _problem(self, event: BatchEvent) -> str:
        """Take in an event; say why it cannot stand where it stands, or ""."""
        if isinstance(event, BatchStarted) != (self.size == 0):
            return "the first line begins a batch, and no other does"
        if self._finished:
            return "a line behind the last one"
        match event:
            case BatchStarted():
                right = (event.format, event.case, event.batch) == (BATCH_FORMAT, self._case, self._batch)
                return "" if right else "it is of another batch, another case or another version"
            case RowTaken():
                self._rows.add(event.row)
            case RowStarted():
                self.captures += 1
                self._under_way[event.row] = event.capture
            case RowEnded() if event.capture != self._under_way.pop(event.row, event.capture):
                return "a row ends with another capture than it began with"
            case BatchFinished():
                self._finished = True
            case _:
                pass
        known = not isinstance(event, RowStarted | RowEnded) or event.row in self._rows
        return "" if known else "a row that was never taken in"
