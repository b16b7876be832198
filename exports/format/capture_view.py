"""One capture as its ledger tells it, gathered into a single record for everyone who shows or hands it over.

A view repeats what the ledger says; whether that is still true of the files is the business of verification.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from exports.format.budget import LineBudget
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
    WarcClosed,
    WorkingCopy,
    decode_capture_event,
)
from hashing.case.facts import Fact
from hashing.case.post import Post
from hashing.errors import BadFormat
from hashing.files.storage import read_small
from hashing.ledger.checkpoint import parse_checkpoint
from hashing.ledger.keys import PublicKey
from hashing.ledger.ledger import LEDGER, ledger_lines

E = TypeVar("E", bound=Event)

RUNNING = "running"
"""Status of a capture whose ledger has no last line yet: at work, or left by a process that died."""


class ItemView(msgspec.Struct, frozen=True):
    """An item with the exchange that brought it, what it states about itself, and what was derived from it.

    `exchange` is None where the ledger does not hold the exchange that the item names.
    """

    item: Item
    exchange: Exchange | None
    facts: tuple[Fact, ...]
    working_copies: tuple[WorkingCopy, ...]
    post: Post | None = None
    """What the item says, where it is a post."""
    proof: ProofRead | None = None
    """What the item proves, where it is the signed proof of a record."""

    @property
    def captured(self) -> str:
        """When the request for it began; where that is not known, when it was recorded."""
        return self.exchange.started if self.exchange else self.item.time


class CaptureView(msgspec.Struct, frozen=True):
    """A capture: its first line, its last line if it has one, and everything between, sorted by kind."""

    path: Path
    started: CaptureStarted
    finished: CaptureFinished | None
    items: tuple[ItemView, ...]
    """In the order of their references."""
    working_copies: tuple[WorkingCopy, ...]
    failed: tuple[Failed, ...]
    skipped: tuple[Skipped, ...]
    changed: tuple[PostChanged, ...]
    """Posts that are not what they were in an earlier capture."""
    verdicts: tuple[PageJudged, ...]
    """What its pages turned out to be."""
    recovered: tuple[CaptureResumed, ...]
    warcs: tuple[WarcClosed, ...]
    seal: Seal | None
    """None where the capture is not sealed."""
    clock: ClockMeasured | None = None
    """This computer's clock against a time server, where one was named."""
    intake: IntakeBegun | None = None
    """Who handed it in, where it was not fetched."""
    dates: ServerDates | None = None
    """And against the Date headers of the servers, where any sent one."""

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
        return sum(entry.item.size for entry in self.items)


def read_capture(path: Path, *, bounded: bool = True) -> CaptureView:
    """Gather what the ledger of the capture in `path` says.

    Raises Unreadable, BadFormat; TooMuch where it is `bounded`, as what may be a stranger's is, and too long.
    """
    return view_of(path, _within_budget(path) if bounded else capture_events(path), seal_of(path))


def _within_budget(path: Path) -> Iterator[CaptureEvent]:
    budget = LineBudget(f"{path.name}/{LEDGER}")
    for line in ledger_lines(path / LEDGER, root=case_folder(path)):
        budget.charge(line)
        yield decode_capture_event(line)


def view_of(path: Path, events: Iterable[CaptureEvent], seal: Seal | None) -> CaptureView:
    """Gather what these events of the ledger of the capture in `path` say. Raises BadFormat without the first."""
    gathered = _Gathered(events)
    if not isinstance(gathered.first, CaptureStarted):
        raise BadFormat(f"{path / LEDGER}: the first line does not begin a capture")
    return CaptureView(
        path=path,
        started=gathered.first,
        # The last of each, as a capture that was finished off after its process died has one more.
        finished=next(reversed(gathered.of(CaptureFinished)), None),
        items=gathered.item_views(),
        working_copies=tuple(gathered.of(WorkingCopy)),
        failed=tuple(gathered.of(Failed)),
        skipped=tuple(gathered.of(Skipped)),
        changed=tuple(gathered.of(PostChanged)),
        verdicts=tuple(gathered.of(PageJudged)),
        recovered=tuple(gathered.of(CaptureResumed)),
        warcs=tuple(gathered.of(WarcClosed)),
        seal=seal,
        clock=next(reversed(gathered.of(ClockMeasured)), None),
        intake=next(iter(gathered.of(IntakeBegun)), None),
        dates=next(reversed(gathered.of(ServerDates)), None),
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


class _Gathered:
    """The events of a ledger, sorted by their kind."""

    def __init__(self, events: Iterable[CaptureEvent]) -> None:
        self.first: CaptureEvent | None = None
        self._by_kind: dict[type[Event], list[Event]] = {}
        for event in events:
            self.first = self.first or event
            self._by_kind.setdefault(type(event), []).append(event)

    def of(self, kind: type[E]) -> list[E]:
        """Return every event of one kind, in the ledger's order."""
        return self._by_kind.get(kind, [])  # type: ignore[return-value]  # filled by type just above

    def item_views(self) -> tuple[ItemView, ...]:
        """Return the items with all that the ledger says about each, in reading order."""
        # An item's exchange stands before it in the ledger, and what was read of it behind it, so all are gathered
        # first.
        exchanges = {event.exchange: event for event in self.of(Exchange)}
        posts = {event.ref: event.post for event in self.of(PostRead)}
        proofs = {event.ref: event for event in self.of(ProofRead)}
        facts: dict[str, list[Fact]] = {}
        for event in self.of(ItemFacts):
            facts.setdefault(event.ref, []).extend(event.facts)
        copies: dict[str, list[WorkingCopy]] = {}
        for copy in self.of(WorkingCopy):
            copies.setdefault(copy.ref, []).append(copy)
        return tuple(
            ItemView(
                item,
                exchanges.get(item.exchange),
                tuple(facts.get(item.ref, ())),
                tuple(copies.get(item.ref, ())),
                posts.get(item.ref),
                proofs.get(item.ref),
            )
            for item in sorted(self.of(Item), key=lambda item: reading_order(item.ref))
        )
