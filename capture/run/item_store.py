"""From a fetch to an item: what came is named, numbered and handed to the writer; what did not is said."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from http import HTTPStatus
from typing import TYPE_CHECKING

from msgspec.structs import replace

from capture.page.kinds import kind_of_address
from capture.recorder.incoming import NameGiven
from capture.recorder.reading import plain_sample, plain_sha256
from capture.recorder.urls import referrer
from capture.request.extractor import Answer, FetchRequest, PostExcerpt, StoredItem, Unavailable
from capture.request.item_name import claimed_name, item_name
from capture.request.known import Known
from capture.request.media_type import MediaType, is_told_by_bytes, media_type, sniff
from capture.request.progress import Progress
from capture.run.writer import Writer, WriteRequest
from hashing.atproto.blob_url import promised_sha256
from hashing.case.capture_folder import ITEMS, CaptureFolder
from hashing.case.events import Event, Excerpt, Failed, Item, ItemFacts, PostChanged, PostRead, Skipped
from hashing.case.kinds import MEDIA, RENDERED, ItemKind
from hashing.sandbox import NotRead, Readers
from hashing.times import Clock, time_text

if TYPE_CHECKING:
    from capture.browser.rendering import KeptOfPage
    from capture.recorder.exchange import EndedExchange
    from capture.recorder.recorder import Fetched, Recorder
    from capture.run.examination import Examination

_BESIDE = RENDERED | {
    ItemKind.SUPERSEDED_BODY, ItemKind.LISTING, ItemKind.DATA, ItemKind.ACCOUNT, ItemKind.IDENTITY,
}  # fmt: skip
"""Kinds that come with what was sought and are not it: with these alone, nothing was captured."""

# Kinds that no text can be.
_SEEN_OR_HEARD = frozenset({ItemKind.PHOTO, ItemKind.VIDEO, ItemKind.AUDIO, ItemKind.SEGMENT})
_NEVER_SEEN = frozenset({ItemKind.FILE, ItemKind.DOCUMENT})
_SHOWN_IN = ("img", "picture", "video", "audio", "css", "svg", "og:", "twitter:")
_PART = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")
_PLAIN_NAMES = {"text/plain": "plain text", "application/json": "JSON"}

_SCENE = "scene"
BY_BROWSER = "the browser"  # Where a failure was found that is none of the recorder's.
_GONE = frozenset({404, 410})


class ItemStore:
    """Takes in one capture's items, from several threads, and counts what came of them."""

    def __init__(
        self,
        folder: CaptureFolder,
        exhibit: str,
        writer: Writer,
        recorder: Recorder,
        examination: Examination,
        *,
        readers: Readers,
        known: Known,
        progress: Progress,
        clock: Clock,
    ) -> None:
        self._folder = folder
        self._exhibit = exhibit
        self._writer = writer
        self._recorder = recorder
        self._examination = examination
        examination.not_whole = self._not_whole
        self._readers = readers
        self._known = known
        self._progress = progress
        self._clock = clock
        self._next = 1
        self._lock = threading.Lock()
        self.items = self.got = self.failed = self.skipped = self.bytes = 0
        self.answered = False  # Whether any server gave any answer.
        self.unchanged = False  # Whether the scene itself answered with the same bytes as in an earlier round.
        self._refused = False
        self.holding = False  # Whether failures are held back while nothing has come.
        self._held: list[Failed] = []  # Failures of a pass in which nothing has come yet.
        # Whether the scene will be shown in a browser, which may get what its server refuses the recorder.
        self.shown_later = False
        self._refusals: list[Failed] = []  # What the scene's server refused the recorder, while that is so.

    @property
    def held(self) -> tuple[Failed, ...]:
        """Failures that are not in the ledger yet: nothing has come in this pass, and another may follow."""
        return tuple(self._held)

    def begin_pass(self, known: Known) -> None:
        """Forget what failed when the scene was gone over before and nothing came: each exchange says it."""
        with self._lock:
            self.failed -= len(self._held) + len(self._refusals)
            self._held.clear()
            self._refusals.clear()
        self._known = known
        self.answered = self.unchanged = self._refused = False

    def record_held(self) -> None:
        """Record the failures of the last pass."""
        with self._lock:
            held = tuple(self._held)
            self._held.clear()
        if held:
            self._writer.record(*held)

    def settle_refusals(self, *, got: bool) -> None:
        """Record what the scene's server refused, unless the browser was shown what was asked for."""
        with self._lock:
            refusals = tuple(self._refusals)
            self._refusals.clear()
            self.shown_later = False
            self.got += got
            self.failed -= len(refusals) if got else 0
        for each in refusals if not got else ():
            if not self._holds(each):
                self._writer.record(each)

    @property
    def refused(self) -> bool:
        """Whether nothing came because the scene is at an address that goldenhour does not connect to."""
        return self._refused and not self.answered

    def next_number(self) -> int:
        """Return the next item's number; items are numbered as they are found, not as they arrive."""
        with self._lock:
            self._next += 1
            return self._next - 1

    def _give_back(self, number: int) -> None:
        """Use a number again that came to nothing, if no later one was given: a question leaves no gap."""
        with self._lock:
            if self._next == number + 1:
                self._next = number

    def get(self, found: FetchRequest, extractor: str) -> Answer:
        """Fetch something and wait until it is on disk, for an extractor that must look into it."""
        number = self.next_number()
        fetched, item, reason, written = self._fetch_and_submit(found, number, extractor, awaited=True)
        if item is None and (found.optional or not reason):
            self._give_back(number)
        exchange = fetched.exchange
        if exchange is None:
            return Answer(url=fetched.url, reason=reason, public=fetched.public)
        # Only now, with bytes and line on disk, may an extractor read them and yield more that rests on them.
        written.result()
        stored = None
        if item is not None:
            # Absolute: some of those who read it are processes of their own, in another folder.
            body, content_type = (self._folder.path / item.path).absolute(), exchange.header("content-type")
            stored = StoredItem(item=item, body=body, url=fetched.url, content_type=content_type, public=fetched.public)
        in_its_place = item is not None and bool(item.error_page)
        return Answer(
            url=fetched.url,
            status=exchange.status,
            reason=reason,
            headers=exchange.headers,
            stored=None if in_its_place else stored,
            public=fetched.public,
            kept=stored if in_its_place else None,
            sample=plain_sample(self._readers, exchange),
        )

    def fetch(self, found: FetchRequest, number: int, extractor: str) -> None:
        """Fetch something and hand it in."""
        self._fetch_and_submit(found, number, extractor, awaited=False)

    def excerpt(self, finding: PostExcerpt, extractor: str) -> str:
        """Make a post in a list of posts an item of its own; return its reference."""
        number, of = self.next_number(), finding.of.item
        ref, size = f"{self._exhibit}-{number:04d}", len(finding.data)
        name = item_name(number, finding.url, "post", f".{of.path.rpartition('.')[2]}")
        item = Item(
            time=time_text(self._clock()),
            ref=ref,
            kind=ItemKind.POST,
            url=finding.url,
            path=f"{ITEMS}/{name}",
            size=size,
            sha256=hashlib.sha256(finding.data).hexdigest(),
            mime=of.mime,
            exchange=of.exchange,
            found_in=finding.found_in,
            extractor=extractor,
            excerpt=Excerpt(of=of.ref, offset=finding.offset),
        )
        lines: list[Event] = [PostRead(time=item.time, ref=ref, post=finding.post)]
        if finding.facts:
            lines.append(ItemFacts(time=item.time, ref=ref, facts=finding.facts))
        # The bytes stand in the list, which is an item already: on a full disk nothing is lost but the excerpt, and
        # that is told.
        request = FetchRequest(url=finding.url, kind=ItemKind.POST, found_in=finding.found_in)

        def _no_room() -> Failed:
            return self._failure(request, ref, f"the disk is full: it stands in {of.ref} alone", of.exchange)

        self._writer.submit(
            WriteRequest(
                item=item, data=finding.data, events=tuple(lines), written=lambda: self._stored(item), no_room=_no_room
            ),
            leads_on=True,
        )
        return ref

    def superseded(self, exchange: EndedExchange) -> None:
        """Keep an exchange that a redirect or another attempt followed."""
        item = None
        # A small body stands in the WARC whole; only one that was too large to hold needs a file, and so an item.
        if exchange.size and not exchange.held:
            number = int(exchange.ref.rpartition("-")[2])
            item = self._item(
                FetchRequest(
                    url=exchange.url, kind=ItemKind.SUPERSEDED_BODY, found_in="an exchange that was followed by another"
                ),
                exchange,
                ref=f"{exchange.ref}.{exchange.number}",
                name=f"{number:04d}-exchange-{exchange.number}.body",
                extractor="recorder",
                partial=exchange.cut,
            )
            exchange.incoming.note(NameGiven(name=item.path.rpartition("/")[2]))
        # Before what followed it, which may lead on: of what a crash leaves, the last exchange for a thing brought it.
        self._writer.submit(WriteRequest.of_exchange(exchange, item, written=lambda: self._stored(item)), leads_on=True)

    def keep_of_page(self, kept: KeptOfPage, *, url: str, rendering: int) -> Item:
        """Make what a browser showed of a page an item; return it once it is on disk. Raises what prevents that."""
        number, read = self.next_number(), self._folder.read_back(kept.file)
        item = Item(
            time=time_text(self._clock()),
            ref=f"{self._exhibit}-{number:04d}",
            kind=kept.kind,
            url=url,
            path=f"{ITEMS}/{item_name(number, kept.name or url, kept.kind, kept.suffix)}",
            size=read.size,
            sha256=read.digests[0].hex,
            mime=kept.mime,
            exchange=0,
            found_in=kept.how,
            extractor="browser",
            claimed_name=kept.name[:1000],
            rendering=rendering,
        )

        # On a full disk there is no item and no line for it, so the place where it would have stood is told in its
        # stead.
        def _no_room() -> Failed:
            return self._failure(
                FetchRequest(url=url, kind=kept.kind, found_in=kept.how),
                item.ref,
                f"the disk is full: no {kept.kind}",
                0,
            )

        self._writer.submit(
            WriteRequest(item=item, made=kept.file, written=lambda: self._stored(item), no_room=_no_room)
        ).result()
        return item

    def take_from_browser(self, exchange: EndedExchange, sniffed: MediaType, *, new: bool) -> None:
        """Keep an exchange of the browser. Its body is an item where it is `new` to the capture, or large."""
        item = None
        # The recorder may have had the same address before: then the browser's copy is kept in the WARC alone, unless
        # it is large.
        if exchange.size and (new or not exchange.held):
            whole = exchange.status in range(200, 300) and not exchange.cut
            number = self.next_number() if new else 0
            ref = f"{self._exhibit}-{number:04d}" if new else f"{exchange.ref}.{exchange.number}"
            found = FetchRequest(url=exchange.url, kind=sniffed.kind, found_in="loaded by the page in a browser")
            item = self._item(
                found,
                exchange,
                ref=ref,
                name=item_name(number, exchange.url, sniffed.kind, sniffed.extension)
                if new
                else f"{number:04d}-exchange-{exchange.number}.body",
                extractor="browser",
                kind=sniffed.kind if whole else ItemKind.SUPERSEDED_BODY,
                mime=sniffed.mime,
                partial=exchange.cut,
            )
            exchange.incoming.note(NameGiven(name=item.path.rpartition("/")[2]))
        self._writer.submit(WriteRequest.of_exchange(exchange, item, written=lambda: self._stored(item)))

    def not_shown(self, url: str, reason: str) -> None:
        """Record that a page was not shown in a browser, or not as it was to be."""
        self._fail(FetchRequest(url=url, kind=ItemKind.RENDERED_PAGE, found_in=BY_BROWSER), "", reason, 0)

    def not_begun(self, found: FetchRequest, reason: str) -> None:
        """Record that something was not even tried."""
        self._fail(found, "", f"not fetched: {reason}", 0)

    def missing_media(self, finding: Unavailable) -> None:
        """Record that something was refused to us, or is not to be had."""
        found = FetchRequest(url=finding.url, kind=ItemKind.DATA, found_in=finding.found_in)
        self._fail(found, "", finding.reason, 0)

    def skip(self, url: str, reason: str, count: int = 1) -> None:
        """Record that something was seen and, by the user's own settings, not sought."""
        with self._lock:
            self.skipped += count
        self._writer.record(Skipped(time=time_text(self._clock()), url=url, reason=reason, count=count))

    def _fetch_and_submit(
        self, found: FetchRequest, number: int, extractor: str, *, awaited: bool
    ) -> tuple[Fetched, Item | None, str, Future[None]]:
        """Fetch something and hand it in; return what came, the item made of it, what is wrong with it, and a future.

        The future is done when all of it is on disk, which is soon where an extractor has `awaited` it.
        """
        ref = f"{self._exhibit}-{number:04d}"
        self._progress.fetching(found.url)
        headers = _headers(found)
        fetched = self._recorder.fetch(
            found.url,
            ref=ref,
            headers=headers,
            method=found.method,
            data=found.data,
            named_by_public=found.named_by_public,
            follow=found.follow,
        )
        exchange = fetched.exchange
        self._refused = self._refused or fetched.refused
        if fetched.disk_full:
            self._writer.disk_full(fetched.disk_full)
        # 1. Nothing came: that is a failure, or an open question that was optional.
        if exchange is None:
            self._not_got(found, ref, fetched.reason)
            return fetched, None, fetched.reason, Future()
        self.answered = self.answered or exchange.status > 0
        # 2. The same bytes as an earlier capture has: the exchange stands in the WARC, and no item is made.
        if self._is_known(found, fetched):
            return fetched, None, "", self._unchanged(found, exchange, awaited=awaited)
        # 3. Make an item, and say what is wrong with it, where it is not what was sought.
        item = self._item_of(found, fetched, exchange, number, extractor)
        reason = fetched.reason or _not_as_sought(found, item, exchange, self._readers)
        item = item if fetched.reason else _marked(item, found, reason)
        if item is not None and not reason:
            reason = part = _only_a_part(found, exchange)
            item = replace(item, partial=part) if part else item
            reason = reason or _not_decoded(item, exchange, self._readers)
        further: list[Event] = []
        if reason and found.optional and not exchange.cut:
            self._progress.passed_over(found.url)
        elif reason:
            failure = self._failure(found, ref, reason, exchange.number)
            further += [] if self._holds(failure) else [failure]
        if found.found_in == _SCENE and (gone := self._page_gone(found, item, exchange.status, reason)):
            further.append(gone)

        if item is not None:
            exchange.incoming.note(NameGiven(name=item.path.rpartition("/")[2]))

        # 4. Write it. Its name is in its journal by now: a process that dies here is finished off under that name.
        write = WriteRequest.of_exchange(exchange, item, tuple(further), lambda: self._stored(item))
        exchange = write.exchange  # what came is encoded now, and not held while the writer is waited for
        fetched = replace(fetched, exchange=exchange)
        return fetched, item, reason, self._writer.submit(write, leads_on=awaited)

    def _page_gone(self, found: FetchRequest, item: Item | None, status: int, reason: str) -> PostChanged | None:
        """Return that a watched page, which an earlier round has, is gone; that it was edited, an extractor says."""
        known = self._known.items.get(found.url)
        a_page = found.kind == ItemKind.PAGE and (item is None or item.kind in {ItemKind.PAGE, ItemKind.ERROR_PAGE})
        if known is None or not a_page or not reason or status not in _GONE:
            return None
        after = item.ref if item is not None else ""
        moment = time_text(self._clock())
        return PostChanged(time=moment, id=found.url, change="gone", before=known.ref, after=after, reason=reason)

    def _not_got(self, found: FetchRequest, ref: str, reason: str) -> None:
        """Record that nothing came at all; where the question was optional, only that it stayed open."""
        if found.optional:
            self._progress.passed_over(found.url)
            self.skip(found.url, f"{found.kind}: not there, and not needed ({reason})")
        else:
            self._fail(found, ref, reason, 0)

    def _is_known(self, found: FetchRequest, fetched: Fetched) -> bool:
        known, exchange = self._known.items.get(found.url), fetched.exchange
        return bool(
            known
            and known.settled
            and exchange is not None
            and fetched.whole
            and exchange.held
            and exchange.sha256 == known.sha256
            and found.kind == ItemKind.PAGE
            and found.found_in == _SCENE
        )

    def _unchanged(self, found: FetchRequest, exchange: EndedExchange, *, awaited: bool) -> Future[None]:
        """Keep an exchange whose body an earlier capture already has as an item: it stands in the WARC alone."""
        before = self._known.items[found.url].ref
        with self._lock:
            self.skipped += 1
            self.unchanged = True
        moment = time_text(self._clock())
        skipped = Skipped(time=moment, url=found.url, reason=f"{found.kind}: the same bytes as {before}")
        self._progress.passed_over(found.url)
        return self._writer.submit(WriteRequest.of_exchange(exchange, events=(skipped,)), leads_on=awaited)

    def _item_of(
        self, found: FetchRequest, fetched: Fetched, exchange: EndedExchange, number: int, extractor: str
    ) -> Item | None:
        """Return the item that an exchange brings, or None where its whole body stands in the WARC and nowhere else.

        An error page is an item where it answers for the scene itself: an investigator wants to read it. Behind a
        link of the page it stands in the WARC alone.
        """
        # 1. What is not kept as an item: nothing at all; an error page behind a link; a host's page for whatever it
        # does not know.
        refused = not exchange.cut and bool(fetched.reason)
        if not exchange.size and (fetched.reason or found.method == "HEAD"):
            return None
        if refused and found.found_in != _SCENE and exchange.held:
            return None
        sample = plain_sample(self._readers, exchange)
        sniffed = media_type(sample, exchange.header("content-type"))
        kind = _kind(found, sniffed)
        if found.optional and kind == ItemKind.PAGE != found.kind and exchange.held and _says_page(exchange):
            return None  # the host's page for everything that it does not know
        # 2. All else is one, also what is not what was sought: an error page in the place of the scene says so on its
        # face.
        return self._item(
            found,
            exchange,
            ref=exchange.ref,
            name=item_name(number, fetched.url, ItemKind.ERROR_PAGE if refused else kind, sniffed.extension),
            extractor=extractor,
            kind=ItemKind.ERROR_PAGE if refused else kind,
            mime=sniffed.mime,
            final_url=fetched.url if fetched.url != found.url else "",
            partial=exchange.cut,
            error_page=fetched.reason if refused else "",
        )

    def _item(
        self,
        found: FetchRequest,
        exchange: EndedExchange,
        *,
        ref: str,
        name: str,
        extractor: str,
        kind: ItemKind | None = None,
        mime: str = "application/octet-stream",
        final_url: str = "",
        partial: str = "",
        error_page: str = "",
    ) -> Item:
        return Item(
            time=time_text(self._clock()),
            ref=ref,
            kind=kind or found.kind,
            url=found.url,
            path=f"{ITEMS}/{name}",
            size=exchange.size,
            sha256=exchange.sha256,
            mime=mime,
            exchange=exchange.number,
            found_in=found.found_in,
            extractor=extractor,
            final_url=final_url,
            alt=found.alt[:1000],
            claimed_name=claimed_name(final_url or found.url)[:1000],
            content_encoding=exchange.header("content-encoding").strip().lower().replace("identity", "")[:100],
            partial=partial,
            error_page=error_page,
        )

    def _not_whole(self, item: Item, reason: str) -> None:
        """Record that a photo that is stored is none, or not all of it."""
        found = FetchRequest(url=item.url, kind=item.kind, found_in=item.found_in)
        self._fail(found, item.ref, f"it came and is kept, and is no whole photo: {reason}", item.exchange)

    def _fail(self, found: FetchRequest, ref: str, reason: str, exchange: int) -> None:
        """Record a failure, or hold it while nothing has come."""
        failure = self._failure(found, ref, reason, exchange)
        if not self._holds(failure):
            self._writer.record(failure)

    def _holds(self, failure: Failed) -> bool:
        with self._lock:
            if self.shown_later and failure.found_in == _SCENE and failure.exchange:
                self._refusals.append(failure)
                return True
            if self.got or not self.holding:
                return False
            self._held.append(failure)
            return True

    def _failure(self, found: FetchRequest, ref: str, reason: str, exchange: int) -> Failed:
        moment = time_text(self._clock())
        failure = Failed(time=moment, url=found.url, reason=reason, found_in=found.found_in, ref=ref, exchange=exchange)
        with self._lock:
            self.failed += 1
        self._progress.failed(failure)
        return failure

    def _stored(self, item: Item | None) -> None:
        if item is None:
            return
        with self._lock:
            self.items += 1
            self.bytes += item.size
            self.got += not item.error_page and item.kind not in _BESIDE
        self._progress.stored(item)
        if item.kind in {ItemKind.PHOTO, ItemKind.VIDEO} and not item.error_page:
            self._examination.examine(item)


def _headers(found: FetchRequest) -> Mapping[str, str]:
    try:
        named = referrer(found.referer, found.url) if found.referer else ""
    except ValueError:
        named = ""  # the recorder says what is wrong with the address
    return {"Referer": named, **found.headers} if named else found.headers


def _marked(item: Item | None, found: FetchRequest, reason: str) -> Item | None:
    """Mark what came in the place of a photo or video, so that nobody takes it for the one that a post shows."""
    if item is None or not reason or not (found.kind in MEDIA or found.kind in _SEEN_OR_HEARD):
        return item
    return replace(item, error_page=reason, kind=item.kind if item.size else ItemKind.FILE)


def _kind(found: FetchRequest, sniffed: MediaType) -> ItemKind:
    """Return what an item is: the extractor's word for a post or a listing, unless a page came in its place."""
    if found.kind in MEDIA or ItemKind.PAGE in {found.kind, sniffed.kind}:
        return sniffed.kind
    return found.kind


def _says_page(exchange: EndedExchange) -> bool:
    return exchange.header("content-type").strip().lower().startswith("text/html")


def _not_as_sought(found: FetchRequest, item: Item | None, exchange: EndedExchange, readers: Readers) -> str:
    """Say what is wrong with an answer that is whole: a page for a photo (a login wall, as a rule), or other bytes."""
    if (item is None or item.kind == ItemKind.PAGE) and found.kind != ItemKind.PAGE and found.method != "HEAD":
        return f"the server sent a page instead of a {found.kind}"
    if item is not None and found.kind in _SEEN_OR_HEARD:
        instead = _words_instead(item, exchange) or _bytes_instead(found, item, plain_sample(readers, exchange))
        if instead:
            return f"the server sent {instead} instead of a {found.kind}"
    sha256 = promised_sha256(found.url)
    return _not_as_signed(sha256, exchange, readers) if sha256 else ""


def _words_instead(item: Item, exchange: EndedExchange) -> str:
    """Say what came where a photo, video or segment was to come and nothing came that anyone could see or hear."""
    if not exchange.size:
        return "an empty answer (0 bytes)"
    said = item.mime
    as_text = said.startswith("text/") or said.endswith(("/json", "+json", "/xml")) or item.kind == ItemKind.FEED
    return f"{_PLAIN_NAMES.get(said, said)}" if as_text else ""


def _bytes_instead(found: FetchRequest, item: Item, sample: bytes) -> str:
    """Say what came where bytes were to come that anyone could see or hear, and others did.

    What stands behind a mere address in a feed or a post may be anything; so may a stream.
    """
    promised = kind_of_address(found.url) == found.kind or found.found_in.startswith(_SHOWN_IN)
    shown = sniff(sample)
    if item.kind == ItemKind.PHOTO and sample and shown is None and is_told_by_bytes(item.mime):
        return f"bytes that are no {item.mime}"
    told = item.kind in _NEVER_SEEN and (shown is not None or found.kind == ItemKind.PHOTO)
    return item.mime if promised and told else ""


def _only_a_part(found: FetchRequest, exchange: EndedExchange) -> str:
    """Say which part of something came of which the whole was asked for."""
    if exchange.status != HTTPStatus.PARTIAL_CONTENT or "range" in {name.lower() for name in found.headers}:
        return ""
    stated = exchange.header("content-range").strip()
    part = _PART.fullmatch(stated)
    whole = part is not None and part[1] == "0" and int(part[2]) + 1 == int(part[3])
    return "" if whole else f"the server sent a part of it unasked ({stated[:100] or 'of no stated place'})"


def _not_decoded(item: Item, exchange: EndedExchange, readers: Readers) -> str:
    """Say why nobody can read a file that no reader of pages and lists will look into."""
    if not item.content_encoding or not (item.kind in MEDIA or item.kind == ItemKind.FILE):
        return ""
    try:
        plain_sha256(readers, exchange.body, item.content_encoding)
    except NotRead as error:
        return f"it came and is kept, and cannot be read ({error})"
    return ""


def _not_as_signed(sha256: str, exchange: EndedExchange, readers: Readers) -> str:
    """Say whether a body is another one than a signed record names, once its content coding is undone."""
    coding = exchange.header("content-encoding").strip()
    try:
        served = plain_sha256(readers, exchange.body, coding) if coding else exchange.sha256
    except NotRead as error:
        return f"whether it is what the signed record names cannot be told: {error}"
    return "" if served == sha256 else "the server sent other bytes than those that the signed record names"
