"""One capture: a scene in, a sealed capture folder out, whatever happens on the way."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from capture.examination import Examination
from capture.intake import Intake
from capture.progress import Progress, Silent
from capture.recorder.recorder import Recorder
from capture.scene import parse_scene
from capture.settings_record import settings_record, versions_record
from capture.sources import Found, Read, Unread, source_for
from capture.writer import Writer
from hashing.capture_folder import INCOMING, Seal, capture_origin
from hashing.errors import HashingError
from hashing.events import CAPTURE_FORMAT, CaptureFinished, CaptureStarted, Skipped
from hashing.times import Clock, system_clock, timestamp
from hashing.tool import tool

if TYPE_CHECKING:
    from pathlib import Path

    from capture.options import CaptureOptions
    from capture.scene import Scene
    from capture.sources import Source
    from hashing.capture_folder import CaptureFolder
    from hashing.case import Case
    from hashing.keys import SigningKey

COMPLETE, PARTIAL, NOTHING, INTERRUPTED = "complete", "partial", "nothing", "interrupted"


@dataclass(frozen=True, slots=True)
class CaptureResult:
    """A sealed capture: its folder, what became of it, and its seal."""

    path: Path
    capture: str
    exhibit: str
    status: str
    seal: Seal
    refused: bool = False
    """Nothing was captured because the scene's address is one that goldenhour does not connect to."""


def capture(
    scene_text: str,
    case: Case,
    options: CaptureOptions,
    *,
    key: SigningKey,
    progress: Progress | None = None,
    clock: Clock = system_clock,
) -> CaptureResult:
    """Capture a scene into a case and seal it.

    Whatever a server does ends as an item or as a failed item with its reason. Ctrl-C seals what had arrived.
    Raises BadScene, BadSettings before anything is fetched; Unwritable where the case cannot be written.
    """
    scene = parse_scene(scene_text)
    source = source_for(scene)
    options.wanted_kinds()
    if scene.login is not None:
        logins = {**options.network.credentials, scene.login[0]: scene.login[1]}
        options = replace(options, network=replace(options.network, credentials=logins))

    def _start(capture_id: str, exhibit: str) -> CaptureStarted:
        return CaptureStarted(
            time=timestamp(clock()),
            format=CAPTURE_FORMAT,
            case=case.info.id,
            capture=capture_id,
            exhibit=exhibit,
            scene=scene.text,
            officer=options.officer,
            initials=options.initials,
            signer=key.public.raw.hex(),
            tool=tool(),
            versions=versions_record(),
            settings=settings_record(options),
            title=options.title,
            note=options.note,
        )

    folder, started = case.begin_capture(options.initials, _start, key=key, clock=clock)
    run = _Run(folder, started, options, progress or Silent(), clock)
    try:
        status = run.take(scene, source)
        seal = folder.seal(key, capture_origin(case.info.id, started.capture))
    except BaseException:
        run.abandon()
        folder.close()  # unsealed: the next command that opens the case finishes it off
        raise
    case.record_seal(started.capture, started.exhibit, status, seal, key=key, clock=clock)
    return CaptureResult(folder.path, started.capture, started.exhibit, status, seal, run.refused)


class _Run:
    """The parts of one capture while it runs."""

    def __init__(
        self, folder: CaptureFolder, started: CaptureStarted, options: CaptureOptions, progress: Progress, clock: Clock
    ) -> None:
        self._folder = folder
        self._options = options
        self._progress = progress
        self._clock = clock
        self._reason = ""
        self._writer = Writer(folder, clock, disk_full=self._disk_full)
        self._recorder = Recorder(
            folder.path / INCOMING,
            options.network,
            passed=lambda arrival: self._intake.passed(arrival),  # noqa: PLW0108 - made below: each needs the other
            received=progress.received,
            clock=clock,
        )
        self._examination = Examination(folder, self._writer, clock)
        self._intake = Intake(
            folder,
            started.exhibit,
            self._writer,
            self._recorder,
            self._examination,
            disk_full=self._disk_full,
            progress=progress,
            clock=clock,
        )
        self._progress.started(started)

    def take(self, scene: Scene, source: Source) -> str:
        """Fetch everything, finish the ledger, and return the status."""
        pool = ThreadPoolExecutor(max(self._options.network.jobs, 1), thread_name_prefix="fetch")
        pending: dict[Future[None], Found] = {}
        interrupted = False
        try:
            self._fetch_all(scene, source, pool, pending)
        except KeyboardInterrupt:
            interrupted, self._reason = True, self._reason or "stopped by the user"
        finally:
            self._recorder_ended(pool, pending)
        return self._finish(interrupted=interrupted)

    @property
    def refused(self) -> bool:
        """Whether the scene itself was refused by the address guard."""
        return self._intake.refused

    def abandon(self) -> None:
        """End every thread, after a failure that leaves the capture unsealed."""
        self._recorder.stop()
        with suppress(HashingError):
            self._examination.close()
        with suppress(HashingError):
            self._writer.close()

    def _fetch_all(
        self, scene: Scene, source: Source, pool: ThreadPoolExecutor, pending: dict[Future[None], Found]
    ) -> None:
        wanted, taken = self._options.wanted_kinds(), 0
        # The source's own fetches run in the pool as well, so that Ctrl-C reaches this thread at once.
        for finding in source.find(scene, lambda found: pool.submit(self._intake.get, found, source.name).result()):
            match finding:
                case Read():
                    self._examination.record(finding)
                case Unread():
                    self._skip(finding.url, finding.reason, finding.count)
                case Found() if finding.kind not in wanted:
                    self._skip(finding.url, f"{finding.kind}: not asked for (--media {self._options.media})")
                case Found() if self._options.limit and taken >= self._options.limit:
                    self._skip(finding.url, f"over the limit (--limit {self._options.limit})")
                case Found():
                    taken += 1
                    self._progress.found(finding.url)
                    number = self._intake.next_number()
                    pending[pool.submit(self._intake.take, finding, number, source.name)] = finding
        for future in pending:
            future.result()

    def _skip(self, url: str, reason: str, count: int = 1) -> None:
        self._intake.skipped += count
        self._writer.record(Skipped(time=timestamp(self._clock()), url=url, reason=reason, count=count))

    def _recorder_ended(self, pool: ThreadPoolExecutor, pending: dict[Future[None], Found]) -> None:
        """Wait for every fetch to end; what had not begun is recorded as failed."""
        for future, found in pending.items():
            if future.cancel():
                self._intake.not_begun(found, self._reason or "the capture failed")
        if self._reason:
            self._recorder.stop()
        wait(pending)
        pool.shutdown(wait=True, cancel_futures=True)
        self._recorder.close()

    def _finish(self, *, interrupted: bool) -> str:
        self._progress.sealing()
        self._writer.flush()
        self._examination.close()
        self._writer.close()
        intake = self._intake
        status = COMPLETE
        if interrupted:
            status = INTERRUPTED
        elif not intake.got:
            status = NOTHING
        elif intake.failed or self._reason:
            status = PARTIAL
        self._folder.append(self._folder.close_warcs(self._clock))
        finished = CaptureFinished(
            time=timestamp(self._clock()),
            status=status,
            items=intake.items,
            failed=intake.failed,
            skipped=intake.skipped,
            bytes=intake.bytes,
            reason=self._reason,
        )
        self._folder.append([finished])
        return status

    def _disk_full(self) -> None:
        """Stop fetching, and give back the room that was kept for saying so."""
        self._reason = self._reason or "the disk is full"
        self._folder.release_reserve()
        self._recorder.stop()
