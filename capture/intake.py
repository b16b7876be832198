"""From a fetch to an item: what came is named, numbered and handed to the writer; what did not is said."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

from capture.decoding import decoded_sample
from capture.item_name import claimed_name, item_name
from capture.media_type import media_type
from capture.recorder.incoming import NameGiven
from capture.sources import Found, Stored
from capture.writer import HandIn
from hashing.capture_folder import ITEMS
from hashing.events import Failed, Item
from hashing.times import Clock, timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from capture.examination import Examination
    from capture.progress import Progress
    from capture.recorder.exchange import Arrival
    from capture.recorder.recorder import Fetched, Recorder
    from capture.writer import Writer
    from hashing.capture_folder import CaptureFolder

ERROR_PAGE = "error page"
REMNANT = "remnant"
"""The body of an exchange that was repeated or redirected, where it is too large to stand in the WARC."""

_SCENE = "scene"


class Intake:
    """Takes in one capture's items, from several threads, and counts what came of them."""

    def __init__(
        self,
        folder: CaptureFolder,
        exhibit: str,
        writer: Writer,
        recorder: Recorder,
        examination: Examination,
        *,
        disk_full: Callable[[], None],
        progress: Progress,
        clock: Clock,
    ) -> None:
        self._disk_full = disk_full
        self._folder = folder
        self._exhibit = exhibit
        self._writer = writer
        self._recorder = recorder
        self._examination = examination
        self._progress = progress
        self._clock = clock
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self.items = self.got = self.failed = self.skipped = self.bytes = 0
        self.refused = False
        """Whether the scene itself is at an address that goldenhour does not connect to."""

    def next_number(self) -> int:
        """Return the next item's number; items are numbered as they are found, not as they arrive."""
        return next(self._numbers)

    def get(self, found: Found, source: str) -> Stored | None:
        """Fetch something and wait until it is on disk, for a source that must look into it."""
        written = threading.Event()
        fetched, item = self._take(found, self.next_number(), source, written)
        if item is None or fetched.arrival is None:
            return None
        while not written.wait(0.2):
            self._writer.check()
        if item.error_page:
            return None
        return Stored(item, self._folder.path / item.path, fetched.url, fetched.arrival.header("content-type"))

    def take(self, found: Found, number: int, source: str) -> None:
        """Fetch something and hand it in."""
        self._take(found, number, source, threading.Event())

    def passed(self, arrival: Arrival) -> None:
        """Keep an exchange that a redirect or another attempt followed."""
        item = None
        if arrival.size and not arrival.in_warc:
            number = int(arrival.ref.rpartition("-")[2])
            item = self._item(
                Found(url=arrival.url, kind=REMNANT, found_in="an exchange that was followed by another"),
                arrival,
                ref=f"{arrival.ref}.{arrival.number}",
                name=f"{number:04d}-exchange-{arrival.number}.body",
                source="recorder",
                partial=arrival.cut,
            )
            arrival.incoming.note(NameGiven(name=item.path.rpartition("/")[2]))
        self._writer.hand_in(HandIn(arrival, item, written=lambda: self._stored(item)))

    def not_begun(self, found: Found, reason: str) -> None:
        """Record that something was not even tried."""
        self._writer.record(self._failure(found, "", f"not fetched: {reason}", 0))

    def _take(self, found: Found, number: int, source: str, written: threading.Event) -> tuple[Fetched, Item | None]:
        ref = f"{self._exhibit}-{number:04d}"
        self._progress.fetching(found.url)
        fetched = self._recorder.fetch(found.url, ref=ref, referer=found.referer)
        arrival = fetched.arrival
        if found.found_in == _SCENE:
            self.refused = fetched.refused
        if fetched.disk_full:
            self._disk_full()
        if arrival is None:
            self._writer.record(self._failure(found, ref, fetched.reason, 0))
            return fetched, None
        item = self._item_of(found, fetched, arrival, number, source)
        reason = fetched.reason or _not_as_sought(found, item)
        failed = (self._failure(found, ref, reason, arrival.number),) if reason else ()

        if item is not None:
            arrival.incoming.note(NameGiven(name=item.path.rpartition("/")[2]))

        def _written() -> None:
            self._stored(item)
            written.set()

        self._writer.hand_in(HandIn(arrival, item, failed, _written))
        return fetched, item

    def _item_of(self, found: Found, fetched: Fetched, arrival: Arrival, number: int, source: str) -> Item | None:
        """Return the item that an arrival makes, or None where its whole body stands in the WARC and nowhere else.

        An error page is an item where it answers for the scene itself: an investigator wants to read it. Behind a
        link of the page it stands in the WARC alone.
        """
        refused = not arrival.cut and bool(fetched.reason)
        if not arrival.size and fetched.reason:
            return None
        if refused and found.found_in != _SCENE and arrival.in_warc:
            return None
        sample = decoded_sample(arrival.sample, arrival.header("content-encoding"))
        kind = media_type(sample, arrival.header("content-type"))
        return self._item(
            found,
            arrival,
            ref=arrival.ref,
            name=item_name(number, fetched.url, ERROR_PAGE if refused else kind.kind, kind.extension),
            source=source,
            kind=ERROR_PAGE if refused else kind.kind,
            mime=kind.mime,
            final_url=fetched.url if fetched.url != found.url else "",
            partial=arrival.cut,
            error_page=fetched.reason if refused else "",
        )

    def _item(
        self,
        found: Found,
        arrival: Arrival,
        *,
        ref: str,
        name: str,
        source: str,
        kind: str = "",
        mime: str = "application/octet-stream",
        final_url: str = "",
        partial: str = "",
        error_page: str = "",
    ) -> Item:
        return Item(
            time=timestamp(self._clock()),
            ref=ref,
            kind=kind or found.kind,
            url=found.url,
            path=f"{ITEMS}/{name}",
            size=arrival.size,
            sha256=arrival.sha256,
            mime=mime,
            exchange=arrival.number,
            found_in=found.found_in,
            source=source,
            final_url=final_url,
            alt=found.alt[:1000],
            claimed_name=claimed_name(final_url or found.url)[:1000],
            content_encoding=arrival.header("content-encoding").strip().lower().replace("identity", "")[:100],
            partial=partial,
            error_page=error_page,
        )

    def _failure(self, found: Found, ref: str, reason: str, exchange: int) -> Failed:
        moment = timestamp(self._clock())
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
            self.got += not item.error_page and item.kind != REMNANT
        self._progress.stored(item)
        if item.kind == "photo" and not item.error_page:
            self._examination.examine(item)


def _not_as_sought(found: Found, item: Item | None) -> str:
    """Say where a page came instead of the photo or video that a link promised: a login wall, as a rule."""
    if item is not None and found.kind != item.kind == "page":
        return f"the server sent a page instead of a {found.kind}"
    return ""
