"""What a bundle lists of one capture: lines of its ledger, each item with what other lines say of it.

Such lines stand before the item (its exchange) and behind it, up to the ledger's end. So a ledger is read twice: once
to find where each stands, once to write the list. What is in memory is some hundred bytes for each line that belongs
to an item, whatever stands in it.
"""

from __future__ import annotations

from bisect import bisect_left
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from exports.errors import NotWhole
from exports.format.capture_view import seal_of
from exports.format.manifest import (
    CaptureRecord,
    ListedChange,
    ListedFailure,
    ListedItem,
    ListedRecovery,
    ListedSkip,
    SealRecord,
)
from hashing.case.case import CAPTURES
from hashing.case.events import (
    CaptureFinished,
    CaptureResumed,
    CaptureStarted,
    ClockMeasured,
    Event,
    Exchange,
    Failed,
    Item,
    ItemFacts,
    PostChanged,
    PostRead,
    ProofRead,
    ServerDates,
    Skipped,
    WorkingCopy,
    decode_capture_event,
)
from hashing.ledger.keys import PublicKey
from hashing.ledger.ledger import LEDGER, LONGEST_LINE, read_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import BinaryIO, Self

    from exports.format.manifest import Listed
    from hashing.case.capture_folder import Seal
    from hashing.case.events import CaptureEvent, Stamped, WarcPlace

_LISTED: dict[type[Event], type[ListedFailure | ListedSkip | ListedChange | ListedRecovery]] = {
    Failed: ListedFailure,
    Skipped: ListedSkip,
    PostChanged: ListedChange,
    CaptureResumed: ListedRecovery,
}
"""Events that are listed as they are. An item is listed with others, and the rest stands in the ledger alone."""
_BITS = 64
_LOW = (1 << _BITS) - 1
_TAKEN = _LOW
"""Stands for the place of a line that is listed with its item already."""

E = TypeVar("E", bound=Event)


def folder_in_bundle(capture: str) -> str:
    """Return where a capture stands in a bundle."""
    return f"data/{CAPTURES}/{capture}"


class Lines(Protocol):
    """The events of a capture's ledger, each with its place, and again by its place."""

    def __iter__(self) -> Iterator[tuple[int, CaptureEvent]]:
        """Yield them from the first on. Raises BadFormat, and as reading does."""

    def at(self, place: int) -> CaptureEvent:
        """Return the event at a place. Raises as iterating does."""

    def __enter__(self) -> Self:
        """Begin to read at places."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""


class LedgerFile:
    """A ledger in a file, which `opened` opens as often as needed; the place of a line is its offset in bytes."""

    def __init__(self, path: Path, opened: Callable[[], BinaryIO]) -> None:
        self._path = path
        self._opened = opened
        self._open = ExitStack()
        self._file: BinaryIO | None = None

    def __iter__(self) -> Iterator[tuple[int, CaptureEvent]]:
        """Yield each event with the offset of its line. Raises BadFormat, Unreadable, and as opening does."""
        place = 0
        with self._opened() as file:
            for line in read_lines(file, self._path):
                yield place, decode_capture_event(line)
                place += len(line) + 1

    def at(self, place: int) -> CaptureEvent:
        """Return the event of the line at an offset. Raises BadFormat, and as opening does."""
        if self._file is None:
            self._file = self._open.enter_context(self._opened())
        self._file.seek(place)
        return decode_capture_event(self._file.readline(LONGEST_LINE).rstrip(b"\n"))

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        self._file = None
        self._open.close()


@dataclass(frozen=True, slots=True)
class EventList:
    """Events in memory, as those of a disclosure; the place of one is its index."""

    events: Sequence[CaptureEvent]

    def __iter__(self) -> Iterator[tuple[int, CaptureEvent]]:
        """Yield each with its index."""
        return enumerate(self.events)

    def at(self, place: int) -> CaptureEvent:
        """Return the event at an index."""
        return self.events[place]

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing."""


class _Places:
    """Where the lines stand that belong to something, by its name: numbers, sorted by name and place.

    Names are told apart by `hash`, of which nobody outside this process knows the key: who writes a ledger cannot make
    many names alike.
    """

    def __init__(self) -> None:
        self._found: list[int] = []
        self._sorted = True

    def add(self, name: str, place: int) -> None:
        """Note that a line at this place belongs to what has this name."""
        self._found.append((hash(name) & _LOW) << _BITS | place)
        self._sorted = False

    def take(self, name: str) -> list[int]:
        """Return the places for a name, in their order; asked once more for it, none.

        So a ledger that gives many items one name costs no more than any other.
        """
        if not self._sorted:
            self._found.sort()
            self._sorted = True
        key = hash(name) & _LOW
        start, end = (bisect_left(self._found, each << _BITS) for each in (key, key + 1))
        places = [each & _LOW for each in self._found[start:end] if each & _LOW != _TAKEN]
        self._found[start:end] = [key << _BITS | _TAKEN] * (end - start)
        return places


@dataclass(slots=True)
class SealedCapture:
    """A capture, or the disclosed part of one: its events, and the seal over its whole ledger."""

    lines: Lines
    seal: Seal
    stamped: Stamped | None = None
    """The line of the case's ledger that records the trusted time of the seal."""
    withheld: bool = False
    """The files of the items are withheld."""
    _belonging: _Places = field(default_factory=_Places)
    _exchanges: dict[int, int] = field(default_factory=dict)
    """Where the last line of each exchange stands."""

    def head(self) -> CaptureRecord:
        """Read the ledger once; return what the manifest says of the capture.

        Raises NotWhole where the ledger does not begin and end a capture, BadKey, BadFormat, and as reading does.
        """
        self._belonging, self._exchanges = _Places(), {}
        latest: dict[type[Event], Event] = {}
        lines = 0
        for place, event in self.lines:
            match event:
                case Exchange():
                    self._exchanges[event.exchange] = place
                case ItemFacts() | PostRead() | ProofRead() | WorkingCopy():
                    self._belonging.add(event.ref, place)
                case CaptureStarted():
                    latest.setdefault(CaptureStarted, event)
                case CaptureFinished() | ClockMeasured() | ServerDates() | CaptureResumed():
                    latest[type(event)] = event
                case _:
                    pass
            lines += isinstance(event, Item) or type(event) in _LISTED
        started, finished = _last(latest, CaptureStarted), _last(latest, CaptureFinished)
        if started is None or finished is None:
            raise NotWhole("a ledger that does not begin and end a capture")
        resumed, seal = _last(latest, CaptureResumed), self.seal
        key = PublicKey.parse(resumed.signer if resumed else started.signer)
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
            timestamp=msgspec.structs.replace(self.stamped, checkpoint=f"data/{self.stamped.checkpoint}")
            if self.stamped
            else None,
            clock=_last(latest, ClockMeasured),
            server_dates=_last(latest, ServerDates),
            lines=lines,
        )

    def entries(self, head: CaptureRecord) -> Iterator[Listed]:
        """Read the ledger once more, after `head`; yield what is listed of it, in its order. Raises as `head`."""
        folder = folder_in_bundle(head.capture)
        with self.lines:
            for _, event in self.lines:
                if isinstance(event, Item):
                    yield self._item(event, folder, head.exhibit)
                elif type(event) in _LISTED:
                    yield _LISTED[type(event)](**_fields(event), exhibit=head.exhibit)

    def _item(self, item: Item, folder: str, exhibit: str) -> ListedItem:
        """Return an item with what other lines say of it; of several posts or proofs, the last.

        Where several items have one reference, the first has all that is said of it.
        """
        about = [self.lines.at(place) for place in self._belonging.take(item.ref)]
        place = self._exchanges.get(item.exchange)
        response = self.lines.at(place) if place is not None else None
        posts = [event.post for event in about if isinstance(event, PostRead)]
        proofs = [event for event in about if isinstance(event, ProofRead)]
        return ListedItem(
            **{**_fields(item), "path": f"{folder}/{item.path}"},
            exhibit=exhibit,
            withheld=self.withheld,
            response=_placed(response, folder) if isinstance(response, Exchange) else None,
            facts=tuple(fact for event in about if isinstance(event, ItemFacts) for fact in event.facts),
            post=posts[-1] if posts else None,
            proof=proofs[-1] if proofs else None,
            working_copies=tuple(
                msgspec.structs.replace(event, path=f"{folder}/{event.path}")
                for event in about
                if isinstance(event, WorkingCopy)
            ),
        )


def sealed_capture(folder: Path, stamped: Stamped | None) -> SealedCapture:
    """Return the capture in a folder of a case, whose checkpoint has been compared with the case's ledger.

    Raises NotWhole where it is not sealed; Unreadable, BadFormat.
    """
    seal, path = seal_of(folder), folder / LEDGER
    if seal is None:
        raise NotWhole(f"{folder}: not sealed")
    return SealedCapture(LedgerFile(path, lambda: path.open("rb")), seal, stamped)


def _last(latest: dict[type[Event], Event], kind: type[E]) -> E | None:
    event = latest.get(kind)
    return event if isinstance(event, kind) else None


def _fields(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__struct_fields__}


def _placed(exchange: Exchange, folder: str) -> Exchange:
    """Return an exchange whose records are named by their files in the bundle."""

    def _place(place: WarcPlace | None) -> WarcPlace | None:
        return msgspec.structs.replace(place, file=f"{folder}/{place.file}") if place else None

    return msgspec.structs.replace(exchange, warc=_place(exchange.warc), request_warc=_place(exchange.request_warc))
