"""One capture: a scene in, a sealed capture folder out, whatever happens on the way."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, wait
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from capture.browser.settings import RenderingSettings
from capture.clock import MeasuredBeside
from capture.errors import CaptureError, NotSealed
from capture.extractors import (
    EXTRACTORS,
    Answer,
    DerivedFile,
    Extractor,
    FetchRequest,
    Finding,
    ItemReading,
    NotFollowed,
    PostExcerpt,
    PostGone,
    Unavailable,
    search_targets,
)
from capture.extractors.gallery.sites import site_of
from capture.recorder.incoming import JOURNAL
from capture.recorder.reading import PHOTO_READER, SAMPLE_READER, capture_readers
from capture.recorder.recorder import Recorder
from capture.recorder.stopping import BY_THE_OFFICER, Stop, reason_of
from capture.recorder.urls import host_and_port
from capture.request.extractor import SearchTarget
from capture.request.known import Known
from capture.request.options import CaptureOptions
from capture.request.progress import Progress
from capture.request.scene import Scene, parse_scene
from capture.run.disk_room import DiskRoom
from capture.run.earlier import missing
from capture.run.examination import Examination
from capture.run.fetch_pool import FetchPool
from capture.run.item_store import ItemStore
from capture.run.lent_cookies import cookies_for
from capture.run.search import Search
from capture.run.settings_record import settings_record
from capture.run.writer import Writer
from capture.versions import versions_record
from hashing.case import verdict
from hashing.case.capture_folder import INCOMING, CaptureFolder, Seal, capture_events, capture_origin
from hashing.case.events import (
    CAPTURE_FORMAT,
    CaptureEvent,
    CaptureFinished,
    CaptureStarted,
    Failed,
    PageJudged,
    PostChanged,
)
from hashing.case.kinds import MEDIA, CaptureStatus
from hashing.case.post import Post
from hashing.errors import HashingError, StorageFull
from hashing.files import inside
from hashing.ledger.keys import SigningKey
from hashing.sandbox import Readers
from hashing.times import Clock, system_clock, time_text
from hashing.tool import tool

if TYPE_CHECKING:
    from hashing.case.case import Case

_MOST_WAITING = 100_000  # Photos and videos that wait to be fetched: a hostile list has no end, and each takes memory.
_MOST_SHOWN = 200  # Posts that are shown in a browser, each for some seconds.
_LET_GO = (0.0, 0.1, 0.5, 2.0)  # Seconds: a process that was just being started holds our lock until it has begun.


@dataclass(frozen=True, slots=True)
class CaptureResult:
    """A sealed capture: its folder, what became of it, and its seal."""

    path: Path
    capture: str
    exhibit: str
    status: str
    seal: Seal
    # Nothing was captured because the scene's address is one that goldenhour does not connect to.
    refused: bool = False
    reason: str = ""  # Why it ended before its time, if it did.
    faulty: bool = False  # Whether that was a fault in goldenhour itself.


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
    reads_alone: bool = False,
    clock: Clock = system_clock,
) -> CaptureResult:
    """Capture a scene into a case and seal it.

    Whatever a server does ends as an item or as a failed item with its reason. Ctrl-C seals what had arrived, and so
    does `stop` in any thread. `begun` is told of the capture while the case is locked, before its folder is made: what
    it raises ends the capture before it has begun. `readers` are those that several captures share;
    with `reads_alone` one after the other, so that this one may have the reading given up when it ends.
    Raises BadScene, BadSettings, StorageFull before anything is made; Unwritable where the case cannot be written.
    """
    opened = OpenCapture(
        scene_text, case, options, key=key, progress=progress, stop=stop, begun=begun, readers=readers,
        reads_alone=reads_alone, clock=clock, once=True,
    )  # fmt: skip
    opened.go_over()
    return opened.seal()


@dataclass(frozen=True, slots=True)
class ScenePass:
    """What came of going over a scene once: whether it is over for good, and whether anything was got.

    Where nothing was got and another pass can follow, `events` are the ledger's lines since the last time. `failures`
    are not in the ledger yet: of a pass that is followed by another in the same capture they never are, since the
    exchanges say what became of each request.
    """

    over: bool  # Whether something ended it before its time, and there can be no other pass.
    got: bool  # Whether anything came that was sought.
    refused: bool
    events: tuple[CaptureEvent, ...]
    failures: tuple[Failed, ...]


class OpenCapture:
    """A capture that has begun: it goes over its scene, more than once where nothing came of it, and is then sealed.

    Made as `capture` is called; `once` says that there will be no second pass. Whatever happens, `seal` is to be called
    in the end: until then the case has a capture that goes on, which else the next command finishes off.
    """

    def __init__(
        self,
        scene_text: str,
        case: Case,
        options: CaptureOptions,
        *,
        key: SigningKey,
        progress: Progress | None = None,
        stop: Stop | None = None,
        begun: Callable[[CaptureStarted], None] = lambda _: None,
        readers: Readers | None = None,
        reads_alone: bool = False,
        clock: Clock = system_clock,
        once: bool = False,
    ) -> None:
        # 1. All that can be refused is refused before the case knows of a capture: a number that is given stays given.
        scene = parse_scene(scene_text)
        self._places = search_targets(scene, options)
        options.wanted_kinds()  # a wrong word is refused
        room = DiskRoom(case.path, options.min_free)
        room.demand()
        options = _lending_to(scene, self._places, options)

        def _start(capture_id: str, exhibit: str) -> CaptureStarted:
            started = CaptureStarted(
                time=time_text(clock()),
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

        # 2. `stop` is the user's, and may be shared by several captures; `ending` is this one's, and hears of faults as
        # well.
        self._case, self._key, self._officer, self._clock = case, key, options.officer, clock
        self._stop = stop or Stop()
        self._ending = Stop()
        self._run: _Run | None = None
        self._problem: BaseException | None = None
        self._seen = 0  # Lines of the ledger that were handed on.
        lent = readers or capture_readers()
        lent.start()  # beside all that comes before the first wait for the network
        try:
            self.folder, self.started = case.begin_capture(options.initials, _start, key=key, clock=clock)
        except BaseException:
            if readers is None:
                lent.close()
            raise
        # 3. From here on there is a capture to be sealed, so nothing is raised any more: `seal` accounts for it.
        try:
            self._run = _Run(
                self.folder,
                self.started,
                options,
                progress or Progress(),
                room,
                self._ending,
                lent,
                clock,
                closes_readers=readers is None,
                reads_alone=readers is None or reads_alone,
            )
            self._run.store.holding = not once
        except BaseException as error:  # noqa: BLE001 - raised by `seal`, or finished off there
            self._problem = error
            if readers is None:
                lent.close()

    def go_over(self, known: Known | None = None) -> ScenePass:
        """Fetch everything; `known` is what is known by now, where that is more than at the beginning."""
        events: tuple[CaptureEvent, ...] = ()
        run = self._run
        if run is not None and self._problem is None:
            try:
                with self._stop.heeded(self._ending.ask):
                    run.go_over(self._places, known)
                if run.store.holding and not run.store.got and not self._ending.reason:
                    # A watch wants to know what changed although nothing came: what was written since is read back from
                    # the disk.
                    run.flush()
                    events = self._new_events()
            except BaseException as error:  # noqa: BLE001 - raised by `seal`, or finished off there
                self._problem = error
        over = run is None or self._problem is not None or bool(self._ending.reason)
        store = run.store if run is not None else None
        return ScenePass(
            over=over,
            got=store is not None and store.got > 0,
            refused=run is not None and run.refused,
            events=events,
            failures=store.held if store is not None else (),
        )

    def seal(self, reason: str = "") -> CaptureResult:
        """Finish the ledger and seal it, with the failures of the last pass; a `reason` is why there is no other.

        Raises NotSealed, and what makes going on impossible; KeyboardInterrupt leaves it to the next command.
        """
        case, started, folder, run = self._case, self.started, self.folder, self._run
        try:
            if self._problem is not None:
                raise self._problem
            assert run is not None  # noqa: S101 - tells the type: else there is a problem
            if reason:
                self._ending.ask(reason)
            # What was asked to stop between two passes was not interrupted by that.
            with nullcontext() if self._stop.reason else self._stop.heeded(self._ending.ask):
                status = run.finish()
            seal = folder.seal(self._key, capture_origin(case.info.id, started.capture))
        except BaseException as error:
            # 1. What could not be finished as it should be is left as if this process had died here,
            if run is not None:
                run.abandon(error)
            folder.close()
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            # 2. and what is left by processes that died can be finished off, which this process does at once.
            self._ending.fail(error)
            status, seal = _recovered(case, folder.path, self._ending.reason, self._key, self._officer, self._clock)
        else:
            case.record_seal(started.capture, started.exhibit, status, seal, key=self._key, clock=self._clock)
        refused = run is not None and run.refused
        ending = self._ending
        return CaptureResult(
            folder.path, started.capture, started.exhibit, status, seal, refused, ending.reason, ending.faulty
        )

    def _new_events(self) -> tuple[CaptureEvent, ...]:
        events = tuple(itertools.islice(capture_events(self.folder.path), self._seen, None))
        self._seen += len(events)
        return events


def _lending_to(scene: Scene, places: Sequence[SearchTarget], options: CaptureOptions) -> CaptureOptions:
    """Return the options with what of the officer's cookies, session and log-in is lent to the servers of a scene.

    A session or a cookie of another site never leaves this function.
    """
    urls, cookies, session = [each.scene.url for each in places], options.network.cookies, options.session
    if session is not None and any(map(session.is_for, urls)):
        cookies = session.jar(cookies or ())
    else:
        session = None
    network = replace(options.network, cookies=cookies_for(urls, cookies))
    if scene.login is not None:
        network = replace(network, credentials={**network.credentials, scene.login[0]: scene.login[1]})
    return replace(options, session=session, network=network)


def _recovered(case: Case, path: Path, reason: str, key: SigningKey, officer: str, clock: Clock) -> tuple[str, Seal]:
    """Seal a capture that could not be finished; return its status and seal. Raises NotSealed."""
    from capture.run.recovery import recover_abandoned

    hint = "all that had arrived is kept there; run a command on this case again when the disk works"
    # As the next command would: by the files alone. A child process that was just being started still holds the lock.
    for pause in _LET_GO:
        time.sleep(pause)
        try:
            recovered = recover_abandoned(case, key=key, officer=officer, clock=clock, reasons={path.name: reason})
        except (HashingError, CaptureError, OSError, MemoryError) as error:
            raise NotSealed(f"{path}: not sealed: {reason}; and then: {reason_of(error)}", hint=hint) from error
        for each in recovered.recovered:
            if each.capture == path.name:
                return each.status, each.seal
    raise NotSealed(f"{path}: not sealed: {reason}", hint=hint)


@dataclass(slots=True)
class _Pass:
    """What one pass over the scene has seen: a hostile list has no end, and whole posts would fill the memory."""

    media_seen: set[bytes] = field(default_factory=set)  # Digests of addresses.
    media_taken: int = 0
    posts_seen: dict[str, str] = field(default_factory=dict)  # The claimed time by the lasting name.
    left_alone: set[str] = field(default_factory=set)  # Sites, by name, that want to be left alone.


class _Run:
    """The parts of one capture while it runs."""

    def __init__(
        self,
        folder: CaptureFolder,
        started: CaptureStarted,
        options: CaptureOptions,
        progress: Progress,
        room: DiskRoom,
        stop: Stop,
        readers: Readers,
        clock: Clock,
        *,
        closes_readers: bool,
        reads_alone: bool,
    ) -> None:
        self.folder = folder
        self._started = started
        self._room = room
        self.stop = stop
        self.options = options
        self._wanted = options.wanted_kinds()
        self._progress = progress
        self._clock = clock
        # In the order in which they need each other: what fetches hands to what stores, and that to the one that
        # writes. The recorder and the store need one another, hence the late look-up.
        self._writer = Writer(folder, clock, stop)
        self.recorder = Recorder(
            folder.path / INCOMING,
            options.network,
            mac=folder.mac,
            root=folder.kept,
            superseded=lambda exchange: self.store.superseded(exchange),  # noqa: PLW0108 - made below: each needs the other
            stop=stop,
            received=self._received,
            waiting=progress.waiting,
            clock=clock,
        )
        self._closes_readers = closes_readers
        self._reads_alone = reads_alone  # Whether no other capture has anything read at the same time.
        self.readers = readers
        self._examination = Examination(folder, self._writer, clock, stop, self.readers)
        self.store = ItemStore(
            folder,
            started.exhibit,
            self._writer,
            self.recorder,
            self._examination,
            readers=self.readers,
            known=options.known,
            progress=progress,
            clock=clock,
        )
        self._clock_beside = (
            MeasuredBeside(
                options.ntp, options.network.guard, record=self._writer.record, failed=stop.fail, clock=clock
            )
            if options.ntp is not None
            else None
        )
        self.pool = FetchPool(options.network.jobs, stop)
        self._pending: dict[Future[None], FetchRequest] = {}
        self._pass = _Pass()
        self.heard_public = False  # Whether a server at a public address has answered.
        self._typed = frozenset(_typed_servers(started.scene, options))
        self._search = Search((), lambda extractor: _Fetch(self, extractor), stop)
        self._scene = parse_scene(started.scene).url
        # Pages that are to be shown in a browser, with the item that each is as served.
        self._to_show: dict[str, str] = {}
        self._shown: set[str] = set()  # Pages that were: once in a capture, however often it goes over its scene.
        # Why the scene is not what was asked for, where a browser may see something else.
        self._may_be_seen: list[Unavailable] = []
        self._progress.started(started)

    def go_over(self, places: Sequence[SearchTarget], known: Known | None) -> None:
        """Fetch everything that belongs to the scene; what ends it early is noted in `stop`."""
        search = self._search = Search(places, lambda extractor: _Fetch(self, extractor), self.stop)
        if known is not None:
            self.options = replace(self.options, known=known)
        # 1. A pass of its own: what an earlier one in this capture saw is asked for again, and may be other bytes by
        # now.
        self.store.begin_pass(self.options.known)
        self._pass = _Pass()
        self.store.shown_later = self._rendering is not None and self._scene not in self._shown
        try:
            self.pool.search_begins()
            # 2. Search, while what is found is fetched beside it; then show pages, which need the pages as they were
            # served.
            self._handle_findings(search, places)
            self.pool.search_ended()
            self._show_pages()
            # 3. Wait for what was queued, and for the clock, which nothing else waits for.
            wait(list(self._pending))
            if self._clock_beside is not None and not self.stop.reason:
                with self.stop.heeded(self._clock_beside.hurry):  # a first Ctrl-C raises nothing here
                    self._clock_beside.end()
        except KeyboardInterrupt:
            self.stop.ask(BY_THE_OFFICER)
        except StorageFull as error:  # by a working copy, or in an extractor's own thread
            self._writer.disk_full(error.reason)
        except BaseException as error:  # noqa: BLE001 - what had arrived is sealed, whatever it is
            self.stop.fail(error)

    def flush(self) -> None:
        """Wait until all that came is on disk. Raises what makes that impossible."""
        self._writer.flush()

    def finish(self) -> str:
        """End all that fetches, finish the ledger, and return the status. Raises what makes that impossible."""
        self._end_fetching(self._search)
        self._settle_refusals(got=False)
        self.store.record_held()
        return self._finish()

    def _handle_findings(self, search: Search, places: Sequence[SearchTarget]) -> None:
        """Handle what is found, until its end or until the capture is to end."""
        for extractor, finding in search.findings():
            self._handle(extractor, finding)
            if self.stop.reason:
                return
        if not self.stop.reason:
            self._ask_after_missing(places)

    @property
    def refused(self) -> bool:
        """Whether the scene itself was refused by the address guard."""
        return self.store.refused

    def is_typed(self, url: str) -> bool:
        """Say whether the user typed the server of a URL: as the scene, a place, or a service."""
        with suppress(ValueError):
            return host_and_port(url) in self._typed
        return False

    def abandon(self, error: BaseException) -> None:
        """End what still writes, after a failure that leaves the capture unsealed."""
        self.stop.fail(error)
        if self._clock_beside is not None:
            self._clock_beside.drop()
        with suppress(BaseException):  # it is why we are here, or comes after that
            self._writer.close()
        if self._closes_readers:
            self.readers.close()
        self._examination.close()

    def _handle(self, extractor: Extractor, finding: Finding) -> None:
        match finding:
            case ItemReading():
                self._read(finding)
            case PostExcerpt():
                self._excerpted(extractor, finding)
            case DerivedFile():
                self._examination.keep(finding)
            case PostGone():
                self._gone(finding)
            case NotFollowed():
                self.store.skip(finding.url, finding.reason, finding.count)
            # Before the plain refusal: a browser may yet get it, and only then is it known whether it failed.
            case Unavailable(verdict=word) if word in verdict.REVISABLE and self.store.shown_later:
                self._may_be_seen.append(finding)
            case Unavailable():
                if finding.leave_alone and (site := site_of(finding.url)) is not None:
                    self._pass.left_alone.add(site.name)
                self.store.missing_media(finding)
            case FetchRequest():
                self._found(extractor, finding)

    def _found(self, extractor: Extractor, found: FetchRequest) -> None:
        """Queue something to be fetched, once, unless the user's settings or an earlier round leave it out."""
        # Each address once, and the reasons in this order: what the user left out is no news of the site; what is known
        # is not counted against the limit; a queue that is full is a failure, since it was wanted.
        key = _media_key(found.url)
        if key in self._pass.media_seen:
            return
        self._pass.media_seen.add(key)
        known = self.options.known.items.get(found.url)
        limit = self.options.limit if found.counted and not extractor.lists_posts else 0
        if found.kind in MEDIA and found.kind not in self._wanted:
            self.store.skip(found.url, f"{found.kind}: not asked for (--media {self.options.media})")
        elif limit and self._pass.media_taken >= limit:
            self.store.skip(found.url, f"over the limit (--limit {limit})")
        elif known is not None and found.kind in MEDIA:
            self.store.skip(found.url, f"{found.kind}: captured before, as {known.ref}")
        elif len(self._pending) >= _MOST_WAITING:
            self.store.not_begun(found, f"{_MOST_WAITING:,} others wait to be fetched")
        else:
            self._pass.media_taken += 1
            self._progress.found(found.url)
            number = self.store.next_number()

            def _fetch() -> None:
                self.store.fetch(found, number, extractor.name)

            try:
                future = self.pool.submit(found.kind, _fetch, awaited=False)
            except RuntimeError:  # the capture is to end
                self.store.not_begun(found, self.stop.reason)
                return
            self._pending[future] = found
            future.add_done_callback(self._forget)

    def _forget(self, future: Future[None]) -> None:
        """Let go of a fetch that has ended; what had not begun is kept, to be recorded."""
        if not future.cancelled():
            self._pending.pop(future, None)

    def _show_pages(self) -> None:
        """Show the pages of the scene in a browser, and let the exit code follow what is seen there."""
        to_show, self._to_show = self._to_show, {}
        seen, settings = "", self._rendering
        if settings is not None:
            for url, ref in to_show.items():
                word = self._show(url, ref, settings)
                # Of several pages only the scene's own decides for the capture.
                seen = word if url == self._scene else seen
        elif self.options.rendering is not None and to_show:
            self.store.skip(self._scene, "not shown in a browser: the login in the address is not lent to it")
        self._settle_refusals(got=seen == verdict.CONTENT)

    @property
    def _rendering(self) -> RenderingSettings | None:
        """How pages are shown; None where they are not, as where a browser would have to log in."""
        return None if self.options.network.credentials else self.options.rendering

    def _settle_refusals(self, *, got: bool) -> None:
        """Record what the scene's server refused the recorder, unless the browser was shown it."""
        self.store.settle_refusals(got=got)
        refused, self._may_be_seen = self._may_be_seen, []
        for each in refused if not got else ():
            self.store.missing_media(each)

    def _show(self, url: str, ref: str, settings: RenderingSettings) -> str:
        """Show one page; return the verdict on it."""
        from capture.run.rendered import PageRendering, PageToShow, RenderingContext

        if url in self._shown or self.stop.reason:
            return ""
        self._shown.add(url)
        self._progress.fetching(url)
        # What a rendering may use of the run: a value, so that it can be read what that is, and no way back to all of
        # it.
        context = RenderingContext(
            folder=self.folder,
            started=self._started,
            writer=self._writer,
            store=self.store,
            recorder=self.recorder,
            readers=self.readers,
            stop=self.stop,
            clock=self._clock,
            wanted=self._wanted,
            is_known=lambda address: _media_key(address) in self._pass.media_seen,
            named_by_public=lambda host, port: self.heard_public and f"{host}:{port}" not in self._typed,
            heard_public=self._hear_public,
            received=self._received,
            session=self.options.session,
        )
        rendering = PageRendering(len(self._shown), PageToShow(url=url, ref=ref), settings, context)
        word = rendering.run()
        # What the browser got without a record that holds is fetched once more by the recorder.
        for found in rendering.again:
            self._found(EXTRACTORS[-1], msgspec.structs.replace(found, named_by_public=self.heard_public))
        return word

    def _hear_public(self) -> None:
        self.heard_public = True

    def _read(self, read: ItemReading) -> None:
        for event in read.events:
            if isinstance(event, PageJudged) and event.url == self._scene:
                self._to_show[event.url] = event.ref
        if read.post is not None:
            self._show_later(read.post, read.ref)
        if read.post is not None and (changed := self._change(read.post, read.ref)) is not None:
            read = msgspec.structs.replace(read, events=(*read.events, changed))
        self._examination.record(read)

    def _show_later(self, post: Post, ref: str) -> None:
        """Remember where people read a post, if posts are shown in a browser too."""
        settings = self.options.rendering
        wanted = settings is not None and settings.permalinks and post.permalink.startswith(("https://", "http://"))
        if wanted and len(self._to_show) < _MOST_SHOWN:
            self._to_show.setdefault(post.permalink, ref)

    def _excerpted(self, extractor: Extractor, finding: PostExcerpt) -> None:
        # Noted as seen before it is passed over: a known post that is not seen is taken to be missing.
        if (known := self.options.known.same(finding.post)) is not None:
            self._pass.posts_seen[finding.post.id] = finding.post.published
            self.store.skip(finding.url, f"post: as it was captured before, as {known.ref}")
            return
        ref = self.store.excerpt(finding, extractor.name)
        self._show_later(finding.post, ref)
        if (changed := self._change(finding.post, ref)) is not None:
            self._writer.record(changed)

    def _change(self, post: Post, ref: str) -> PostChanged | None:
        """Return what has become of a post since an earlier round, if it is not what it was."""
        self._pass.posts_seen[post.id] = post.published
        if (known := self.options.known.edited(post)) is None:
            return None
        moment = time_text(self._clock())
        return PostChanged(time=moment, id=post.id, change="edited", before=known.ref, after=ref)

    def _ask_after_missing(self, places: Sequence[SearchTarget]) -> None:
        """Ask after every post that an earlier round has and that should have been found again."""
        if self.store.unchanged or not self.store.answered:
            return  # nothing has changed; or a server is down, which has deleted nothing
        by_name = {extractor.name: extractor for place in places for extractor in place.extractors}
        # A server named what is asked for again: one at a public address, if this round has heard any.
        fetches = {name: _Fetch(self, name, public=self.heard_public) for name in by_name}
        for known in missing(self.options.known, self.options.since, self.options.limit, self._pass.posts_seen):
            if (site := site_of(known.url)) is not None and site.name in self._pass.left_alone:
                continue
            if (extractor := by_name.get(known.extractor)) is not None:
                fetch = fetches[extractor.name]
                for finding in extractor.recheck(known, fetch):
                    self._handle(extractor, fetch.marked(finding))

    def _gone(self, gone: PostGone) -> None:
        before = self.options.known.posts[gone.id].ref
        moment = time_text(self._clock())
        changed = PostChanged(
            time=moment, id=gone.id, change="gone", before=before, after=gone.after, reason=gone.reason
        )
        self._writer.record(changed)

    def _end_fetching(self, search: Search) -> None:
        """Wait until every fetch and every extractor has ended; record as failed what had not begun."""
        search.stop()
        if self.stop.reason and (self.stop.asked or self._reads_alone):
            self.readers.give_up(but={PHOTO_READER, SAMPLE_READER})  # what is here already is still to be told
        self.pool.close()
        search.join()
        self.recorder.close()
        for future, found in list(self._pending.items()):
            if future.cancelled():
                self.store.not_begun(found, self.stop.reason)
        if self.stop.reason and self.stop.error is None:
            for extractor, finding in search.left():
                self._handle(extractor, finding)

    def _finish(self) -> str:
        """Write the last lines of the ledger; return the status. Raises what makes that impossible."""
        # 1. All that was submitted is on disk, and looked into.
        if self._clock_beside is not None:
            self._clock_beside.end(wait=False)
        self._writer.flush()
        self._examination.close()
        if self._closes_readers:
            self.readers.close()
        self._writer.close()
        waiting = inside.names(self.folder.path / INCOMING, self.folder.root)
        if self.stop.error is not None or any(name.endswith(JOURNAL) for name in waiting):
            raise _Unfinished(self.stop.reason)  # there may be files that no line speaks of
        # 2. The lines that speak of the whole.
        self._progress.sealing()
        store = self.store
        status = CaptureStatus.COMPLETE
        if self.stop.asked:
            status = CaptureStatus.INTERRUPTED
        elif store.failed or self.stop.reason or self._examination.failed:
            status = CaptureStatus.PARTIAL if store.got else CaptureStatus.NOTHING
        if (dates := self._writer.dates.event(time_text(self._clock()))) is not None:
            self.folder.append([dates])
        self.folder.append(self.folder.close_warcs(self._clock))
        finished = CaptureFinished(
            time=time_text(self._clock()),
            status=status,
            items=store.items,
            failed=store.failed,
            skipped=store.skipped,
            bytes=store.bytes,
            reason=self.stop.reason or self._examination.failed,
        )
        self.folder.finish(finished)
        return status

    def _received(self, count: int) -> None:
        """Count bytes, and stop fetching before the disk is full."""
        self._progress.received(count)
        if not self.stop.reason and self._room.is_short_after(count):
            self.stop.end(self._room.shortage)


def _media_key(url: str) -> bytes:
    """Return what an address is remembered by."""
    return hashlib.blake2b(url.partition("#")[0].encode("utf-8", "backslashreplace"), digest_size=16).digest()


class _Unfinished(CaptureError):
    """Something may be on disk that no line speaks of: it is to be finished off piece by piece."""


def _typed_servers(scene: str, options: CaptureOptions) -> Iterator[str]:
    """Yield the host and port of every server that the user named."""
    for typed in (scene, *options.on, options.bluesky.appview, options.bluesky.plc):
        for url in (typed, f"https://{typed}", f"http://{typed}"):
            with suppress(ValueError):
                yield host_and_port(url)


class _Fetch:
    """What one extractor may ask for; its fetches run in the pool as well, so that Ctrl-C reaches the main thread."""

    def __init__(self, run: _Run, extractor: str, *, public: bool = False) -> None:
        self.options = run.options
        self.readers = run.readers
        self._run = run
        self._extractor = extractor
        self._public = public  # Whether anything that was read so far came from a server at a public address.

    @property
    def scratch(self) -> Path:
        """A folder for files that are made on the way."""
        return self._run.folder.scratch.absolute()

    def get(self, found: FetchRequest) -> Answer:
        """Fetch something and wait until it is on disk."""
        return self._read(self._begin(found))

    def get_all(self, wanted: Iterable[FetchRequest]) -> Iterator[tuple[FetchRequest, Answer]]:
        """Fetch several things side by side; a few more are under way than are taken, and never all."""
        wanted = iter(wanted)
        ahead = [(found, self._begin(found)) for found in itertools.islice(wanted, 2 * self.options.network.jobs)]
        while ahead:
            found, answer = ahead.pop(0)
            ahead += [(more, self._begin(more)) for more in itertools.islice(wanted, 1)]
            yield found, self._read(answer)

    def wait(self, seconds: float) -> None:
        """Pause, for as long as the capture is not stopped."""
        with self._run.pool.pausing():
            stopped = self._run.stop.event.wait(seconds)
        if stopped:
            raise CancelledError

    def marked(self, finding: Finding) -> Finding:
        """Return a finding that says whether a server at a public address named it."""
        return self._marked(finding) if isinstance(finding, FetchRequest) else finding

    def _marked(self, found: FetchRequest) -> FetchRequest:
        public = found.named_by.public if found.named_by is not None else self._public
        return msgspec.structs.replace(found, named_by_public=public)

    def _read(self, future: Future[Answer]) -> Answer:
        answer = future.result()
        self._public = self._public or answer.public
        self._run.heard_public = self._run.heard_public or answer.public
        return answer

    def _begin(self, found: FetchRequest) -> Future[Answer]:
        if found.named_by is not None or not self._run.is_typed(found.url):
            found = self._marked(found)
        try:
            return self._run.pool.submit(found.kind, lambda: self._run.store.get(found, self._extractor))
        except RuntimeError as error:
            raise CancelledError from error
