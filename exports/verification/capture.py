"""Checking a capture: its ledger against its seal, its files against its ledger, its WARCs against its exchanges."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec

from exports.errors import NotCheckable, TooMuch
from exports.format.bag import PAYLOAD
from exports.format.budget import LineBudget
from exports.format.tree import demand_inside
from exports.verification.check import Check, RecordsRead
from exports.verification.commitments import commitment_faults
from exports.verification.excerpts import check_excerpts
from exports.verification.exchange_records import RecordsSaid
from exports.verification.history import CaptureHeld
from exports.verification.items import Items
from exports.verification.posts import PostCheck
from hashing.case.capture_folder import CHECKPOINT, INCOMING, ITEMS, WORKING, capture_origin
from hashing.case.events import (
    CAPTURE_FORMAT,
    CaptureEvent,
    CaptureFinished,
    CaptureResumed,
    CaptureStarted,
    Exchange,
    Failed,
    IntakeBegun,
    Item,
    PostRead,
    ProofRead,
    RenderingBegun,
    ServerDates,
    WarcClosed,
    WorkingCopy,
    decode_capture_event,
)
from hashing.case.kinds import CaptureStatus
from hashing.case.server_dates import DateBounds
from hashing.errors import BadFormat, Unreadable
from hashing.ledger.ledger import LEDGER, read_lines
from hashing.ledger.marks import MARKS
from hashing.ledger.merkle import MerkleTree

_FOLDERS = (ITEMS, WORKING)  # Folders that every capture has, though nothing may be in them.
_KEPT = (ProofRead, RenderingBegun)  # Lines of which something stays in memory until the whole ledger is read.
_MOST_DATE_LINES = 100  # A capture has one line on the servers' dates, and one more each time that its process died.


class CaptureChecked(msgspec.Struct, frozen=True, gc=False):
    """What is still asked of a capture of a bundle, which may hold many, when it was checked."""

    prefix: str
    unread: bool


class CaptureCheck:
    """One capture: gathers what its ledger says, then compares."""

    def __init__(self, check: Check, prefix: str) -> None:
        self.check = check
        self.prefix = prefix
        self.started: CaptureStarted | None = None
        self.finished: CaptureFinished | None = None
        self.items = Items()
        self.proofs: list[ProofRead] = []
        self.failed = 0
        self.handed_in = False  # Whether it is an intake: nothing was fetched, so that no exchange brought its items.
        self.unread = False  # Whether the ledger could not be read, so that it vouches for no file.
        self.keys: dict[str, None] = {}
        self._renderings: set[int] = set()
        self._records = RecordsSaid()
        self._posts = PostCheck(check)
        self._dates = DateBounds()
        self._date_lines = 0
        self._merkle = MerkleTree()

    def run(self) -> None:
        """Check everything but the files' digests, which are left to the comparison of the whole tree."""
        check = self.check
        ledger = f"{self.prefix}{LEDGER}"
        if not check.is_file(ledger):
            check.unchecked(self.prefix or ".", "no ledger: not a capture")
            return
        check.expected.setdefault(ledger, "")
        check.may_be_empty(*(f"{self.prefix}{name}" for name in _FOLDERS))
        # 1. Read the ledger line by line: its root, and what each line makes to be expected. What it commits to is
        # worked out beside.
        length, budget = 0, LineBudget(ledger)
        try:
            size = check.tree.size(ledger)
            commitments = check.tree.beside(partial(commitment_faults, check.tree, ledger), list[tuple[int, str]], size)
            with check.tree.open(ledger) as file:
                for line in read_lines(file, Path(ledger)):
                    self._merkle.append(line)
                    length += len(line) + 1
                    event = decode_capture_event(line)
                    if isinstance(event, _KEPT):
                        budget.charge(line)
                    self._check_event(event)
                    if isinstance(event, CaptureStarted) and self._of_another_format():
                        check.unchecked(ledger, f"format {self.format[:40]}: update goldenhour to check it")
                        self._vouch_for_nothing()
                        return
                torn = file.tell() - length
        except TooMuch:
            raise
        except (BadFormat, Unreadable, NotCheckable, OSError, zlib.error) as error:
            check.problem(ledger, f"line {self._merkle.size}: {str(error).removeprefix(f'{ledger}: ')}")
            self._vouch_for_nothing()
            return
        # 2. Compare the root with the seal, and the sums of the last line with the lines.
        if self.started is None:
            check.problem(ledger, "the first line does not begin a capture")
            self._vouch_for_nothing()
            return
        if torn and check.is_file(f"{self.prefix}{CHECKPOINT}"):
            check.problem(ledger, f"{torn} bytes behind the last line, which were not sealed")
        self._check_seal(self.started)
        self._check_sums()
        # 3. Read the WARCs beside, as soon as it is known what must stand there: that takes longest. Compare what is
        # derived from items (excerpts, posts, proofs) with the items.
        # A table on the disk is this process's alone: what is looked up there is read at once.
        reading = partial(self._records.read, check.tree, self._records.files(check, self.prefix))
        check.read_beside(check.tree.beside(reading, RecordsRead, 0 if self._records.on_disk else size))
        self._note(commitments())
        check_excerpts(check, self.prefix, self.items)
        self._posts.note()
        if self.proofs:
            from exports.verification.atproto import check_proofs

            check_proofs(check, self.prefix, self.items, self.proofs)
        self._records = RecordsSaid()  # its items alone are still asked for

    @property
    def format(self) -> str:
        """The format that the first line states; "" before it is read."""
        return self.started.format if self.started else ""

    def _of_another_format(self) -> bool:
        return self.format not in {"", CAPTURE_FORMAT}

    def _vouch_for_nothing(self) -> None:
        """Leave the files that no line was read about unjudged: that is not the same as added."""
        self.unread = True
        unjudged = [name for name in self.check.kinds.below(self.prefix) if name not in self.check.expected]
        for name in unjudged:
            self.check.expected[name] = ""
        if unjudged:
            self.check.unchecked(self.prefix or ".", f"{len(unjudged)} files of which nothing can be said without it")

    def _check_event(self, event: CaptureEvent) -> None:  # noqa: C901 - a case an event
        match event:
            case Exchange() | ServerDates():  # of these and of items a ledger has most
                self._check_exchange_or_dates(event)
            case Item() | PostRead():
                self._check_item_or_post(event)
            case CaptureStarted():
                self._begin(event)
            case IntakeBegun():
                self._begin_intake()
            case CaptureResumed():
                self.keys[event.signer] = None
            case RenderingBegun():
                self._renderings.add(event.rendering)
            case WorkingCopy() | WarcClosed():
                self._expect(event)
            case ProofRead():
                self.proofs.append(event)
            case Failed():
                self.failed += 1
            case CaptureFinished():
                self.finished = event
            case _:
                pass

    def _check_item_or_post(self, event: Item | PostRead) -> None:
        """Expect an item, or compare what is said of a post with its item, which stands before it in the ledger."""
        if isinstance(event, Item):
            self.items.add(event)
            self._expect(event)
            self._check_exchange(event)
            if event.partial:
                self.check.note(f"{event.ref} is in part only: {event.partial}")
        elif not self.prefix.startswith(PAYLOAD) and (item := self.items.get(event.ref)) is not None:
            # Of a bundle, what its list says is compared: this very line, where it is shown.
            self._posts.compare(item, f"{self.prefix}{item.path}", event.post)

    def _begin(self, event: CaptureStarted) -> None:
        if self._merkle.size > 1:
            raise BadFormat("begins a capture that has begun")
        self.started = event
        self.keys[event.signer] = None

    def _begin_intake(self) -> None:
        if self._merkle.size != 2:  # noqa: PLR2004 - the line behind the first
            raise BadFormat("says too late that this is an intake")
        self.handed_in = True

    def _expect(self, event: Item | WorkingCopy | WarcClosed) -> None:
        try:
            demand_inside(event.path)
        except NotCheckable as error:
            self.check.problem(f"{self.prefix}{LEDGER}", str(error))
            return
        self.check.expect(f"{self.prefix}{event.path}", event.sha256, event.size)
        if isinstance(event, WarcClosed):
            self._records.close(event.path, event.records)

    def _note(self, faults: Sequence[tuple[int, str]]) -> None:
        for number, reason in faults:
            self.check.problem(f"{self.prefix}{LEDGER}", f"line {number}: {reason}")

    def _check_exchange(self, item: Item) -> None:
        self._records.add_item(item)
        if self.handed_in:
            if item.exchange:
                self.check.problem(f"{self.prefix}{item.path}", "an intake fetches nothing, and this names an exchange")
            return
        if item.rendering and not item.exchange and item.rendering in self._renderings:
            return  # the browser's own report of a page: no exchange brought it
        body = self._records.body(item.exchange)
        if item.excerpt is not None and body is not None:
            return  # compared with the item that it was cut out of
        if body != (item.sha256, item.size):
            self.check.problem(f"{self.prefix}{item.path}", "the ledger holds no exchange that brought these bytes")

    def _check_exchange_or_dates(self, event: Exchange | ServerDates) -> None:
        """Note an exchange; or work out once more what the Date headers of those so far say of the clock."""
        if isinstance(event, Exchange):
            if self.handed_in:
                raise BadFormat("an exchange in an intake, which fetches nothing")
            self._records.add(event)
            self._dates.add(event)
            return
        self._date_lines += 1
        if self._date_lines > _MOST_DATE_LINES or _unsalted(event) != self._dates.event(event.time):
            reason = "what it says of the servers' Date headers does not follow from its exchanges"
            self.check.problem(f"{self.prefix}{LEDGER}", reason)

    def _check_seal(self, started: CaptureStarted) -> None:
        check, name = self.check, f"{self.prefix}{CHECKPOINT}"
        if name not in check.kinds:
            reason = "not sealed: still running, or interrupted; whoever captures it can finish it off"
            check.unchecked(self.prefix or ".", reason)
            marks = filter(check.kinds.__contains__, (f"{self.prefix}{MARKS}",))
            for each in (*marks, *check.kinds.below(f"{self.prefix}{INCOMING}/")):
                check.expected.setdefault(each, "")
            return
        check.expected.setdefault(name, "")
        checkpoint = check.open_checkpoint(name, self.keys)
        if checkpoint is None:
            return
        if checkpoint.origin != capture_origin(started.case, started.capture):
            check.problem(name, "the checkpoint is of another ledger")
        elif checkpoint.size != self._merkle.size:
            check.problem(
                f"{self.prefix}{LEDGER}", f"{self._merkle.size} lines, and {checkpoint.size} lines were sealed"
            )
        elif checkpoint.root != self._merkle.root():
            check.problem(f"{self.prefix}{LEDGER}", "the lines are not those that were sealed")
        else:
            seal = check.sealed(checkpoint, started.exhibit)
            check.history.captures[started.capture] = CaptureHeld(self.prefix, seal)

    def _check_sums(self) -> None:
        finished = self.finished
        if finished is None:
            if self.check.is_file(f"{self.prefix}{CHECKPOINT}"):
                self.check.problem(f"{self.prefix}{LEDGER}", "sealed without a last line that says how it ended")
            return
        if (finished.items, finished.failed) != (self.items.count, self.failed):
            self.check.problem(f"{self.prefix}{LEDGER}", "the last line does not count what the ledger holds")
        if finished.status == CaptureStatus.INTERRUPTED:
            self.check.note(f"the capture was interrupted: {finished.reason}")


def _unsalted(event: ServerDates) -> ServerDates:
    return msgspec.structs.replace(event, salt="")
