"""A worker: takes rows from the queue, captures each into a case of its own, and says what became of it.

The main thread alone speaks with the database; each row is captured in a thread of its own. A database that goes away
stops nobody: what runs is captured and sealed, and reported when it is back. What the worker has sealed, its own case
knows, so that a row which comes once more is not captured twice by it.
"""

from __future__ import annotations

import os
import platform
import queue
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from capture.batch.outcome import RowOutcome, RowTrouble, read_outcome, unasked
from capture.batch.schedule import LONGEST_PAUSE, Network
from capture.errors import CaptureError, NotAsked
from capture.recorder.reading import capture_readers
from capture.recorder.stopping import Stop
from capture.request.options import CaptureOptions
from capture.run.askable import demand_askable
from capture.run.disk_room import DiskRoom
from capture.run.run import CaptureResult, capture
from fleet.enrol import letters_of
from fleet.errors import BadJob, DatabaseGone
from fleet.job import read_job, row_of
from fleet.queue import CAPTURED, FAILED, WAITING, Queue, RowReport, TakenRow
from hashing.case.batch_events import DONE
from hashing.case.capture_folder import capture_events, is_sealed
from hashing.case.case import Case
from hashing.case.events import CaptureStarted
from hashing.case.kinds import CaptureStatus
from hashing.errors import HashingError, NotAsSigned, StorageFull, Unwritable
from hashing.ledger.keys import PublicKey, SigningKey
from hashing.printable import printable
from hashing.times import Clock, system_clock

BEAT = 10.0  # Seconds between two signs of life.
_LOOK_AGAIN = 1.0  # Seconds after which an empty queue is looked at again.
_LONGEST_WAIT = 30.0  # Seconds, at the most, between two attempts to reach the database.
# Where a clock is off the database's by more, one of them is wrong: what is captured might bear a wrong time.
_CLOCK_OFF = timedelta(seconds=10)
_LEAST_FREE = 4 << 20  # Bytes of the disk without which no row is taken, whatever --min-free says.
_LONGEST_REASON = 1000
# What is the host's, and not the row's.
_HOST_REFUSES = frozenset({RowTrouble.HOST, RowTrouble.SILENT, RowTrouble.UNREACHABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """How a worker goes about its rows. Times in seconds."""

    scenes: int = 4  # Scenes side by side.
    retries: int = 2
    pause: float = 30.0  # Before what failed is tried again; doubled for each further time.
    # How long it may be silent before others take its rows: far longer than the time between two signs of life.
    lease: float = 300.0
    until_done: bool = False  # Whether it ends when no row of the operation is left.


class WorkerProgress:
    """What a worker tells while it works; this one tells nobody."""

    def ended(self, scene: str, done: RowReport) -> None:
        """Hear what became of a row; its scene may be a stranger's words."""

    def says(self, text: str) -> None:
        """Hear why no row is taken; "" once rows are taken again."""


@dataclass(slots=True)
class WorkerSummary:
    """What a worker has done."""

    captured: int = 0
    failed: int = 0
    returned: int = 0  # Rows that went back into the queue.
    results: list[CaptureResult] = field(default_factory=list)
    unreported: int = 0  # Rows of which the database was not told what became of them.


@dataclass(frozen=True, slots=True)
class _Ended:
    """What a thread reports: what became of a row, or what made that impossible; and what trouble there was."""

    taken: TakenRow
    report: RowReport | BaseException
    trouble: RowTrouble  # SILENT where no host was asked: that tells nothing of the network.
    begun: float


def suggested_initials(initials: str, key: PublicKey) -> str:
    """Return initials that differ by the worker's key: exhibits of all workers come into one case."""
    return initials[:3] + letters_of(key)


def clock_fault(before: datetime, heard: datetime, after: datetime) -> str:
    """Say by how much this computer's clock is off the database's, which said its time between two looks; "" if not.

    Half the way between the two is the best guess, and the whole way the error of it (as in NTP, RFC 5905, section 8).
    """
    offset = heard - (before + (after - before) / 2)
    if abs(offset) <= _CLOCK_OFF + (after - before):
        return ""
    behind = "behind" if offset > timedelta() else "ahead of"
    return f"this computer's clock is {_span(offset)} {behind} the database's: set the right one by NTP"


class Worker:
    """Captures rows until it is told to stop, or none is left. Each object does so once."""

    def __init__(
        self,
        queue_: Queue,
        case: Case,
        options: CaptureOptions,
        settings: WorkerSettings,
        *,
        key: SigningKey,
        progress: WorkerProgress | None = None,
        stop: Stop | None = None,
        clock: Clock = system_clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue = queue_
        self._case = case
        self._options = options
        self._settings = settings
        self._key = key
        self._progress = progress or WorkerProgress()
        self._stop = stop or Stop()
        self._clock = clock
        self._monotonic = monotonic
        self._run = os.urandom(16).hex()
        self._room = DiskRoom(case.path, max(options.min_free, _LEAST_FREE))
        self._readers = capture_readers()
        self._ended: queue.Queue[_Ended] = queue.Queue()
        self._network = Network(lambda failures: min(settings.pause * 2 ** min(failures, 10), LONGEST_PAUSE))
        self._threads: dict[str, threading.Thread] = {}
        self._unreported: list[RowReport] = []
        self._sealed: dict[str, Path] = {}  # The capture of each row that this case has.
        self._says = self._unfit = ""
        self._next_beat = self._next_look = 0.0
        self._open = -1  # Rows of the operation that wait or run; -1 where that is not known.
        self.summary = WorkerSummary()

    def run(self) -> WorkerSummary:
        """Take rows, and return once there is reason to stop. What runs is sealed before.

        Raises BadDatabase for a database that is none of ours, and what makes going on impossible: Unwritable,
        NotAsSigned.
        """
        # What this case has already is known before the first row is taken.
        self._sealed = dict(_rows_of(self._case))
        try:
            self._work()
        except BaseException:
            self._stop.ask("the worker failed")
            raise
        finally:
            for thread in self._threads.values():
                thread.join()
            self._readers.close()
        return self.summary

    def _work(self) -> None:
        failures = 0
        while True:
            # 1. Hear of rows that have ended.
            self._hear(0.0 if self._unreported else pause_of(failures))
            if self._stop.reason and not self._threads:
                break
            # 2. Say so, give a sign of life, and take what there is room for.
            try:
                self._speak()
            except DatabaseGone as error:
                failures += 1
                self._say(f"{error}; what runs is captured meanwhile")
                self._open, self._next_beat = -1, 0.0
                self._hear(pause_of(failures))
                continue
            failures = 0
            if self._settings.until_done and self._open == 0 and not self._threads:
                break
        self._finish()

    def _speak(self) -> None:
        """Tell the database what there is to tell, and take rows. Raises DatabaseGone, BadDatabase."""
        while self._unreported:
            self._queue.report(self._run, self._unreported[0])
            # Taken off only when the database has it: a report that fails is made again.
            self._unreported.pop(0)
            self._next_beat = 0.0 if not self._threads else self._next_beat
        now = self._monotonic()
        if now >= self._next_beat:
            self._next_beat = now + BEAT
            self._beat()
        # Reports and signs of life go on in any case: what runs must not be given to another.
        if self._stop.reason or self._unfit or now < self._next_look:
            return
        while len(self._threads) < self._settings.scenes:
            if self._network.lost and (self._threads or now < self._network.quiet_until):
                return  # then one row is tried
            taken = self._queue.take(self._run)
            if taken is None:
                self._next_look = now + _LOOK_AGAIN * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load
                if self._settings.until_done and not self._threads:
                    self._next_beat = 0.0  # it tells whether anything is left
                return
            if taken.name in self._threads:
                continue  # it was given back while this worker was silent, and is captured here still
            thread = threading.Thread(target=self._capture, args=(taken,), name="scene", daemon=True)
            self._threads[taken.name] = thread
            thread.start()

    def _beat(self) -> None:
        """Give a sign of life, and find out whether rows may be taken: by the disk, and by the database's clock."""
        before = self._clock()
        heard = self._queue.beat(
            self._run,
            self._key.public.raw.hex(),
            platform.node()[:100],
            self._says,
            self._settings.lease,
            held=[*self._threads, *(each.name for each in self._unreported)],
        )
        self._open = heard.open
        # The clock before the disk: a capture at a wrong time cannot be made good afterwards.
        self._unfit = clock_fault(before, heard.now, self._clock())
        if not self._unfit and self._room.is_short():
            self._unfit = self._room.shortage
        lost = "no host can be reached from here: its network is lost" if self._network.lost else ""
        self._say(self._unfit or lost)

    def _say(self, text: str) -> None:
        if text != self._says:
            self._says = text
            self._next_beat = 0.0  # so that `fleet status` tells it
            self._progress.says(text)

    def _hear(self, seconds: float) -> None:
        """Wait for a row to end, and take in all that have. Raises what made a capture impossible."""
        timeout = seconds
        while True:
            try:
                ended = self._ended.get(timeout=timeout) if timeout else self._ended.get_nowait()
            except queue.Empty:
                return
            timeout = 0.0
            taken = ended.taken
            self._threads.pop(taken.name).join()
            report = self._judged(ended)
            self._unreported.append(report)
            self._next_look = 0.0
            self.summary.captured += report.state == CAPTURED
            self.summary.failed += report.state == FAILED
            self.summary.returned += report.state == WAITING
            if not report.counted:  # the disk may be full
                self._next_beat = 0.0
            self._progress.ended(_scene_of(taken), report)

    def _judged(self, ended: _Ended) -> RowReport:
        """Return what is reported of a row: that this computer's own network is lost is no fault of row or host."""
        if isinstance(ended.report, BaseException):
            raise ended.report
        if ended.trouble is RowTrouble.UNREACHABLE:
            if self._network.unreachable(ended.taken.hosts[0], ended.begun, self._monotonic()):
                self._next_beat = 0.0
                return RowReport(name=ended.taken.name, state=WAITING, counted=False)
        elif ended.trouble is not RowTrouble.SILENT:
            self._network.answered()
        return ended.report

    def _finish(self) -> None:
        """Tell what is left to tell, once: others take what the database is not told of."""
        with suppress(DatabaseGone):
            while self._unreported:
                self._queue.report(self._run, self._unreported[0])
                self._unreported.pop(0)
            self._queue.end(self._run)
        self.summary.unreported = len(self._unreported)

    def _capture(self, taken: TakenRow) -> None:
        """Capture a row, in a thread of its own, and report how it ended, whatever happens."""
        report: RowReport | BaseException
        begun, trouble = self._monotonic(), RowTrouble.SILENT
        try:
            report, trouble = self._captured(taken)
        except (BadJob, CaptureError) as error:
            report = RowReport(name=taken.name, state=FAILED, reason=_shortened(error))
        except StorageFull as error:
            report = RowReport(name=taken.name, state=WAITING, reason=_shortened(error), again=1.0, counted=False)
        except (Unwritable, NotAsSigned) as error:  # no other row would fare better here
            report = error
        except HashingError as error:
            report = RowReport(name=taken.name, state=FAILED, reason=_shortened(error))
        except Exception as error:  # noqa: BLE001 - a row that finds a fault must not end one worker after the other
            report = RowReport(name=taken.name, state=FAILED, reason=f"a fault in goldenhour: {_shortened(error)}")
        except BaseException as error:  # noqa: BLE001 - raised again where reports are heard
            report = error
        self._ended.put(_Ended(taken, report, trouble, begun))

    def _captured(self, taken: TakenRow) -> tuple[RowReport, RowTrouble]:
        # 1. Understand every word of it. That its gates are those of its hosts is checked too: others wait at them.
        job = read_job(taken.job, taken.name)
        row = row_of(job, replace(self._options, row=taken.name), self._clock())
        if set(row.places) != set(taken.hosts):
            raise BadJob(f"it waited at the gates of other hosts than it asks: {', '.join(row.places)}")
        # 2. What this case has already is not captured again: the database was not told, or has forgotten it.
        before = self._sealed.get(taken.name)
        if before is not None and (outcome := read_outcome(before)).status in DONE:
            return self._report_of(taken, before, outcome), RowTrouble.SILENT
        # 3. Ask nobody who is known to refuse; then capture and seal.
        try:
            demand_askable(job.scene, row.options, self._stop)
        except NotAsked as error:
            report = RowReport(name=taken.name, state=FAILED, reason=_shortened(error))
            return self._tried(taken, unasked(error), report), unasked(error)
        result = capture(
            job.scene, self._case, row.options, key=self._key, stop=self._stop, readers=self._readers, clock=self._clock
        )
        self._sealed[taken.name] = result.path
        self.summary.results.append(result)
        outcome = read_outcome(result.path, refused=result.refused)
        return self._report_of(taken, result.path, outcome), outcome.trouble

    def _report_of(self, taken: TakenRow, path: Path, outcome: RowOutcome) -> RowReport:
        started = _started(path)
        report = RowReport(
            name=taken.name,
            state=CAPTURED if outcome.status in DONE else FAILED,
            status=outcome.status,
            reason=printable(outcome.reason, _LONGEST_REASON),
            exhibit=started.exhibit,
            capture=started.capture,
        )
        if outcome.status == CaptureStatus.INTERRUPTED:
            return replace(report, state=WAITING, counted=False)
        return self._tried(taken, outcome.trouble, report) if report.state == FAILED else report

    def _tried(self, taken: TakenRow, trouble: RowTrouble, report: RowReport) -> RowReport:
        """Say of a row of which nothing came whether it is tried again, and whether its hosts rest."""
        pause = min(self._settings.pause * 2 ** min(taken.attempt, 30), LONGEST_PAUSE)
        pause *= random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, hides nothing
        rest = pause if trouble in _HOST_REFUSES else 0.0
        if trouble is RowTrouble.LASTING or taken.attempt >= self._settings.retries:
            return replace(report, rest=rest)
        return replace(report, state=WAITING, again=pause, rest=rest)


def _rows_of(case: Case) -> Iterator[tuple[str, Path]]:
    """Yield the rows whose sealed captures a case has. Raises Unreadable, BadFormat."""
    for path in case.captures():
        if is_sealed(path) and (row := row_name(_started(path))):
            yield row, path


def row_name(started: CaptureStarted) -> str:
    """Return which row of a fleet a capture is of; "" for none."""
    return str(started.settings.get("row", ""))


def _started(path: Path) -> CaptureStarted:
    first = next(islice(capture_events(path), 1))
    assert isinstance(first, CaptureStarted)  # noqa: S101 - tells the type: a sealed capture begins with it
    return first


def _scene_of(taken: TakenRow) -> str:
    try:
        return read_job(taken.job, taken.name).scene
    except BadJob:
        return f"row {printable(taken.name, 64)}"


def pause_of(failures: int) -> float:
    """Return for how long to wait for the database after so many failures; without one, for rows to end."""
    return min(0.5 * 2 ** min(failures, 10), _LONGEST_WAIT) if failures else 0.1


def _span(offset: timedelta) -> str:
    return f"{abs(offset.total_seconds()):,.0f} s"


def _shortened(error: Exception) -> str:
    return printable(str(error) or type(error).__name__, _LONGEST_REASON)
