"""The one thread that writes: item files get their names, records go into the WARC, lines into the ledger.

Many threads fetch; what they hand in is written in groups, so that a group costs one wait for the disk and not one an
item. The order is always: bodies on disk, their names, WARC records, and only then the lines that speak of them.
"""

from __future__ import annotations

import itertools
import queue
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from capture.recorder.warc_records import chain_record, info_record
from hashing.case.events import Exchange, WarcPlace
from hashing.case.server_dates import DateBounds
from hashing.errors import HashingError, StorageFull
from hashing.times import Clock, timestamp
from hashing.tool import tool
from hashing.warc.record import new_record_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from capture.recorder.exchange import Arrival
    from hashing.case.capture_folder import CaptureFolder
    from hashing.case.events import Event, Item

_GROUP = 32
_WAITING = 64
"""Hand-ins that may wait before those who fetch have to wait too: this bounds the memory."""


@dataclass(frozen=True, slots=True)
class HandIn:
    """What is to be written together: an exchange, the item made of its body if any, and further events."""

    arrival: Arrival | None = None
    item: Item | None = None
    data: bytes = b""
    """The item's bytes, where they are an excerpt of another item and did not arrive by themselves."""
    events: tuple[Event, ...] = ()
    written: Callable[[], None] = field(default=lambda: None)
    """Called when all of it is on disk."""
    no_room: Callable[[], Event] | None = None
    """Of an excerpt: called where the disk has no room for it; returns what is recorded instead."""


class Writer:
    """Writes one capture from a thread of its own."""

    def __init__(self, folder: CaptureFolder, clock: Clock, *, disk_full: Callable[[], None]) -> None:
        self.folder = folder
        self._clock = clock
        self._disk_full = disk_full
        self._queue: queue.Queue[HandIn | None] = queue.Queue(_WAITING)
        self._chains: set[tuple[bytes, ...]] = set()
        self._opened: set[str] = set()
        self._error: HashingError | None = None
        self._sparing = False
        self.dates = DateBounds()
        """What the exchanges so far say of this computer's clock; to be read when the writer is closed."""
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise the error that made writing impossible, if one did."""
        if self._error is not None:
            raise self._error

    def spare(self) -> None:
        """Hear that the disk is full: what little room there is goes to the ledger, and to no excerpt any more."""
        self._sparing = True

    def hand_in(self, hand_in: HandIn) -> None:
        """Have something written. Raises the error that made writing impossible, if one did."""
        self.check()
        self._queue.put(hand_in)

    def record(self, *events: Event) -> None:
        """Have events written."""
        self.hand_in(HandIn(events=events))

    def flush(self) -> None:
        """Wait until everything handed in so far is on disk. Raises the error that made it impossible, if one did."""
        written = threading.Event()
        self.hand_in(HandIn(written=written.set))
        while not written.wait(0.2):
            self.check()

    def close(self) -> None:
        """Write what was handed in and end. Raises the error that made writing impossible, if one did."""
        self._queue.put(None)
        self._thread.join()
        self.check()

    def _run(self) -> None:
        ended = False
        while not ended:
            group = [self._queue.get()]
            while group[-1] is not None and len(group) < _GROUP and not self._queue.empty():
                group.append(self._queue.get())
            ended = group[-1] is None
            if self._error is None:
                self._write_or_note([hand_in for hand_in in group if hand_in is not None])

    def _write_or_note(self, group: list[HandIn]) -> None:
        try:
            self.write(group)
        except HashingError as error:
            self._error = error
            self._disk_full()

    def write(self, group: list[HandIn]) -> None:
        """Write a group; it is on disk when this returns. Raises Unwritable, StorageFull."""
        group = [self._placed(hand_in) for hand_in in group]
        said = [self._events(hand_in) for hand_in in group]
        self.folder.sync_items()
        self.folder.warc.sync()
        try:
            self._append(said)
        except StorageFull:
            left = [self._taken_back(hand_in) for hand_in in group]
            changed = zip(left, group, said, strict=True)
            self._append(events if now is before else now.events for now, before, events in changed)
            group = left
        for hand_in in group:
            if hand_in.arrival is not None:
                hand_in.arrival.incoming.forget()
            hand_in.written()

    def _placed(self, hand_in: HandIn) -> HandIn:
        """Give an item its place; return what is to be recorded, which for an excerpt may be that there is no room."""
        if hand_in.item is None:
            return hand_in
        name = hand_in.item.path.rpartition("/")[2]
        if hand_in.arrival is not None:
            self.folder.settle_item(hand_in.arrival.body, name)
        elif hand_in.no_room is not None and not self._has_room(hand_in.data, name):
            return HandIn(events=(hand_in.no_room(),))
        return hand_in

    def _has_room(self, excerpt: bytes, name: str) -> bool:
        """Store an excerpt, if there is room for it."""
        if self._sparing:
            return False
        try:
            self.folder.add_item(excerpt, name)
        except StorageFull:
            self._disk_full()
            return False
        return True

    def _taken_back(self, hand_in: HandIn) -> HandIn:
        """Take back an excerpt for whose line there is no room: none speaks of it yet, and its list has its bytes."""
        if hand_in.item is None or hand_in.no_room is None:
            return hand_in
        self.folder.take_back(hand_in.item.path)
        return HandIn(events=(hand_in.no_room(),))

    def _events(self, hand_in: HandIn) -> tuple[Event, ...]:
        exchange: tuple[Event, ...] = ()
        if hand_in.arrival is not None:
            said = self._exchange(hand_in.arrival)
            self.dates.take(said)
            exchange = (said,)
        return (*exchange, *((hand_in.item,) if hand_in.item is not None else ()), *hand_in.events)

    def _append(self, said: Iterable[tuple[Event, ...]]) -> None:
        events = list(itertools.chain.from_iterable(said))
        try:
            self.folder.append(events)
        except StorageFull:
            self._disk_full()
            self.folder.append(events)

    def _exchange(self, arrival: Arrival) -> Exchange:
        """Put an exchange's records into the WARC and return the event that says where they are."""
        response = request = None
        unwritten = ""
        try:
            self._open_warc()
            self._write_chain(arrival)
            if arrival.response_record:
                file, offset = self.folder.warc.append(arrival.response_record)
                response = WarcPlace(
                    file=file, offset=offset, record=arrival.response_id, block_sha256=arrival.response_sha256
                )
            file, offset = self.folder.warc.append(arrival.request_record)
            request = WarcPlace(
                file=file, offset=offset, record=arrival.request_id, block_sha256=arrival.request_sha256
            )
        except StorageFull:
            self._disk_full()
            unwritten = "the disk was full: the exchange's records are not in the WARC"
        peer = arrival.peer
        return Exchange(
            time=timestamp(self._clock()),
            exchange=arrival.number,
            url=arrival.url,
            method=arrival.method,
            started=arrival.started,
            seconds=arrival.seconds,
            status=arrival.status,
            size=arrival.size,
            sha256=arrival.sha256,
            warc=response,
            request_warc=request,
            ip=peer.ip if not arrival.proxy else "",
            port=peer.port if not arrival.proxy else 0,
            proxy=arrival.proxy,
            tls=peer.tls,
            content_type=arrival.header("content-type")[:200],
            content_encoding=arrival.header("content-encoding")[:200],
            server_date=arrival.header("date")[:100],
            age=arrival.header("age")[:100],
            location=arrival.header("location")[:8192],
            cut="; ".join(filter(None, (arrival.cut, unwritten))),
            close_delimited=arrival.close_delimited,
            replaced=arrival.replaced,
        )

    def _open_warc(self) -> None:
        """Begin each WARC file with the record that says what made it."""
        name = self.folder.warc.name
        if name in self._opened:
            return
        self._opened.add(name)
        description = f"capture {self.folder.path.name}"
        date = timestamp(self._clock())
        record = info_record(new_record_id(), date=date, filename=name, software=tool(), description=description)
        self.folder.warc.append(record)

    def _write_chain(self, arrival: Arrival) -> None:
        """Keep each certificate chain once; every exchange names its certificates by their digests."""
        chain = arrival.peer.chain
        if chain and chain not in self._chains:
            record = chain_record(new_record_id(), url=arrival.url, date=arrival.started, chain=chain)
            self.folder.warc.append(record)
            self._chains.add(chain)
