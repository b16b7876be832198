"""Pages of a capture, shown in a browser: what is kept of each becomes items, and the page is judged once more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from http.cookiejar import CookieJar
from pathlib import Path
from typing import TYPE_CHECKING

from capture.browser.frame import bands_in_doubt, framed_pieces
from capture.browser.guard import Reached, is_public_way
from capture.browser.page import user_agent_of
from capture.browser.rendering import HowItWent, KeptOfPage, RenderingBrowser
from capture.browser.session import Session
from capture.browser.settings import RenderingSettings
from capture.errors import NotRendered
from capture.recorder.exchange import EndedExchange
from capture.recorder.reading import plain_sample
from capture.recorder.recorder import Recorder
from capture.recorder.settings import NetworkSettings
from capture.recorder.stopping import Stop
from capture.request.extractor import FetchRequest
from capture.request.media_type import media_type
from hashing.case import verdict
from hashing.case.capture_folder import INCOMING, CaptureFolder
from hashing.case.events import CaptureStarted, Item, PageJudged, PageRendered, RenderingBegun
from hashing.case.kinds import MEDIA, ItemKind
from hashing.errors import StorageFull
from hashing.files.storage import create, removed_on_failure, storing
from hashing.sandbox import NotRead, Readers
from hashing.times import Clock, time_text

if TYPE_CHECKING:
    from capture.run.item_store import ItemStore
    from capture.run.writer import Writer

_PIECES = f"{framed_pieces.__module__}:{framed_pieces.__name__}"
_IN_DOUBT = f"{bands_in_doubt.__module__}:{bands_in_doubt.__name__}"
_OK, _PARTIAL_CONTENT = 200, 206


@dataclass(frozen=True, slots=True, kw_only=True)
class PageToShow:
    """A page that is to be shown: its address, and the item that it is as served, if there is one."""

    url: str
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderingContext:
    """What a rendering needs of the capture that it belongs to."""

    folder: CaptureFolder
    started: CaptureStarted
    writer: Writer
    store: ItemStore
    recorder: Recorder
    readers: Readers
    stop: Stop
    clock: Clock
    wanted: frozenset[str]  # Kinds of media that are fetched.
    is_known: Callable[[str], bool]  # Says of an address whether it was found in the page as served.
    named_by_public: Callable[[str, int], bool]
    heard_public: Callable[[], None]
    received: Callable[[int], None]
    session: Session | None


class PageRendering:
    """One page in a browser of its own."""

    def __init__(self, number: int, page: PageToShow, settings: RenderingSettings, context: RenderingContext) -> None:
        self._number, self._page, self._settings, self._context = number, page, settings, context
        lent = context.session
        self._session = lent if lent is not None and lent.is_for(page.url) else None
        self.again: list[FetchRequest] = []  # Media that the browser did not read to the end.
        self._document: Item | None = None
        self._user_agent = ""

    def run(self) -> str:
        """Show the page and record all of it; return the verdict on it, "" where there is none.

        Raises what makes writing impossible. What the browser or the page does is recorded, as a failure if it is one.
        """
        context = self._context
        try:
            # 1. The browser is closed before anything is judged: only then is its log whole, and every exchange handed
            # in.
            with self._browser() as browser:
                self._begin(browser)
                went = self._show(browser)
        except (NotRendered, OSError) as error:
            # 2. What the disk did is the capture's end; what the browser did is a failure beside what the recorder got.
            if context.writer.error is not None:
                raise context.writer.error from error
            self._fail(f"not rendered: {error}")
            return ""
        problem = browser.record.error or went.unwritable
        if isinstance(problem, StorageFull):
            context.writer.disk_full(problem.reason)
        elif problem is not None:
            context.stop.fail(problem)
        # 3. What was seen and how it ended, also of a page that went wrong.
        self._end(browser, went)
        if went.problems and not context.stop.reason:
            self._fail(f"not rendered whole: {'; '.join(went.problems)}")
        return self._judge(went)

    def _browser(self) -> RenderingBrowser:
        context = self._context
        return RenderingBrowser(
            self._settings,
            self._network(),
            incoming=context.folder.path / INCOMING,
            scratch=context.folder.scratch,
            mac=context.folder.mac,
            root=context.folder.root,
            ref=f"{context.started.exhibit}-0000",  # no item's number: what becomes one of these gets its own behind it
            next_number=context.recorder.next_number,
            named_by_public=context.named_by_public,
            reached=self._reached,
            ended=self._exchange,
            received=context.received,
            stop=context.stop,
            clock=context.clock,
            session=self._session,
        )

    def _network(self) -> NetworkSettings:
        """Return how the page is asked for: a session's cookies go to no page that the session is not for."""
        network, session = self._context.recorder.settings, self._context.session
        if session is None or session is self._session or network.cookies is None:
            return network
        others = CookieJar()
        for cookie in network.cookies:
            if not session.takes(cookie.domain):
                others.set_cookie(cookie)
        return replace(network, cookies=others)

    def _begin(self, browser: RenderingBrowser) -> None:
        view = self._settings.view
        self._user_agent = user_agent_of(view, browser.browser)
        self._context.writer.record(
            RenderingBegun(
                time=time_text(self._context.clock()),
                rendering=self._number,
                ref=self._page.ref,
                url=self._page.url,
                browser=browser.browser.version[:200],
                user_agent=self._user_agent[:500],
                sandbox=self._settings.program.sandbox,
                view=view.size,
                mobile=view.mobile,
                service_workers=view.service_workers,
            )
        )

    def _show(self, browser: RenderingBrowser) -> HowItWent:
        went = HowItWent()
        for each in browser.show(self._page.url, self._frame, self._in_doubt):
            if isinstance(each, HowItWent):
                went = each
            else:
                self._keep(each, went)
        return went

    def _keep(self, kept: KeptOfPage, went: HowItWent) -> None:
        store, folder = self._context.store, self._context.folder
        item = store.keep_of_page(kept, url=self._page.url, rendering=self._number)
        number, moment = item.ref.rpartition("-")[2], time_text(self._context.clock())
        if kept.kind == ItemKind.RENDERED_PAGE:
            self._document = item
            how = "the text that was seen in the browser, in UTF-8"
            copy = folder.add_working_copy(moment, item.ref, f"{number}-text.txt", kept.text, how)
            self._context.writer.record(copy)
        # The band above the picture says address and time: a copy to be looked at, which is why it is made of the
        # stored picture and never in its place.
        if kept.frame:
            try:
                framed = self._framed(folder.path / item.path, kept)
            except NotRead as error:
                went.problems.append(f"no framed copy of the picture: {error}")
                return
            how = f"{item.ref} with a band above it, to be looked at; the untouched picture is the evidence"
            copy = folder.add_working_file(moment, item.ref, f"{number}-framed.png", framed, how)
            self._context.writer.record(copy)

    def _in_doubt(self, picture: Path) -> list[tuple[int, int]]:
        """Return the parts of a picture that the browser may not have drawn. Raises NotRendered."""
        try:
            return self._context.readers.ask(_IN_DOUBT, files=[picture], answer=list[tuple[int, int]])
        except NotRead as error:
            raise NotRendered(f"the picture of the whole page could not be checked: {error}") from error

    def _framed(self, picture: Path, kept: KeptOfPage) -> Path:
        """Make the framed copy of a picture. Raises NotRead, StorageFull, Unwritable."""
        context = self._context
        made = context.folder.scratch / f"framed-{picture.name}"
        descriptor = create(made, root=context.folder.root)
        with storing(made), removed_on_failure(made, context.folder.root), open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
            file.writelines(context.readers.stream(_PIECES, kept.frame, kept.words, files=[picture], answer=bytes))
        return made

    def _frame(self, went: HowItWent) -> list[tuple[str, str]]:
        """Return what stands above the framed copy."""
        started = self._context.started
        return [
            ("Address", self._page.url),
            ("Led on to", went.final_url if went.final_url != self._page.url else ""),
            ("Title", went.title),
            ("Pictured", f"{time_text(self._context.clock())} (UTC, by this computer's clock)"),
            ("Captured by", f"{started.officer}, exhibit {started.exhibit}, capture {started.capture}"),
            ("What this is", "a working copy: the untouched picture, sealed with the capture, is the evidence"),
        ]

    def _reached(self, found: Reached) -> None:
        if is_public_way(found):
            self._context.heard_public()

    def _exchange(self, exchange: EndedExchange) -> None:
        """Take an exchange of the browser; a photo or video that nothing else has found is an item like any other."""
        context = self._context
        sniffed = media_type(plain_sample(context.readers, exchange), exchange.header("content-type"))
        media = sniffed.kind in MEDIA and sniffed.kind in context.wanted and exchange.method == "GET"
        if media and (exchange.cut or exchange.status == _PARTIAL_CONTENT) and not context.is_known(exchange.url):
            place = "loaded by the page in a browser, which did not read it to the end: fetched again"
            self.again.append(FetchRequest(url=exchange.url, kind=sniffed.kind, found_in=place, counted=False))
        new = media and exchange.status == _OK and not exchange.cut and not context.is_known(exchange.url)
        context.store.take_from_browser(exchange, sniffed, new=new)

    def _end(self, browser: RenderingBrowser, went: HowItWent) -> None:
        log = browser.record
        self._context.writer.record(
            PageRendered(
                time=time_text(self._context.clock()),
                rendering=self._number,
                ended=_how_it_ended(browser, went),
                final_url=went.final_url if went.final_url != self._page.url else "",
                title=went.title,
                status=went.status,
                actions=went.actions,
                requests=log.requests,
                exchanges=browser.keeping.exchanges,
                cut=browser.keeping.cut,
                unrecorded=log.unrecorded,
                log_ended=log.whole,
                log_faults=log.faults,
                refused=log.refused,
                problem="; ".join(went.problems)[:2000],
            )
        )

    def _judge(self, went: HowItWent) -> str:
        """Judge the page as the browser shows it; return the verdict."""
        from capture.page.stored_page import read_stored_page
        from capture.verdict import Evidence, judge, little_to_read

        document, context = self._document, self._context
        if document is None:
            return ""
        # The document must be on disk before the sandbox is handed its file.
        context.writer.flush()
        final = went.final_url or self._page.url
        path = (context.folder.path / document.path).absolute()
        try:
            read = read_stored_page(context.readers, path, coding="", url=final, content_type=document.mime)
        except NotRead:
            return ""
        if read.page is None:
            return ""
        evidence = Evidence(
            asked=self._page.url, final=final, status=went.status or _OK, headers=went.headers, page=read.page
        )
        judgement = judge(evidence)
        notes = little_to_read(evidence) if judgement.word == verdict.CONTENT else ()
        context.writer.record(
            PageJudged(
                time=time_text(context.clock()),
                ref=document.ref,
                url=self._page.url,
                verdict=judgement.word,
                reasons=(*judgement.reasons, *notes, "as the browser shows it"),
                title=read.page.title[:300],
                final_url=final if final != self._page.url else "",
                rendering=self._number,
            )
        )
        # A page that is no content in the browser either is a failure, and told with what would help.
        if judgement.word != verdict.CONTENT:
            ended = self._session is not None and judgement.word == verdict.LOGIN
            because = self._session.ended if self._session is not None and ended else verdict.MEANING[judgement.word]
            self._fail(f"{judgement.word} in the browser: {because}")
        return judgement.word

    def _fail(self, reason: str) -> None:
        self._context.store.not_shown(self._page.url, reason)


def _how_it_ended(browser: RenderingBrowser, went: HowItWent) -> str:
    if went.crashed:
        return "the page crashed"
    return "closed by goldenhour" if browser.record.whole else "the browser ended by itself, or was killed"
