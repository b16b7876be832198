"""A batch: rows captured side by side, each a capture of its own, and all of it on record before it is done.

The order on disk is what makes a crash harmless. A row's line says which capture begins before that capture exists; the
capture's own ledger and seal say what became of it, whether the row's last line was still written or not. So whoever
goes on after a crash knows of each row whether it is done, and no row is captured twice.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from capture.batch.on_record import OnRecord
from capture.batch.outcome import RowOutcome, RowTrouble, pass_outcome, read_outcome, unasked
from capture.batch.progress import BatchProgress, Counts, RowDone, RowProgress
from capture.batch.recovery import beginning, close_batch, recover_batches
from capture.batch.row import BatchRow
from capture.batch.schedule import Schedule, Try
from capture.errors import CaptureError, NotAsked
from capture.recorder.reading import capture_readers
from capture.recorder.stopping import BY_THE_OFFICER, Stop
from capture.run.askable import demand_askable
from capture.run.disk_room import DiskRoom
from capture.run.recovery import recover_abandoned
from capture.run.run import CaptureResult, OpenCapture
from hashing.case.batch_events import (
    BATCH_FORMAT,
    CAPTURED_BEFORE,
    DONE,
    NOT_TRIED,
    BatchStarted,
    RowEnded,
    RowStarted,
    RowTaken,
)
from hashing.case.batch_folder import BatchFolder, is_running
from hashing.case.capture_folder import is_sealed
from hashing.case.case import CAPTURES, Case
from hashing.case.events import CaptureStarted
from hashing.case.kinds import CaptureStatus
from hashing.errors import HashingError, InUse, NotAsSigned, StorageFull, Unwritable
from hashing.ledger.keys import SigningKey
from hashing.times import Clock, system_clock, time_text
from hashing.tool import tool

_LOOK_AGAIN = 0.5  # Seconds after which the main thread looks up, at the latest.
# Captures in which nothing has come, and that wait for another try: each keeps files open and threads ready.
_MOST_OPEN = 32
_ELSEWHERE = 2.0  # Seconds after which a row that another batch has begun is looked at again.


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSettings:
    """How a batch goes about its rows. Times in seconds."""

    jobs: int = 4  # Scenes side by side.
    per_host: int = 2
    delay: float = 0.0  # From the beginning of one scene of a host to that of the next.
    retries: int = 2
    pause: float = 30.0  # Before what failed is tried again; doubled for each further time.
    again: bool = False  # Whether rows that are done are captured anew.


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSummary:
    """A batch that has ended."""

    id: str
    path: Path
    status: str  # finished, interrupted (by Ctrl-C) or stopped (by `reason`).
    reason: str
    counts: Counts
    failed: Sequence[tuple[BatchRow, str]]  # Rows of which nothing was got, each with the reason.
    results: Sequence[CaptureResult]
    statuses: frozenset[str]  # Those with which rows ended.
    refused: bool  # Whether a row's address is one that goldenhour does not connect to.


class _NotBegun(Exception):
    """Another batch has the row, and this one leaves it alone: done, or under way in `elsewhere`."""

    def __init__(self, done: RowEnded | None = None, elsewhere: Path | None = None) -> None:
        super().__init__("another batch has it")
        self.done = done
        self.elsewhere = elsewhere


@dataclass(frozen=True, slots=True)
class _Ended:
    """What a thread reports: the row's capture, or why there is none.

    Where nothing came, and may come later, `tried.opened` is the capture, and not sealed yet.
    """

    tried: Try
    result: CaptureResult | None = None
    outcome: RowOutcome | None = None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class _Hold:
    """A thread was told that its row's host wants to be left alone."""

    tried: Try
    host: str
    seconds: float


@dataclass(slots=True)
class _Tally:
    """What is kept until the end."""

    failed: list[tuple[BatchRow, str]] = field(default_factory=list)
    results: list[CaptureResult] = field(default_factory=list)
    statuses: set[str] = field(default_factory=set)
    refused: bool = False


class Batch:
    """Captures rows until none is left. Each object does so once."""

    def __init__(
        self,
        rows: Sequence[BatchRow],
        case: Case,
        settings: BatchSettings,
        *,
        key: SigningKey,
        officer: str,
        source: str,
        progress: BatchProgress | None = None,
        stop: Stop | None = None,
        clock: Clock = system_clock,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = lambda: random.uniform(0.75, 1.25),  # noqa: S311 - spreads load, hides nothing
    ) -> None:
        self._rows = rows
        self._case = case
        self._settings = settings
        self._key = key
        self._officer = officer
        self._source = source
        self._progress = progress or BatchProgress()
        self._clock = clock
        self._monotonic = monotonic
        self._schedule = Schedule(
            per_host=settings.per_host,
            delay=settings.delay,
            retries=settings.retries,
            pause=settings.pause,
            jitter=jitter,
        )
        self._user = stop or Stop()
        self._stop = Stop()  # Of the batch itself: asked by the user's, or where there is no room for more rows.
        self._readers = capture_readers()
        self._counts = Counts(total=len(rows))
        self._tally = _Tally()
        self._reports: queue.Queue[_Ended | _Hold] = queue.Queue()
        self._threads: dict[int, threading.Thread] = {}  # By the number of the try.
        self._open: set[OpenCapture] = set()  # Captures that wait for another try.
        self._died: set[Path] = set()  # Batches that died and were finished off while this one goes on.
        self._folder: BatchFolder
        self._started: BatchStarted
        self._on_record: OnRecord

    def run(self, row_ended: Callable[[RowDone], None] = lambda _: None) -> BatchSummary:
        """Capture all rows; `row_ended` hears of each as it ends.

        Ctrl-C, the `stop` that was given, or a disk without room seals what has arrived.

        Raises StorageFull before anything is made, and what makes going on impossible: Unwritable, NotAsSigned.
        """
        # 1. Refuse to begin without room.
        if self._rows:
            DiskRoom(self._case.path, self._rows[0].options.min_free).demand()
        # 2. Put the rows on disk first: a batch that dies from here on can be gone on with.
        self._begin_batch()
        # 3. Work them off. Whatever ends that, the threads that capture end before the lock on the batch does.
        try:
            return self._run(row_ended)
        except BaseException:
            self._stop.ask("the batch failed")
            for thread in self._threads.values():
                if thread.is_alive():
                    thread.join()
            raise
        finally:
            self._readers.close()
            self._folder.close()

    def _run(self, row_ended: Callable[[RowDone], None]) -> BatchSummary:
        with self._user.heeded(self._halt):
            try:
                self._record_beginning(row_ended)
                self._work_off(row_ended)
            except KeyboardInterrupt:
                self._user.ask(BY_THE_OFFICER)
            self._see_out(row_ended)
        status, reason = ("stopped", self._stop.reason) if self._stop.reason else ("finished", "")
        if self._user.reason:
            status, reason = "interrupted", self._user.reason
        try:
            close_batch(self._case, self._folder, status, reason, key=self._key, clock=self._clock)
        except StorageFull as error:  # the next command on this case writes the last lines
            status, reason = "stopped", reason or str(error)
        return BatchSummary(
            id=self._folder.id,
            path=self._folder.path,
            status=status,
            reason=reason,
            counts=self._counts,
            failed=tuple(self._tally.failed),
            results=tuple(self._tally.results),
            statuses=frozenset(self._tally.statuses),
            refused=self._tally.refused,
        )

    def _record_beginning(self, row_ended: Callable[[RowDone], None]) -> None:
        """Have the case note the batch, and put the rows that are not done yet into the schedule."""
        # Only now is it known which rows other batches have done: with its line in the case this one sees theirs.
        self._case.record(beginning(self._folder, self._started, self._key), key=self._key)
        self._on_record.refresh()
        captured_before = []
        for row in self._rows:
            done = self._captured(row)
            if done is None:
                self._schedule.add(Try(row))
            else:
                captured_before.append(self._before(row, done))
        self._counts.before = len(captured_before)
        self._folder.append(*(self._row_ended(each) for each in captured_before))
        self._progress.began(self._counts)
        for each in captured_before:
            row_ended(each)

    def _begin_batch(self) -> None:
        """Put the rows into a queue on disk. Raises Unwritable, StorageFull."""
        with self._case.held(self._key):
            self._folder = BatchFolder.create(self._case, self._clock(), self._key)
            try:
                self._started = self._first_line()
                moment = self._started.time
                self._folder.append(
                    self._started,
                    *(
                        RowTaken(
                            time=moment, row=row.id, line=row.given.line, scene=row.scene, options=row.given.options
                        )
                        for row in self._rows
                    ),
                )
            except BaseException:
                self._folder.close()
                raise
        self._on_record = OnRecord(self._case, self._folder.path)

    def _first_line(self) -> BatchStarted:
        settings = self._settings
        return BatchStarted(
            time=time_text(self._clock()),
            format=BATCH_FORMAT,
            case=self._case.info.id,
            batch=self._folder.id,
            officer=self._officer,
            signer=self._key.public.raw.hex(),
            tool=tool(),
            source=self._source,
            rows=len(self._rows),
            settings={
                "jobs": settings.jobs,
                "per_host": settings.per_host,
                "delay": f"{settings.delay:g} s",
                "retries": settings.retries,
                "pause": f"{settings.pause:g} s",
                "again": settings.again,
            },
        )

    def _work_off(self, row_ended: Callable[[RowDone], None]) -> None:
        """Begin rows and hear of them, until none is left or the batch is to stop."""
        while not self._stop.reason:
            now = self._monotonic()
            # 1. Begin what may begin now: the schedule knows hosts, delays and rows that wait for another try.
            while len(self._threads) < self._settings.jobs and (tried := self._schedule.next(now)) is not None:
                self._begin(tried)
            # 2. Nothing runs, nothing waits, nothing is to be heard: done.
            pause = self._schedule.seconds_to_next(now)
            if pause is None and not self._threads and self._reports.empty():
                return
            # 3. Wait for a row to end, or for the next to be due.
            full = len(self._threads) >= self._settings.jobs
            self._hear(row_ended, _LOOK_AGAIN if pause is None or full else min(pause, _LOOK_AGAIN))

    def _see_out(self, row_ended: Callable[[RowDone], None]) -> None:
        """Wait for the rows that run, which were told to end, and seal what waited for another try."""
        while self._threads or not self._reports.empty():
            self._hear(row_ended, _LOOK_AGAIN)
        now = self._monotonic()
        for tried in [each for each in self._schedule.waiting() if each.opened in self._open]:
            assert tried.opened is not None  # noqa: S101 - tells the type
            self._open.discard(tried.opened)
            report = self._sealed(_Ended(tried), tried.opened, self._stop.reason or self._user.reason)
            assert report.outcome is not None  # noqa: S101 - tells the type
            self._settle([self._done(report, report.outcome, now, again=False)], row_ended)

    def _begin(self, tried: Try) -> None:
        if tried.opened is not None:
            self._open.discard(tried.opened)
            self._record_try(tried)
        thread = threading.Thread(target=self._capture, args=(tried,), name="scene", daemon=True)
        self._threads[id(tried)] = thread
        self._counts.running = len(self._threads)
        thread.start()

    def _record_try(self, tried: Try) -> None:
        """Put on record that a row is tried again, in the same capture."""
        event = RowStarted(
            time=time_text(self._clock()),
            row=tried.row.id,
            capture=tried.capture,
            exhibit=tried.exhibit,
            attempt=tried.attempt,
        )
        try:
            self._folder.append(event)
        except StorageFull as error:  # the capture itself says what becomes of the row
            self._halt(str(error))

    def _capture(self, tried: Try) -> None:
        """Capture a row, in a thread of its own, and report how it ended, whatever happens."""

        def _waiting(host: str, seconds: float) -> None:
            self._reports.put(_Hold(tried, host, seconds))

        ended = _Ended(tried)
        try:
            # 1. Ask nobody who is known to refuse.
            demand_askable(tried.row.given.scene, tried.row.options, self._stop)
            # 2. Begin a capture, or go on with the one that an earlier try has left open. Whoever claims the row does
            # so while the case is locked, so that of two batches one alone has it.
            opened, tried.opened = tried.opened, None
            if opened is None:
                opened = OpenCapture(
                    tried.row.given.scene,
                    self._case,
                    tried.row.options,
                    key=self._key,
                    progress=RowProgress(self._progress.received, _waiting),
                    stop=self._stop,
                    begun=lambda started: self._claim(tried, started),
                    readers=self._readers,
                    clock=self._clock,
                )
            # 3. Seal it, unless nothing came and something may come later: then it waits, and is no capture of nothing.
            came = opened.go_over()
            outcome = pass_outcome(came.events, came.failures, refused=came.refused)
            passing = outcome.trouble not in {RowTrouble.LASTING, RowTrouble.NONE, RowTrouble.SESSION}
            if came.failures and passing and not (came.over or came.got):
                tried.opened = opened
                ended = replace(ended, outcome=outcome)
            else:
                ended = self._sealed(ended, opened)
        except InUse as error:
            path = self._case.path / CAPTURES / tried.capture
            sealed = bool(tried.capture) and is_sealed(path)  # else it had not begun; the case was busy
            ended = replace(ended, error=error, outcome=read_outcome(path) if sealed else None)
        except BaseException as error:  # noqa: BLE001 - raised again, or made a row's reason, where reports are heard
            ended = replace(ended, error=error)
        self._reports.put(ended)

    def _sealed(self, ended: _Ended, opened: OpenCapture, reason: str = "") -> _Ended:
        """Seal a row's capture; a `reason` is why it is not tried again."""
        result = opened.seal(reason)
        return replace(ended, result=result, outcome=read_outcome(result.path, refused=result.refused))

    def _claim(self, tried: Try, started: CaptureStarted) -> None:
        """Put on record that a row's capture begins, unless another batch was faster. The case is locked meanwhile."""
        self._on_record.refresh()
        record = self._on_record.row(tried.row.id)
        if (done := self._captured(tried.row)) is not None:
            raise _NotBegun(done=done)
        if not self._settings.again and record.under_way is not None and record.under_way not in self._died:
            raise _NotBegun(elsewhere=record.under_way)
        event = RowStarted(
            time=started.time,
            row=tried.row.id,
            capture=started.capture,
            exhibit=started.exhibit,
            attempt=tried.attempt,
            after=record.interrupted,
        )
        self._folder.append(event)
        tried.capture, tried.exhibit = started.capture, started.exhibit

    def _captured(self, row: BatchRow) -> RowEnded | None:
        """Return the line that says that a row is done, where the case's own signed ledger bears it out."""
        done = None if self._settings.again else self._on_record.row(row.id).done
        return done if done is not None and self._case.has_seal_of(done.capture) else None

    def _hear(self, row_ended: Callable[[RowDone], None], seconds: float) -> None:
        """Wait for a report, and take it in."""
        try:
            report = self._reports.get(timeout=seconds)
        except queue.Empty:
            # One that Ctrl-C kept from starting reports nothing.
            self._threads = {name: thread for name, thread in self._threads.items() if thread.is_alive()}
            return
        if isinstance(report, _Hold):
            self._schedule.hold(report.tried, self._monotonic() + report.seconds)
            self._progress.waiting(report.host, report.seconds)
            return
        self._threads.pop(id(report.tried), None)
        self._counts.running = len(self._threads)
        self._settle(self._judged(report), row_ended)

    def _settle(self, ended: Sequence[RowDone], row_ended: Callable[[RowDone], None]) -> None:
        """Record, count and tell what became of rows; one whose capture goes on has not ended yet."""
        if sealed := [done for done in ended if not (done.again and done.capture and done.result is None)]:
            self._record(sealed)
        for done in ended:
            self._count(done)
            row_ended(done)

    def _judged(self, report: _Ended) -> list[RowDone]:
        """Return what became of a row, and of others with it, where its host is given up."""
        tried, now = report.tried, self._monotonic()
        # 1. Another batch has the row.
        if isinstance(report.error, _NotBegun):
            return self._left_to_another(tried, report.error, now)
        # 2. What ends the whole batch, such as a full disk, is said first; a capture that waited is sealed then.
        outcome = report.outcome or self._fault(report.error)
        if outcome.stopped:
            self._halt(outcome.stopped)
        opened = tried.opened
        if opened is not None and (self._stop.reason or len(self._open) >= _MOST_OPEN):
            tried.opened = None
            report = self._sealed(report, opened, self._stop.reason)
            outcome = report.outcome or outcome
        if outcome.status == CaptureStatus.INTERRUPTED:
            self._schedule.put_back(tried)
            return [self._done(report, outcome, now, again=False)]
        # 3. The schedule knows what this says of the row's host: try again, leave it alone, or give it up with all its
        # rows.
        verdict = self._schedule.ended(tried, outcome.trouble, now)
        if verdict.left_alone:
            self._progress.waiting(verdict.left_alone, verdict.seconds)
        if tried.opened is not None and verdict.again:
            self._open.add(tried.opened)
        elif tried.opened is not None:
            report = self._sealed(report, tried.opened)
            outcome = report.outcome or outcome
        asked = "was left alone and asked again, and goes on refusing"
        if outcome.trouble is RowTrouble.SESSION:
            asked = "asks for a log-in, row after row"
        given_up_for = f"{tried.row.places[0]} {asked}: {outcome.reason}"
        return [
            self._done(report, outcome, now, again=verdict.again),
            *(self._given_up(each, given_up_for, now) for each in verdict.given_up),
        ]

    def _given_up(self, tried: Try, reason: str, now: float) -> RowDone:
        """Return what becomes of a row whose host is given up; a capture that waited for another try is sealed."""
        if tried.opened is None:
            return RowDone(row=tried.row, status=NOT_TRIED, reason=reason)
        self._open.discard(tried.opened)
        report = self._sealed(_Ended(tried), tried.opened)
        assert report.outcome is not None  # noqa: S101 - tells the type
        return self._done(report, replace(report.outcome, reason=reason), now, again=False)

    def _fault(self, error: BaseException | None) -> RowOutcome:
        """Return what an error makes of a row. Raises the error where no other row would fare better."""
        if isinstance(error, StorageFull):
            return RowOutcome(
                status=CaptureStatus.INTERRUPTED, reason=str(error), trouble=RowTrouble.PASSING, stopped=str(error)
            )
        if isinstance(error, NotAsked):
            return RowOutcome(status=CaptureStatus.NOTHING, reason=str(error), trouble=unasked(error))
        if isinstance(error, InUse):
            return RowOutcome(status=CaptureStatus.NOTHING, reason=str(error), trouble=RowTrouble.PASSING)
        if isinstance(error, CaptureError | HashingError) and not isinstance(error, Unwritable | NotAsSigned):
            return RowOutcome(status=CaptureStatus.NOTHING, reason=str(error), trouble=RowTrouble.LASTING)
        assert error is not None  # noqa: S101 - tells the type: without a result there is an error
        raise error

    def _left_to_another(self, tried: Try, error: _NotBegun, now: float) -> list[RowDone]:
        """Take over what another batch has done; look again later where it has only begun."""
        self._schedule.put_back(tried)
        if error.done is not None:
            return [self._before(tried.row, error.done)]
        if error.elsewhere is not None and not is_running(error.elsewhere):
            recover_abandoned(self._case, key=self._key, officer=self._officer, begun_here=True, clock=self._clock)
            recover_batches(self._case, key=self._key, begun_here=True, clock=self._clock)
            self._died.add(error.elsewhere)
            self._schedule.add(tried)
        else:
            self._schedule.add_later(tried, now + _ELSEWHERE)
        return []

    def _before(self, row: BatchRow, done: RowEnded) -> RowDone:
        return RowDone(row=row, status=CAPTURED_BEFORE, exhibit=done.exhibit, capture=done.capture)

    def _done(self, report: _Ended, outcome: RowOutcome, now: float, *, again: bool) -> RowDone:
        tried = report.tried
        return RowDone(
            row=tried.row,
            status=outcome.status,
            reason=outcome.reason,
            attempt=tried.attempt,
            again=again,
            exhibit=tried.exhibit,
            capture=tried.capture,
            seconds=now - tried.begun,
            result=report.result,
            outcome=outcome,
            refused=isinstance(report.error, NotAsked) and report.error.refused,
        )

    def _record(self, ended: Sequence[RowDone]) -> None:
        """Write down what became of rows; a host that is given up may end thousands at once."""
        try:
            self._folder.append(*(self._row_ended(done) for done in ended))
        except StorageFull as error:  # the captures themselves say what became of them
            self._halt(str(error))

    def _count(self, done: RowDone) -> None:
        """Count a row that has ended, and keep what is needed at the end."""
        if done.result is not None:
            self._tally.results.append(done.result)
        if done.status == CAPTURED_BEFORE:
            self._counts.before += 1
        elif done.status in DONE:
            self._counts.done += 1
        elif done.status != CaptureStatus.INTERRUPTED and not done.again:
            self._counts.failed += 1
            self._tally.failed.append((done.row, done.reason))
            self._tally.refused = (
                self._tally.refused or done.refused or (done.result is not None and done.result.refused)
            )
        if not done.again:
            self._tally.statuses.add(done.status)
        self._progress.ended(done)

    def _row_ended(self, done: RowDone) -> RowEnded:
        return RowEnded(
            time=time_text(self._clock()),
            row=done.row.id,
            status=done.status,
            capture=done.capture,
            exhibit=done.exhibit,
            reason=done.reason,
            again=done.again,
        )

    def _halt(self, reason: str) -> None:
        """Begin no further row, and have those that run seal what has arrived."""
        if not self._stop.reason:
            self._progress.stopping(reason)
        self._stop.ask(reason)
