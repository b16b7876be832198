"""What a bundle lists of one capture: lines of its ledger, each item with what other lines say of it.

Such lines stand before the item (its exchange) and behind it, up to the ledger's end. So a ledger is read twice: once
to find where each stands, once, of what is listed, to write the list. In memory are eight bytes for each line that is
listed, whatever stands in it; what belongs to an item is looked up (`lookup.py`).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

import msgspec
from msgspec.structs import asdict, replace

from exports.errors import NotWhole
from exports.format.capture_view import seal_of
from exports.format.lookup import Lookup, Places
from exports.format.manifest import (
    CaptureRecord,
    Listed,
    ListedChange,
    ListedFailure,
    ListedItem,
    ListedOutcome,
    ListedRecovery,
    ListedRendering,
    ListedSkip,
    ListedVerdict,
    SealRecord,
)
from hashing.case.capture_folder import Seal, case_folder
from hashing.case.case import CAPTURES
from hashing.case.events import (
    CaptureEvent,
    CaptureFinished,
    CaptureResumed,
    CaptureStarted,
    ClockMeasured,
    Event,
    Exchange,
    IntakeBegun,
    Item,
    ServerDates,
    Timestamped,
    WarcPlace,
    WorkingCopy,
    decode_capture_event,
)
from hashing.errors import BadFormat
from hashing.files import inside
from hashing.ledger.keys import PublicKey
from hashing.ledger.ledger import LEDGER, LONGEST_LINE, read_lines

E = TypeVar("E", bound=Event)

# Events that are listed. An item is listed with others, and the rest stands in the ledger alone.
_LISTED: dict[str, type[Listed]] = {
    "item": ListedItem,
    "failed": ListedFailure,
    "skipped": ListedSkip,
    "post-changed": ListedChange,
    "verdict": ListedVerdict,
    "rendering": ListedRendering,
    "rendered": ListedOutcome,
    "recovered": ListedRecovery,
}
_BELONGING = {"facts", "post", "proof", "working-copy"}  # Events that are listed with the item that they name.


def folder_in_bundle(capture: str) -> str:
    """Return where a capture stands in a bundle."""
    return f"data/{CAPTURES}/{capture}"


class Glance(msgspec.Struct, gc=False):
    """What a line is about, read at a fraction of the cost of the whole line."""

    event: str
    ref: str = ""
    exchange: int = 0
    error_page: str = ""


_glance = msgspec.json.Decoder(Glance)


class Lines(Protocol):
    """The lines of a capture's ledger: what each is about, with its place, and the event at a place."""

    def glances(self) -> Iterator[tuple[int, Glance]]:
        """Yield what each line is about, from the first on. Raises BadFormat, and as reading does."""

    def at(self, place: int) -> CaptureEvent:
        """Return the event at a place. Raises as `glances`."""

    def close(self) -> None:
        """Let go of what `at` has opened."""


class LedgerFile:
    """A ledger in a file, which `opened` opens as often as needed; the place of a line is its offset in bytes."""

    def __init__(self, path: Path, opened: Callable[[], BinaryIO]) -> None:
        self._path = path
        self._opened = opened
        self._file: BinaryIO | None = None

    def glances(self) -> Iterator[tuple[int, Glance]]:
        """Yield what each line is about, with its offset. Raises BadFormat, Unreadable, and as opening does."""
        place = 0
        with self._opened() as file:
            for line in read_lines(file, self._path):
                try:
                    yield place, _glance.decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                    raise BadFormat(f"{self._path}: not an event of a capture: {error}") from error
                place += len(line) + 1

    def at(self, place: int) -> CaptureEvent:
        """Return the event of the line at an offset. Raises BadFormat, and as opening does."""
        if self._file is None:
            self._file = self._opened()
        self._file.seek(place)
        return decode_capture_event(self._file.readline(LONGEST_LINE).rstrip(b"\n"))

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


class EventList(msgspec.Struct, frozen=True):
    """Events in memory, as those of a disclosure; the place of one is its index."""

    events: Sequence[CaptureEvent]

    def glances(self) -> Iterator[tuple[int, Glance]]:
        """Yield what each is about, with its index."""
        for place, event in enumerate(self.events):
            tag = str(event.__struct_config__.tag)
            yield place, Glance(tag, getattr(event, "ref", ""), getattr(event, "exchange", 0))

    def at(self, place: int) -> CaptureEvent:
        """Return the event at an index."""
        return self.events[place]

    def close(self) -> None:
        """Do nothing."""


@dataclass(slots=True)
class SealedCapture:
    """A capture, or the disclosed part of one: its events, and the seal over its whole ledger."""

    lines: Lines
    seal: Seal
    timestamped: Timestamped | None = None  # The line of the case's ledger that records the trusted time of the seal.
    withheld: bool = False  # The files of the items are withheld.
    _belonging: Places | None = None
    _exchanges: Lookup[int, int] | None = None  # Where the last line of each exchange stands.
    _listed: array[int] = field(default_factory=lambda: array("Q"))  # Where each line stands that is listed.

    def head(self) -> CaptureRecord:
        """Read the ledger once; return what the manifest says of the capture.

        Raises NotWhole where the ledger does not begin and end a capture, BadKey, BadFormat, and as reading does.
        """
        # 1. Read every line once, of most only what kind it is: note where those stand that are read again.
        belonging, exchanges, self._listed = Places(), Lookup[int, int](int), array("Q")
        self._belonging, self._exchanges = belonging, exchanges
        first, latest = None, dict[str, int]()
        for place, about in self.lines.glances():
            kind = about.event
            if kind == "exchange":
                exchanges[about.exchange] = place
            elif kind in _BELONGING:
                belonging.add(about.ref, place)
            elif kind in _LISTED:
                self._listed.append(place)
            first = place if first is None and kind == "capture-started" else first
            latest[kind] = place
        # 2. Read the few lines that speak of the whole.
        try:
            started = first if first is None else self.lines.at(first)
            finished, clock, dates, resumed, intake = (
                self.lines.at(latest[kind]) if kind in latest else None
                for kind in ("capture-finished", "clock-measured", "server-dates", "recovered", "intake")
            )
        finally:
            self.lines.close()
        if not isinstance(started, CaptureStarted) or not isinstance(finished, CaptureFinished):
            raise NotWhole("a ledger that does not begin and end a capture")
        key = PublicKey.parse(resumed.signer if isinstance(resumed, CaptureResumed) else started.signer)
        seal, timestamped = self.seal, self.timestamped
        return CaptureRecord(
            started=started,
            finished=finished,
            seal=SealRecord(
                size=seal.size,
                root=seal.root,
                fingerprint=seal.fingerprint,
                public_key=key.raw.hex(),
                signer=key.fingerprint(),
            ),
            timestamp=replace(timestamped, checkpoint=f"data/{timestamped.checkpoint}") if timestamped else None,
            clock=clock if isinstance(clock, ClockMeasured) else None,
            intake=intake if isinstance(intake, IntakeBegun) else None,
            server_dates=dates if isinstance(dates, ServerDates) else None,
            lines=len(self._listed),
        )

    def entries(self, head: CaptureRecord) -> Iterator[Listed]:
        """Read the lines that are listed, after `head`; yield what is listed of it, in its order. Raises as `head`."""
        folder = folder_in_bundle(head.capture)
        try:
            for place in self._listed:
                event = self.lines.at(place)
                if isinstance(event, Item):
                    yield self._item(event, folder, head.exhibit)
                elif (kind := _LISTED.get(str(event.__struct_config__.tag))) is not None:
                    yield kind(**asdict(event), exhibit=head.exhibit)
        finally:
            self.lines.close()
            self.forget()

    def forget(self) -> None:
        """Let go of what `head` found: a bundle may hold many captures."""
        self._belonging, self._exchanges, self._listed = None, None, array("Q")

    def _item(self, item: Item, folder: str, exhibit: str) -> ListedItem:
        """Return an item with what other lines say of it.

        Where several items have one reference, the first has all that is said of it.
        """
        # Read again from the ledger, line by line: what is said of an item may be larger than all places together.
        belonging, exchanges = self._belonging or Places(), self._exchanges or Lookup[int, int](int)
        about = [_placed(self.lines.at(place), folder) for place in belonging.pop(item.ref)]
        place = exchanges.get(item.exchange)
        response = _placed(self.lines.at(place), folder) if place is not None else None
        return ListedItem.of(_placed(item, folder), about, response, exhibit=exhibit, withheld=self.withheld)


def sealed_capture(folder: Path, timestamped: Timestamped | None) -> SealedCapture:
    """Return the capture in a folder of a case, whose checkpoint has been compared with the case's ledger.

    Raises NotWhole where it is not sealed; Unreadable, BadFormat.
    """
    seal, path = seal_of(folder), folder / LEDGER
    if seal is None:
        raise NotWhole(f"{folder}: not sealed")
    return SealedCapture(LedgerFile(path, lambda: inside.opened(path, case_folder(folder))), seal, timestamped)


def _placed(event: E, folder: str) -> E:
    """Return an event that names its files as they are in the bundle."""

    def _place(place: WarcPlace | None) -> WarcPlace | None:
        return replace(place, file=f"{folder}/{place.file}") if place else None

    if isinstance(event, Item | WorkingCopy):
        return replace(event, path=f"{folder}/{event.path}")
    if isinstance(event, Exchange):
        return replace(event, warc=_place(event.warc), request_warc=_place(event.request_warc))
    return event
