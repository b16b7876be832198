"""One capture: a scene in, a sealed capture folder out, whatever happens on the way."""

from __future__ import annotations

import itertools
from concurrent.futures import CancelledError, Future, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from capture.clock import MeasuredBeside
from capture.extractors import (
    DerivedFile,
    FetchRequest,
    ItemReading,
    NotFollowed,
    PostExcerpt,
    PostGone,
    Unavailable,
    search_targets,
)
from capture.reading import PHOTO_READER, capture_readers
from capture.recorder.address_guard import AddressGuard
from capture.recorder.recorder import Recorder
from capture.request.known import missing
from capture.request.progress import Progress, Silent
from capture.request.scene import parse_scene
from capture.request.stopping import Stop
from capture.run.disk_room import DiskRoom
from capture.run.examination import Examination
from capture.run.fetch_pool import FetchPool
from capture.run.intake import MEDIA, ItemStore
from capture.run.search import Search
from capture.run.settings_record import settings_record
from capture.run.writer import Writer
from capture.versions import versions_record
from hashing.case.capture_folder import INCOMING, Seal, capture_origin
from hashing.case.events import CAPTURE_FORMAT, CaptureFinished, CaptureStarted, PostChanged
from hashing.errors import HashingError, StorageFull
from hashing.times import Clock, system_clock, timestamp
from hashing.tool import tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from capture.extractors import Answer, Extractor, Finding
    from capture.request.options import CaptureOptions
    from capture.run.search import SearchTarget
    from hashing.case.capture_folder import CaptureFolder
    from hashing.case.case import Case
    from hashing.case.post import Post
    from hashing.ledger.keys import SigningKey
    from hashing.sandbox import Readers

_MOST_WAITING = 100_000
"""Photos and videos that wait to be fetched: a hostile list has no end, and each takes memory."""

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
    stop: Stop | None = None,
    begun: Callable[[CaptureStarted], None] = lambda _: None,
    readers: Readers | None = None,
    clock: Clock = system_clock,
) -> CaptureResult:
    """Capture a scene into a case and seal it.

    Whatever a server does ends as an item or as a failed item with its reason. Ctrl-C seals what had arrived, and so
    does `stop` in any thread. `begun` is told of the capture while the case is locked, before its folder is made: what
    it raises ends the capture before it has begun. `readers` are those that several captures share.
    Raises BadScene, BadSettings, StorageFull before anything is made; Unwritable where the case cannot be written.
    """
    scene = parse_scene(scene_text)
    places = search_targets(scene, options)
    wanted = options.wanted_kinds()
    room = DiskRoom(case.path, options.min_free)
    room.demand()
    if scene.login is not None:
        logins = {**options.network.credentials, scene.login[0]: scene.login[1]}
        options = replace(options, network=replace(options.network, credentials=logins))

    def _start(capture_id: str, exhibit: str) -> CaptureStarted:
        started = CaptureStarted(
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
        begun(started)
        return started

    folder, started = case.begin_capture(options.initials, _start, key=key, clock=clock)
    run = _Run(folder, started, options, wanted, progress or Silent(), room, readers, clock)
    try:
        with (stop or Stop()).heeded(run.stop):
            status = run.take(places)
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
        self,
        folder: CaptureFolder,
        started: CaptureStarted,
        options: CaptureOptions,
        wanted: frozenset[str],
        progress: Progress,
        room: DiskRoom,
        readers: Readers | None,
        clock: Clock,
    ) -> None:
        self.folder = folder
        self._room = room
        self._stopped = False
        self.options = options
        self._wanted = wanted
        self._progress = progress
        self._clock = clock
        self._reason = ""
        self._writer = Writer(folder, clock, disk_full=self._disk_full)
        self.recorder = Recorder(
            folder.path / INCOMING,
            options.network,
            passed=lambda arrival: self.intake.passed(arrival),  # noqa: PLW0108 - made below: each needs the other
            received=self._received,
            waiting=progress.waiting,
            clock=clock,
        )
        self._shares_readers = readers is not None
        self.readers = readers or capture_readers()
        self._examination = Examination(folder, self._writer, clock, self.readers)
        self.intake = ItemStore(
            folder,
            started.exhibit,
            self._writer,
            self.recorder,
            self._examination,
            known=options.known,
            disk_full=self._disk_full,
            progress=progress,
            clock=clock,
        )
        self._clock_beside = (
            MeasuredBeside(
                options.ntp,
                AddressGuard(allow_private=options.network.allow_private),
                record=self._writer.record,
                clock=clock,
            )
            if options.ntp is not None
            else None
        )
        self.pool = FetchPool(options.network.jobs)
        self._pending: dict[Future[None], FetchRequest] = {}
        self._media_seen: set[str] = set()
        self._media_taken = 0
        # The claimed time by the lasting name: a hostile list has no end, and whole posts would fill the memory.
        self._posts_seen: dict[str, str] = {}
        self._progress.started(started)
        self.readers.start()  # beside the first wait for the network

    def take(self, places: Sequence[SearchTarget]) -> str:
        """Fetch everything, finish the ledger, and return the status."""
        search = Search(places, lambda source: _Fetch(self, source))
        interrupted = False
        try:
            self._take_findings(search, places)
            self.pool.search_ended()
            for future in list(self._pending):
                future.result()
            if self._clock_beside is not None and not self._reason:
                self._clock_beside.end()
        except KeyboardInterrupt:
            interrupted, self._reason = True, self._reason or "stopped by the user"
        finally:
            self._end_fetching(search)
        return self._finish(interrupted=interrupted or self._stopped)

    def _take_findings(self, search: Search, places: Sequence[SearchTarget]) -> None:
        """Handle what is found, until its end or until the disk is full: what is left of it is for the seal."""
        try:
            for source, finding in search.findings():
                self._handle(source, finding)
                if self._reason:
                    return
            self._ask_after_missing(places)
        except StorageFull:  # by a working copy, or in a source's own thread
            self._disk_full()

    @property
    def refused(self) -> bool:
        """Whether the scene itself was refused by the address guard."""
        return self.intake.refused

    def stop(self, reason: str) -> None:
        """End as Ctrl-C does, from another thread: what has arrived is sealed as interrupted."""
        self._stopped, self._reason = True, self._reason or reason
        self.recorder.stop()

    def abandon(self) -> None:
        """End every thread, after a failure that leaves the capture unsealed."""
        self.recorder.stop()
        if self._clock_beside is not None:
            self._clock_beside.drop()
        with suppress(HashingError):
            self._examination.close()
        with suppress(HashingError):
            self._writer.close()
        if not self._shares_readers:
            self.readers.close()

    def _handle(self, source: Extractor, finding: Finding) -> None:
        match finding:
            case ItemReading():
                self._read(finding)
            case PostExcerpt():
                self._excerpted(source, finding)
            case DerivedFile():
                self._examination.keep(finding)
            case PostGone():
                self._gone(finding)
            case NotFollowed():
                self.intake.skip(finding.url, finding.reason, finding.count)
            case Unavailable():
                self.intake.not_given(finding)
            case FetchRequest():
                self._found(source, finding)

    def _found(self, source: Extractor, found: FetchRequest) -> None:
        """Queue something to be fetched, once, unless the user's settings or an earlier round leave it out."""
        key = found.url.partition("#")[0]
        if key in self._media_seen:
            return
        self._media_seen.add(key)
        known = self.options.known.items.get(found.url)
        limit = self.options.limit if found.counted and not source.lists_posts else 0
        if found.kind in MEDIA and found.kind not in self._wanted:
            self.intake.skip(found.url, f"{found.kind}: not asked for (--media {self.options.media})")
        elif limit and self._media_taken >= limit:
            self.intake.skip(found.url, f"over the limit (--limit {limit})")
        elif known is not None and found.kind in MEDIA:
            self.intake.skip(found.url, f"{found.kind}: captured before, as {known.ref}")
        elif len(self._pending) >= _MOST_WAITING:
            self.intake.not_begun(found, f"{_MOST_WAITING:,} others wait to be fetched")
        else:
            self._media_taken += 1
            self._progress.found(found.url)
            number = self.intake.next_number()
            future = self.pool.submit(found.kind, lambda: self.intake.take(found, number, source.name))
            self._pending[future] = found
            future.add_done_callback(self._forget)

    def _forget(self, future: Future[None]) -> None:
        """Let go of a fetch that has ended; one that failed is kept, so that its error is raised."""
        if future.cancelled() or future.exception() is None:
            self._pending.pop(future, None)

    def _read(self, read: ItemReading) -> None:
        if read.post is not None and (changed := self._change(read.post, read.ref)) is not None:
            read = replace(read, events=(*read.events, changed))
        self._examination.record(read)

    def _excerpted(self, source: Extractor, finding: PostExcerpt) -> None:
        if (known := self.options.known.same(finding.post)) is not None:
            self._posts_seen[finding.post.id] = finding.post.published
            self.intake.skip(finding.url, f"post: as it was captured before, as {known.ref}")
            return
        ref = self.intake.excerpt(finding, source.name)
        if (changed := self._change(finding.post, ref)) is not None:
            self._writer.record(changed)

    def _change(self, post: Post, ref: str) -> PostChanged | None:
        """Return what has become of a post since an earlier round, if it is not what it was."""
        self._posts_seen[post.id] = post.published
        if (known := self.options.known.edited(post)) is None:
            return None
        moment = timestamp(self._clock())
        return PostChanged(time=moment, id=post.id, change="edited", before=known.ref, after=ref)

    def _ask_after_missing(self, places: Sequence[SearchTarget]) -> None:
        """Ask after every post that an earlier round has and that should have been found again."""
        if self.intake.unchanged or not self.intake.answered:
            return  # nothing has changed; or a server is down, which has deleted nothing
        by_name = {source.name: source for place in places for source in place.sources}
        for known in missing(self.options, self._posts_seen):
            if (source := by_name.get(known.source)) is not None:
                for finding in source.recheck(known, _Fetch(self, source.name)):
                    self._handle(source, finding)

    def _gone(self, gone: PostGone) -> None:
        before = self.options.known.posts[gone.id].ref
        moment = timestamp(self._clock())
        changed = PostChanged(
            time=moment, id=gone.id, change="gone", before=before, after=gone.after, reason=gone.reason
        )
        self._writer.record(changed)

    def _end_fetching(self, search: Search) -> None:
        """Wait for every fetch to end; what had not begun is recorded as failed."""
        search.stop()
        for future, found in list(self._pending.items()):
            if future.cancel():
                self.intake.not_begun(found, self._reason or "the capture failed")
        if self._reason:
            self.recorder.stop()
            if self._stopped or not self._shares_readers:
                self.readers.give_up(but=PHOTO_READER)  # what the photos say that have arrived is still wanted
        wait(list(self._pending))
        self.pool.close()
        search.join()
        self.recorder.close()

    def _finish(self, *, interrupted: bool) -> str:
        if self._clock_beside is not None:
            self._clock_beside.end(wait=False)
        self._writer.flush()
        self._examination.close()
        if not self._shares_readers:
            self.readers.close()
        self._writer.close()
        self._progress.sealing()
        intake = self.intake
        status = COMPLETE
        if interrupted:
            status = INTERRUPTED
        elif intake.failed or self._reason or self._examination.failed:
            status = PARTIAL if intake.got else NOTHING
        if (dates := self._writer.dates.event(timestamp(self._clock()))) is not None:
            self.folder.append([dates])
        self.folder.append(self.folder.close_warcs(self._clock))
        finished = CaptureFinished(
            time=timestamp(self._clock()),
            status=status,
            items=intake.items,
            failed=intake.failed,
            skipped=intake.skipped,
            bytes=intake.bytes,
            reason=self._reason or self._examination.failed,
        )
        self.folder.finish(finished)
        return status

    def _received(self, count: int) -> None:
        """Count bytes, and stop fetching before the disk is full."""
        self._progress.received(count)
        if not self._reason and self._room.is_short_after(count):
            self._reason = self._room.shortage
            self.recorder.stop()

    def _disk_full(self) -> None:
        """Stop fetching, and give back the room that was kept for saying so."""
        self._reason = self._reason or "the disk is full"
        self._writer.spare()
        self.folder.release_reserve()
        self.recorder.stop()


class _Fetch:
    """What one source may ask for; its fetches run in the pool as well, so that Ctrl-C reaches the main thread."""

    def __init__(self, run: _Run, source: str) -> None:
        self.options = run.options
        self.readers = run.readers
        self._run = run
        self._source = source

    @property
    def scratch(self) -> Path:
        """A folder for files that are made on the way."""
        return self._run.folder.scratch.absolute()

    def get(self, found: FetchRequest) -> Answer:
        """Fetch something and wait until it is on disk."""
        return self._begin(found).result()

    def get_all(self, wanted: Iterable[FetchRequest]) -> Iterator[tuple[FetchRequest, Answer]]:
        """Fetch several things side by side; a few more are under way than are taken, and never all."""
        wanted = iter(wanted)
        ahead = [(found, self._begin(found)) for found in itertools.islice(wanted, 2 * self.options.network.jobs)]
        while ahead:
            found, answer = ahead.pop(0)
            ahead += [(more, self._begin(more)) for more in itertools.islice(wanted, 1)]
            yield found, answer.result()

    def wait(self, seconds: float) -> None:
        """Pause, for as long as the capture is not stopped."""
        if self._run.recorder.stop_event.wait(seconds):
            raise CancelledError

    def _begin(self, found: FetchRequest) -> Future[Answer]:
        try:
            return self._run.pool.submit(found.kind, lambda: self._run.intake.get(found, self._source))
        except RuntimeError as error:
            raise CancelledError from error
