"""A browser that runs for one capture: behind our guard, with its log read as it is written, page after page."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from typing import Any, BinaryIO, Self

from capture.browser.frame import TEXTURE, band
from capture.browser.guard import BrowserGuard, Reached
from capture.browser.keeping import Keeping
from capture.browser.page import RenderedPage
from capture.browser.page_time import PageTime
from capture.browser.session import Session
from capture.browser.settings import RenderingSettings
from capture.browser.warm import RunningBrowser
from capture.errors import NotRendered
from capture.recorder.exchange import EndedExchange
from capture.recorder.settings import NetworkSettings
from capture.recorder.stopping import Stop
from hashing.case.events import PageAction, RefusedHost
from hashing.case.kinds import ItemKind
from hashing.errors import HashingError
from hashing.files.storage import create, removed_on_failure, storing
from hashing.ledger.mac import Mac
from hashing.times import Clock

_SETTLE = 15.0
_MOST_UNRECORDED = 100
_MOST_DOWNLOAD_WAIT = 60.0
_LARGEST_DOWNLOAD = 64 << 20
Frame = Callable[["HowItWent"], list[tuple[str, str]]]  # Says what stands above the framed copy, by names.
# Says which parts of a tall picture, from a top to a bottom, are to be pictured by themselves as well.
InDoubt = Callable[["Path"], list[tuple[int, int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptOfPage:
    """A file of what a page looked like: what it is, where it was made, and how it was had."""

    kind: ItemKind
    file: Path
    mime: str
    suffix: str
    how: str
    frame: bytes = b""  # Of a picture of the whole page: the band that stands above it in the framed copy.
    words: str = ""  # What stands on that band.
    text: bytes = b""  # Of the document: the text that is seen of it.
    name: str = ""  # Of a download: the name that the server gave it.


@dataclass(slots=True)
class HowItWent:
    """What is known of a page once it has been shown."""

    final_url: str = ""
    title: str = ""
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    actions: tuple[PageAction, ...] = ()
    problems: list[str] = field(default_factory=list)
    crashed: bool = False
    unwritable: HashingError | None = None  # What the disk refused, which ended it.


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord:
    """What is known of a page's part of the browser's log."""

    requests: int = 0  # Those that the browser says it sent.
    unrecorded: tuple[str, ...] = ()  # Addresses of those of which the log holds no exchange.
    faults: int = 0
    whole: bool = False  # Whether the log was read to its own end, or beyond the page's.
    error: BaseException | None = None  # What made reading it impossible.
    refused: tuple[RefusedHost, ...] = ()  # The hosts that were asked for and not connected to.


class RenderingBrowser:
    """A browser while it runs; a context manager. Entering it raises NotRendered and OSError.

    `ended` is given each exchange in the thread that reads the log; what it raises ends the browser.
    """

    def __init__(
        self,
        settings: RenderingSettings,
        network: NetworkSettings,
        *,
        incoming: Path,
        scratch: Path,
        mac: Mac,
        root: Path | None,
        ref: str,
        next_number: Callable[[], int],
        named_by_public: Callable[[str, int], bool],
        reached: Callable[[Reached], None],
        ended: Callable[[EndedExchange], None],
        received: Callable[[int], None],
        stop: Stop,
        clock: Clock,
        session: Session | None = None,
    ) -> None:
        self._settings, self._network, self._stop, self._clock = settings, network, stop, clock
        self._scratch, self._root = scratch, root
        self._file = scratch  # Where the last file was made.
        self._had = set[ItemKind]()
        self._session = session  # The officer's log-in, where the page is one that it is for.
        self._sound = False  # Whether nothing went wrong with the page.
        self.record = LogRecord()  # What is known of the log, once this is left.
        self._named_by_public, self._told = named_by_public, reached
        self._asked = set[str]()  # Hosts that pages have asked for.
        self._stack = ExitStack()
        self._keeping: Callable[[BrowserGuard], Keeping] = lambda guard: Keeping(
            incoming, network, mac=mac, root=root, ref=ref, next_number=next_number, where=guard.where, ended=ended,
            received=received,
        )  # fmt: skip

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._guard = BrowserGuard(self._network, self._stop, self._named_by_public, self._told, asked=self._asked)
            stack.callback(self._guard.close)
            self.keeping = self._keeping(self._guard)
            self._running = running = self._browser()
            stack.callback(self._end)
            self.browser, self.log = running.browser, running.log
            self.log.begin_page(self.keeping, lambda port: self._guard.where(port) is not None)
            running.begin_page(self._stop)
            self._stack = stack.pop_all()
        return self

    def _browser(self) -> RunningBrowser:
        """Return a browser that waits for a page, where there are such; one with a session is for this page alone."""
        program, insecure, warm = self._settings.program, self._network.insecure, self._settings.browsers
        if warm is not None and self._session is None:
            return warm.acquire(program, self._stop, insecure=insecure)
        port = self._guard.port
        return RunningBrowser(program, port, insecure=insecure, stop=self._stop, session=self._session)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End the browser and read its log to the end; what is known of both may be asked for afterwards."""
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            self.browser.kill()  # at once: whoever asked twice waits for no log
        self._stack.close()

    def show(self, url: str, frame: Frame, in_doubt: InDoubt) -> Iterator[KeptOfPage | HowItWent]:
        """Open an address; yield what is kept of it as it is had, and last how it went. Nothing that it does raises."""
        went = HowItWent()
        downloads = self._running.profile.path / f"downloads-{self._running.pages}"
        downloads.mkdir()
        page: RenderedPage | None = None
        with _ended(went):
            page = RenderedPage(
                self.browser,
                self._settings.view,
                downloads,
                self._stop,
                self._clock,
                self.log.open_addresses,
                self._asked,
                PageTime(self._settings.seconds),
                self._network.cookies or (),
                off_record=self._session is None,
                guard_port=self._guard.port if self._warm else 0,
            )
            if self._session is not None:
                page.note("lent a session", ", ".join(self._session.hosts))
            yield from self._shown(page, url, went, frame, in_doubt)
        if page is not None:
            with _ended(went):
                yield from self._downloaded(page, downloads, went)
            if missing := [kind for kind in _WANTED if kind not in self._had and self._had]:
                went.problems.append(f"not kept: {', '.join(missing)}")
            went.actions, went.crashed = tuple(page.actions), page.crashed
            page.close()
            self._sound = page.is_sound
        rmtree(downloads, ignore_errors=True)
        yield went

    def _shown(
        self, page: RenderedPage, url: str, went: HowItWent, frame: Frame, in_doubt: InDoubt
    ) -> Iterator[KeptOfPage]:
        """Yield the steps in their order: nothing is touched before the first picture is taken."""
        most = page.time
        bounds = f"{most.seconds:g} s for the page, {most.for_waits:g} s of them for waits"
        page.note("set bounds", f"{bounds}, {min(self._settings.scroll, most.for_one):g} s to scroll")
        page.open(url)
        page.settle(_SETTLE)
        went.status, went.headers = page.status, page.headers
        if page.downloads and not page.status:
            return
        with _told(went, page):
            page.note("took a picture", "the first view")
            how = "the browser's picture of the first view, before anything was touched"
            with self._new() as file:
                page.picture(file, whole=False)
            yield self._kept(ItemKind.FIRST_VIEW, _PNG, how)
        if self._settings.interact:
            yield from self._interacted(page, went)
        with _told(went, page):
            page.scroll(self._settings.scroll)
            page.settle(_SETTLE)
        with _told(went, page):
            went.final_url, went.title = page.place()
        with _told(went, page):  # what comes first has the most time
            page.note("read the document")
            how = "the document as the page's scripts had left it, with the text that was seen as a working copy"
            with self._new() as file:
                file.write(page.document())
            yield self._kept(ItemKind.RENDERED_PAGE, _HTML, how, text=page.text())
        with _told(went, page):
            yield from self._pictures(page, went, frame, in_doubt)
        with _told(went, page):
            page.note("saved the page", "MHTML")
            how = "the page with its parts, as the browser saved it"
            with self._new() as file:
                page.saved(file)
            yield self._kept(ItemKind.SAVED_PAGE, "multipart/related", how)
        with _told(went, page):
            page.note("printed the page", "PDF")
            how = "the page as the browser prints it"
            with self._new() as file:
                page.printed(file)
            yield self._kept(ItemKind.PRINTED_PAGE, "application/pdf", how)

    @contextmanager
    def _new(self) -> Iterator[BinaryIO]:
        """Make the next file; where that fails it is gone. Raises StorageFull, Unwritable."""
        self._file = self._scratch / token_hex(8)
        descriptor = create(self._file, root=self._root)
        with storing(self._file), removed_on_failure(self._file, self._root), os.fdopen(descriptor, "wb") as file:
            yield file

    def _kept(self, kind: ItemKind, mime: str, how: str, **more: Any) -> KeptOfPage:  # noqa: ANN401 - fields of it
        """Describe the file that was made last."""
        self._had.add(kind)
        return KeptOfPage(kind=kind, file=self._file, mime=mime, suffix=_SUFFIXES[kind], how=how, **more)

    def _interacted(self, page: RenderedPage, went: HowItWent) -> Iterator[KeptOfPage]:
        """Agree and ask for more, as the officer wants; yield what the first view is after that."""
        clicked: list[str] = []
        with _told(went, page):
            clicked = page.interact()
            page.settle(_SETTLE)
        if clicked:
            with _told(went, page):
                page.note("took a picture", "the first view once more")
                how = f"the browser's picture of the first view, after a click on: {'; '.join(clicked)}"[:1000]
                with self._new() as file:
                    page.picture(file, whole=False)
                yield self._kept(ItemKind.FIRST_VIEW, _PNG, how)

    def _pictures(self, page: RenderedPage, went: HowItWent, frame: Frame, in_doubt: InDoubt) -> Iterator[KeptOfPage]:
        """Yield the picture of the whole page; where it is very tall, also the parts in doubt, each taken by itself."""
        width, height = page.size()
        page.note("took a picture", f"the whole page, {width} by {height} pixels")
        with self._new() as file:
            page.picture(file, whole=True)
        above, pairs = b"", frame(went)
        with _told(went, page):
            above = band(self.browser, width, pairs, page.time.for_one)
        words = "\n".join(f"{name}: {value}" for name, value in pairs if value)
        how = f"the browser's picture of the whole page, {width} by {height} pixels, in one piece"
        parts: list[tuple[int, int]] = []
        if height > TEXTURE:
            with _told(went, page):
                parts = in_doubt(self._file)
            page.note("checked the picture", f"{len(parts)} parts of it are pictured by themselves as well")
        yield self._kept(ItemKind.PAGE_PICTURE, _PNG, how, frame=above, words=words)
        for top, bottom in parts:
            page.note("took a picture", f"the page from {top} to {bottom} pixels")
            how = f"the browser's picture of the page from {top} to {bottom} pixels, taken by itself"
            with self._new() as file:
                page.picture(file, whole=True, area=(top, bottom))
            yield self._kept(ItemKind.PAGE_PICTURE, _PNG, how)

    def _downloaded(self, page: RenderedPage, folder: Path, went: HowItWent) -> Iterator[KeptOfPage]:
        """Yield what the page handed over as downloads; one that does not come to an end is told."""
        deadline = time.monotonic() + min(page.time.left, _MOST_DOWNLOAD_WAIT)
        while any(state == "inProgress" for *_, state in page.downloads.values()) and time.monotonic() < deadline:
            if self._stop.event.wait(0.05) or self.browser.ended.is_set():
                break
        for number, (url, name, state) in page.downloads.items():
            if state != "completed":
                went.problems.append(f"a download did not come to its end: {url}")
            elif data := _file(folder / number, _LARGEST_DOWNLOAD):  # of a larger one the exchange has the body
                with self._new() as file:
                    file.write(data)
                yield self._kept(ItemKind.FILE, _BYTES, f"a download that the page began: {url}", name=name)

    @property
    def _warm(self) -> bool:
        return self._settings.browsers is not None and self._session is None

    def _end(self) -> None:
        running, warm, log = self._running, self._settings.browsers, self.log
        passed = self._warm and self._sound and not self._stop.reason and running.end_page()
        if not passed:
            running.close()
        whole, error = passed or log.ended, self.browser.log_error
        if error is None:  # else what is open stays as it is on the disk, to be finished off from there
            log.finish("the page was closed" if whole else "the browser ended")
        log.sink = None
        refused = (*self._guard.refused, *running.refused)
        self.record = LogRecord(
            requests=log.requests.total(),
            unrecorded=tuple(log.unrecorded()[:_MOST_UNRECORDED]),
            faults=log.bad_lines + log.given_up,
            whole=whole,
            error=error,
            refused=tuple(RefusedHost(host=host, reason=reason, count=count) for host, reason, count in refused),
        )
        if passed and warm is not None:
            warm.release(running)


_PNG, _HTML, _BYTES = "image/png", "text/html; charset=utf-8", "application/octet-stream"
_WANTED = (
    ItemKind.FIRST_VIEW, ItemKind.RENDERED_PAGE, ItemKind.PAGE_PICTURE, ItemKind.SAVED_PAGE, ItemKind.PRINTED_PAGE,
)  # fmt: skip
_SUFFIXES = {
    ItemKind.FIRST_VIEW: ".png", ItemKind.PAGE_PICTURE: ".png", ItemKind.RENDERED_PAGE: ".html",
    ItemKind.SAVED_PAGE: ".mhtml", ItemKind.PRINTED_PAGE: ".pdf", ItemKind.FILE: ".bin",
}  # fmt: skip


def _file(path: Path, most: int) -> bytes:
    """Return what a file of the browser's holds, that no link leads to; b"" where it is none, or larger than `most`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        return file.read(most) if stat.S_ISREG(found.st_mode) and found.st_size <= most else b""


@contextmanager
def _told(went: HowItWent, page: RenderedPage) -> Iterator[None]:
    """Do a step whose failure costs that step alone, and is told; not where the browser or the page is gone."""
    try:
        yield
    except NotRendered as error:
        if page.is_over:
            raise
        if str(error) not in went.problems:
            went.problems.append(str(error))


@contextmanager
def _ended(went: HowItWent) -> Iterator[None]:
    """Hear why nothing more can be had of a page."""
    try:
        yield
    except NotRendered as error:
        if str(error) not in went.problems:
            went.problems.append(str(error))
    except HashingError as error:
        went.problems.append(str(error))
        went.unwritable = error
