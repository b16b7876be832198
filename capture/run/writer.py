"""The one thread that writes: item files get their names, records go into the WARC, lines into the ledger.

Many threads fetch; what they submit is written in groups, so that a group costs one wait for the disk and not one an
item. The order is always: bodies on disk, their names, WARC records, and only then the lines that speak of them.

What leads on is written first: a list whose next page is asked for once it is on disk, and the texts that were read in
one, wait behind no photo. Nothing that is submitted so speaks of anything that waits.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

import msgspec

from capture.recorder.warc_records import EncodedRecord, ExchangeRecords, chain_record, exchange_records, info_record
from hashing.case.events import Event, Exchange, Item, WarcPlace
from hashing.case.server_dates import DateBounds
from hashing.errors import StorageFull
from hashing.times import Clock, time_text
from hashing.tool import tool
from hashing.warc.record import new_record_id

if TYPE_CHECKING:
    from pathlib import Path

    from capture.recorder.exchange import EndedExchange
    from capture.recorder.stopping import Stop
    from hashing.case.capture_folder import CaptureFolder

_GROUP = 32
_GROUP_BYTES = 8 << 20
# Excerpts that wait for the disk at once: a journal of a file system takes in together what is waited for together.
_SIDE_BY_SIDE = 8
_WAITING = 64
_MOST_BYTES = 16 << 20
"""Hand-ins, and bytes in them, that may wait or be written before those who fetch have to wait: bounds the memory.
As many again may wait of what leads on.
"""


class WriteRequest(msgspec.Struct, frozen=True):
    """What is to be written together: an exchange, the item made of its body if any, and further events."""

    exchange: EndedExchange | None = None
    records: ExchangeRecords | None = None  # Of the exchange, encoded for the WARC.
    item: Item | None = None
    data: bytes = b""  # The item's bytes, where they are an excerpt of another item and did not arrive by themselves.
    made: Path | None = None  # Where the item was made, on the disk already, if no server sent it.
    events: tuple[Event, ...] = ()
    written: Callable[[], None] = msgspec.field(default=lambda: None)  # Called when all of it is on disk.
    # Of an excerpt or of what was made: called where the disk has no room; returns what is recorded instead.
    no_room: Callable[[], Event] | None = None

    @property
    def size(self) -> int:
        """Bytes that it holds in memory."""
        return len(self.data) + (self.records.size if self.records is not None else 0)

    @classmethod
    def of_exchange(
        cls,
        exchange: EndedExchange,
        item: Item | None = None,
        events: tuple[Event, ...] = (),
        written: Callable[[], None] = lambda: None,
    ) -> Self:
        """Hand in an exchange: its records are encoded here, so that the one thread that writes only writes."""
        exchange.incoming.close_journal()
        records = exchange_records(exchange, item.path if item is not None and exchange.size else "")
        return cls(msgspec.structs.replace(exchange, wire=None), records, item, events=events, written=written)


class Writer:
    """Writes one capture from a thread of its own; what makes writing impossible ends the capture, by `stop`."""

    def __init__(self, folder: CaptureFolder, clock: Clock, stop: Stop) -> None:
        self.folder = folder
        self._clock = clock
        self._stop = stop
        self._changed = threading.Condition()
        self._waiting: deque[tuple[WriteRequest, Future[None]]] = deque()
        # What leads on, and is written before anything that waits.
        self._leading: deque[tuple[WriteRequest, Future[None]]] = deque()
        self._bytes = 0
        self._closed = False
        self._chains: set[tuple[str, ...]] = set()
        self._opened: set[str] = set()
        self.error: BaseException | None = None  # What made writing impossible, if anything did.
        self._sparing = False
        self._side_by_side = ThreadPoolExecutor(_SIDE_BY_SIDE, "excerpt")
        # What the exchanges so far say of this computer's clock; to be read when the writer is closed.
        self.dates = DateBounds()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise the error that made writing impossible, if one did."""
        if self.error is not None:
            raise self.error

    def disk_full(self, reason: str) -> None:
        """Hear that the disk has no room: end the capture; what little there is goes to the ledger, not to excerpts."""
        self._sparing = True
        self.folder.release_reserve()
        self._stop.end(reason)

    def submit(self, request: WriteRequest, *, leads_on: bool = False) -> Future[None]:
        """Have something written; the future is done when it is on disk, or has the error that made it impossible.

        What `leads_on` is written before all that does not, and must speak of nothing that may still wait.
        Waits while much else does. Raises that error at once where it is known.
        """
        written: Future[None] = Future()
        queue, most = (self._leading, 2 * _MOST_BYTES) if leads_on else (self._waiting, _MOST_BYTES)
        with self._changed:
            while self.error is None and (len(queue) >= _WAITING or self._bytes >= most):
                self._changed.wait()
            self.check()
            queue.append((request, written))
            self._bytes += request.size
            self._changed.notify_all()
        return written

    def record(self, *events: Event) -> None:
        """Have events written."""
        self.submit(WriteRequest(events=events))

    def flush(self) -> None:
        """Wait until everything submitted so far is on disk. Raises the error that made it impossible, if one did."""
        self.submit(WriteRequest()).result()

    def close(self) -> None:
        """Write what was submitted and end. Raises the error that made writing impossible, if one did."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()
        self._side_by_side.shutdown()
        self.check()

    def _run(self) -> None:
        while group := self._next_group():
            try:
                # All that waits by now is written as one group: one sync serves it, however many small items it has.
                self.write([request for request, _ in group])
            except BaseException as error:  # noqa: BLE001 - whatever it is, it ends the capture, and nobody waits for ever
                self._give_up(error, group)
                return
            self._let_go(group)
            for _, written in group:
                written.set_result(None)

    def _next_group(self) -> list[tuple[WriteRequest, Future[None]]]:
        """Wait for hand-ins; return some, or none where the writer is closed and all is written."""
        with self._changed:
            while not self._leading and not self._waiting and not self._closed:
                self._changed.wait()
            group: list[tuple[WriteRequest, Future[None]]] = []
            size = 0
            for queue in (self._leading, self._waiting):
                while queue and len(group) < _GROUP and size < _GROUP_BYTES:
                    group.append(queue.popleft())
                    size += group[-1][0].size
                if any(request.exchange is not None for request, _ in group):
                    break  # an extractor waits for this answer: nothing that can wait is written with it
            self._changed.notify_all()
        return group

    def _let_go(self, group: list[tuple[WriteRequest, Future[None]]]) -> None:
        with self._changed:
            self._bytes -= sum(request.size for request, _ in group)
            self._changed.notify_all()

    def _give_up(self, error: BaseException, group: list[tuple[WriteRequest, Future[None]]]) -> None:
        with self._changed:
            self.error = error
            unwritten = [*group, *self._leading, *self._waiting]
            self._leading.clear()
            self._waiting.clear()
            self._changed.notify_all()
        self._stop.fail(error)
        for _, written in unwritten:
            written.set_exception(error)

    def write(self, group: list[WriteRequest]) -> None:
        """Write a group; it is on disk when this returns. Raises Unwritable, StorageFull."""
        # 1. Give each item its name, and put each exchange into the WARC. No line speaks of them yet: a crash here
        # leaves files and journals, of which recovery makes items.
        group = self._all_placed(group)
        said = [self._events(request) for request in group]
        # 2. Make all of it last, then the lines that speak of it.
        if any(said):  # a flush says nothing, and waits for no disk
            group = self._lasting(group, said)
        # 3. The ledger has it: the journals go, and whoever waits for an item hears of it.
        for request in group:
            if request.exchange is not None:
                request.exchange.incoming.forget()
            request.written()

    def _lasting(self, group: list[WriteRequest], said: Sequence[tuple[Event, ...]]) -> list[WriteRequest]:
        """Make items and records last, and then the lines that speak of them; return what was recorded."""
        # 1. Bodies and records first: a power cut between the two loses lines, and never what a line speaks of.
        if any(request.item is not None for request in group):
            self.folder.sync_items()
        if any(request.exchange is not None for request in group):
            self.folder.warc.sync()
        try:
            self._append(said)
        except StorageFull:
            # 2. The disk has no room for the lines: give up excerpts, whose bytes stand in the lists they were read in,
            # and what was made.
            left = [self._taken_back(request) for request in group]
            changed = zip(left, group, said, strict=True)
            self._append(events if now is before else now.events for now, before, events in changed)
            return left
        return group

    def _all_placed(self, group: list[WriteRequest]) -> list[WriteRequest]:
        """Give each item its place; each excerpt waits for the disk, so that many wait side by side."""
        if sum(request.exchange is None and request.item is not None for request in group) > 1:
            return list(self._side_by_side.map(self._placed, group))
        return [self._placed(request) for request in group]

    def _placed(self, request: WriteRequest) -> WriteRequest:
        """Give an item its place; return what is to be recorded, which for an excerpt may be that there is no room."""
        if request.item is None:
            return request
        name = request.item.path.rpartition("/")[2]
        if request.exchange is not None:
            self.folder.settle_item(request.exchange.body, name)
        elif request.made is not None:
            self.folder.settle_item(request.made, name)
        elif request.no_room is not None and not self._has_room(request.data, name):
            return WriteRequest(events=(request.no_room(),))
        return request

    def _has_room(self, excerpt: bytes, name: str) -> bool:
        """Store an excerpt, if there is room for it."""
        if self._sparing:
            return False
        try:
            self.folder.add_item(excerpt, name)
        except StorageFull as error:
            self.disk_full(error.reason)
            return False
        return True

    def _taken_back(self, request: WriteRequest) -> WriteRequest:
        """Take back what no server sent by itself and for whose line there is no room: none speaks of it yet."""
        if request.item is None or request.no_room is None:
            return request
        self.folder.remove_item(request.item.path)
        return WriteRequest(events=(request.no_room(),))

    def _events(self, request: WriteRequest) -> tuple[Event, ...]:
        exchange: tuple[Event, ...] = ()
        if request.exchange is not None:
            said = self._exchange(request.exchange, request.records)
            self.dates.add(said)
            exchange = (said,)
        return (*exchange, *((request.item,) if request.item is not None else ()), *request.events)

    def _append(self, said: Iterable[tuple[Event, ...]]) -> None:
        events = list(itertools.chain.from_iterable(said))
        try:
            self.folder.append(events)
        except StorageFull as error:
            self.disk_full(error.reason)
            self.folder.append(events)

    def _exchange(self, exchange: EndedExchange, records: ExchangeRecords | None) -> Exchange:
        """Put an exchange's records into the WARC and return the event that says where they are."""
        response = request = None
        unwritten = ""
        try:
            self._open_warc()
            self._write_chain(exchange)
            if records is not None and records.response is not None:
                response = self._place(records.response)
            if records is not None:
                request = self._place(records.request)
        except StorageFull as error:
            self.disk_full(error.reason)
            unwritten = f"{error.reason}: the exchange's records are not in the WARC"
        peer = exchange.peer
        return Exchange(
            time=time_text(self._clock()),
            exchange=exchange.number,
            url=exchange.url,
            method=exchange.method,
            started=exchange.started,
            seconds=exchange.seconds,
            status=exchange.status,
            size=exchange.size,
            sha256=exchange.sha256,
            warc=response,
            request_warc=request,
            ip=peer.ip if not exchange.proxy else "",
            port=peer.port if not exchange.proxy else 0,
            proxy=exchange.proxy,
            tls=peer.tls,
            content_type=exchange.header("content-type")[:200],
            content_encoding=exchange.header("content-encoding")[:200],
            server_date=exchange.header("date")[:100],
            age=exchange.header("age")[:100],
            location=exchange.header("location")[:8192],
            cut="; ".join(filter(None, (exchange.cut, unwritten))),
            close_delimited=exchange.close_delimited,
            replaced=exchange.replaced,
            recorded=exchange.recorded,
        )

    def _place(self, record: EncodedRecord) -> WarcPlace:
        file, offset = self.folder.warc.append(record.data)
        return WarcPlace(file=file, offset=offset, record=record.id, block_sha256=record.block_sha256)

    def _open_warc(self) -> None:
        """Begin each WARC file with the record that says what made it."""
        name = self.folder.warc.name
        if name in self._opened:
            return
        description = f"capture {self.folder.path.name}"
        date = time_text(self._clock())
        record = info_record(new_record_id(), date=date, filename=name, software=tool(), description=description)
        self.folder.warc.append(record)
        self._opened.add(name)

    def _write_chain(self, exchange: EndedExchange) -> None:
        """Keep each certificate chain once; every exchange names its certificates by their digests."""
        chain = exchange.peer.chain
        names = exchange.peer.tls.chain if exchange.peer.tls is not None else ()
        if chain and names not in self._chains:
            record = chain_record(new_record_id(), url=exchange.url, date=exchange.started, chain=chain)
            self.folder.warc.append(record)
            self._chains.add(names)
