"""One capture as its ledger tells it, gathered into a single record for everyone who shows or hands it over.

A view repeats what the ledger says; whether that is still true of the files is the business of verification.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from exports.format.budget import LineBudget
from exports.format.kept import Picked, Spool
from exports.format.lookup import Lookup, Places
from exports.format.manifest import ListedItem
from hashing.case.capture_folder import CHECKPOINT, Seal, capture_events, case_folder, is_sealed
from hashing.case.events import (
    CaptureEvent,
    CaptureFinished,
    CaptureResumed,
    CaptureStarted,
    ClockMeasured,
    Event,
    Exchange,
    Failed,
    IntakeBegun,
    Item,
    ItemFacts,
    PageJudged,
    PostChanged,
    PostRead,
    ProofRead,
    ServerDates,
    Skipped,
    WorkingCopy,
)
from hashing.errors import BadFormat
from hashing.files.storage import read_small
from hashing.ledger.checkpoint import parse_checkpoint
from hashing.ledger.keys import PublicKey
from hashing.ledger.ledger import LEDGER

E = TypeVar("E", bound=Event)

RUNNING = "running"  # Status of a capture whose ledger has no last line yet: at work, or left by a process that died.


class CaptureView(msgspec.Struct, frozen=True):
    """A capture: its first line, its last line if it has one, and everything between, sorted by kind."""

    path: Path
    started: CaptureStarted
    finished: CaptureFinished | None
    items: Sequence[ListedItem]  # In the order of their references; paths are relative to the capture.
    working_copies: Sequence[WorkingCopy]
    failed: Sequence[Failed]
    skipped: Sequence[Skipped]
    changed: Sequence[PostChanged]  # Posts that are not what they were in an earlier capture.
    verdicts: Sequence[PageJudged]  # What its pages turned out to be.
    recovered: tuple[CaptureResumed, ...]
    seal: Seal | None  # None where the capture is not sealed.
    clock: ClockMeasured | None = None  # This computer's clock against a time server, where one was named.
    intake: IntakeBegun | None = None  # Who handed it in, where it was not fetched.
    dates: ServerDates | None = None  # And against the Date headers of the servers, where any sent one.

    @property
    def status(self) -> str:
        """Complete, partial, nothing, interrupted; or running where no last line says so."""
        return self.finished.status if self.finished else RUNNING

    @property
    def public_key(self) -> str:
        """The key that seals the capture, in hexadecimal: that of whoever finished it."""
        return self.recovered[-1].signer if self.recovered else self.started.signer

    @property
    def signer(self) -> str:
        """The fingerprint of that key. Raises BadKey where the ledger names none that can be one."""
        return PublicKey.parse(self.public_key).fingerprint()

    @property
    def bytes(self) -> int:
        """Size of all items together."""
        return sum(item.size for item in self.items)


def read_capture(path: Path) -> CaptureView:
    """Gather what the ledger of the capture in `path` says; where that is much, most of it outside of memory.

    Raises Unreadable, BadFormat; TooMuch where the disk has no room for it, or more is said of one item than is
    held in memory.
    """
    gathered = _Gathered(f"{path.name}/{LEDGER}", capture_events(path))
    if gathered.started is None:
        raise BadFormat(f"{path / LEDGER}: the first line does not begin a capture")
    return CaptureView(
        path=path,
        started=gathered.started,
        # The last of each, as a capture that was finished off after its process died has one more.
        finished=gathered.last(CaptureFinished),
        items=gathered.items(gathered.started.exhibit),
        working_copies=gathered.of(WorkingCopy),
        failed=gathered.of(Failed),
        skipped=gathered.of(Skipped),
        changed=gathered.of(PostChanged),
        verdicts=gathered.of(PageJudged),
        recovered=tuple(gathered.of(CaptureResumed)),
        seal=seal_of(path),
        clock=gathered.last(ClockMeasured),
        intake=next(iter(gathered.of(IntakeBegun)), None),
        dates=gathered.last(ServerDates),
    )


def seal_of(path: Path) -> Seal | None:
    """Return what the checkpoint of the capture in `path` says, unchecked; None without one.

    Raises BadFormat, Unreadable.
    """
    if not is_sealed(path):
        return None
    note = read_small(path / CHECKPOINT, root=case_folder(path))
    try:
        checkpoint, _ = parse_checkpoint(note)
    except BadFormat as error:
        raise BadFormat(f"{path / CHECKPOINT}: {error}") from error
    return Seal.of(checkpoint, note)


def reading_order(ref: str) -> tuple[list[int], str]:
    """Order references by their numbers: items are recorded as they arrive, and read as they were found."""
    return [int(digits) for digits in re.findall(r"[0-9]{1,18}", ref)], ref


def sortable(ref: str) -> str:
    """Return a text that stands among others as its reference stands in their reading order."""
    numbers, _ = reading_order(ref)
    return f"{''.join(f'{number:018d}' for number in numbers)}\0{ref}"


class _Gathered:
    """The events of a ledger, sorted by their kind."""

    def __init__(self, name: str, events: Iterable[CaptureEvent]) -> None:
        self._name = name
        self._kept: Spool[CaptureEvent] = Spool(CaptureEvent)
        self._by_kind: dict[type[Event], array[int]] = {}
        self._exchanges: Lookup[int, int] = Lookup(int)
        self._about = Places()
        self.started: CaptureStarted | None = None
        for number, event in enumerate(events):
            if number == 0 and isinstance(event, CaptureStarted):
                self.started = event
            place = self._kept.add(event)
            self._by_kind.setdefault(type(event), array("Q")).append(place)
            if isinstance(event, Exchange):
                self._exchanges[event.exchange] = place
            elif isinstance(event, PostRead | ProofRead | ItemFacts | WorkingCopy):
                self._about.add(event.ref, place)

    def of(self, kind: type[E]) -> Sequence[E]:
        """Return every event of one kind, in the ledger's order."""
        return Picked(self._kept, self._by_kind.get(kind, array("Q")))  # type: ignore[arg-type]  # filled by type

    def last(self, kind: type[E]) -> E | None:
        """Return the last event of one kind; None where there is none."""
        return next(iter(self.of(kind)[-1:]), None)

    def items(self, exhibit: str) -> Sequence[ListedItem]:
        """Return the items with all that the ledger says about each, in reading order.

        Where several items have one reference, the first has all that is said of it.
        """
        # An item's exchange stands before it in the ledger, and what was read of it behind it, so all are gathered
        # first.
        listed: Spool[ListedItem] = Spool(ListedItem)
        order: Lookup[str, int] = Lookup(str)
        for number, item in enumerate(self.of(Item)):
            places, budget = self._about.pop(item.ref), LineBudget(self._name)
            for place in places:
                budget.charge(self._kept.encoded(place))
            exchange = self._exchanges.get(item.exchange)
            response = self._kept[exchange] if exchange is not None else None
            entry = ListedItem.of(item, [self._kept[place] for place in places], response, exhibit=exhibit)
            order[f"{sortable(item.ref)}\0{number:012d}"] = listed.add(entry)
        return Picked(listed, array("Q", (place for _, place in order.pairs())))
