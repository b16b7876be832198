"""One capture as its ledger tells it, gathered into a single record for everyone who shows or hands it over.

A view repeats what the ledger says; whether that is still true of the files is the business of verification.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hashing.capture_folder import CHECKPOINT, Seal, capture_events, is_sealed
from hashing.checkpoint import parse_checkpoint
from hashing.errors import BadFormat
from hashing.events import (
    CaptureFinished,
    CaptureResumed,
    CaptureStarted,
    Exchange,
    Failed,
    Item,
    ItemFacts,
    Skipped,
    WarcClosed,
    WorkingCopy,
)
from hashing.keys import PublicKey
from hashing.ledger import LEDGER
from hashing.storage import read_small

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hashing.events import CaptureEvent
    from hashing.facts import Fact

RUNNING = "running"
"""Status of a capture whose ledger has no last line yet: at work, or left by a process that died."""


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item with the exchange that brought it, what it states about itself, and what was derived from it.

    `exchange` is None where the ledger does not hold the exchange that the item names.
    """

    item: Item
    exchange: Exchange | None
    facts: tuple[Fact, ...]
    working_copies: tuple[WorkingCopy, ...]

    @property
    def captured(self) -> str:
        """When the request for it began; where that is not known, when it was recorded."""
        return self.exchange.started if self.exchange else self.item.time


@dataclass(frozen=True, slots=True)
class CaptureView:
    """A capture: its first line, its last line if it has one, and everything between, sorted by kind."""

    path: Path
    started: CaptureStarted
    finished: CaptureFinished | None
    items: tuple[ItemView, ...]
    """In the order of their references."""
    working_copies: tuple[WorkingCopy, ...]
    failed: tuple[Failed, ...]
    skipped: tuple[Skipped, ...]
    recovered: tuple[CaptureResumed, ...]
    warcs: tuple[WarcClosed, ...]
    seal: Seal | None
    """None where the capture is not sealed."""

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


def read_capture(path: Path) -> CaptureView:
    """Gather what the ledger of the capture in `path` says. Raises Unreadable, BadFormat."""
    gathered = _Gathered()
    gathered.take_all(capture_events(path))
    if gathered.started is None:
        raise BadFormat(f"{path / LEDGER}: the first line does not begin a capture")
    return CaptureView(
        path=path,
        started=gathered.started,
        finished=gathered.finished,
        items=gathered.item_views(),
        working_copies=tuple(gathered.working_copies),
        failed=tuple(gathered.failed),
        skipped=tuple(gathered.skipped),
        recovered=tuple(gathered.recovered),
        warcs=tuple(gathered.warcs),
        seal=_seal(path),
    )


def _seal(path: Path) -> Seal | None:
    if not is_sealed(path):
        return None
    note = read_small(path / CHECKPOINT)
    try:
        checkpoint, _ = parse_checkpoint(note)
    except BadFormat as error:
        raise BadFormat(f"{path / CHECKPOINT}: {error}") from error
    return Seal.of(checkpoint, note)


def _reading_order(ref: str) -> tuple[list[int], str]:
    """Order references by their numbers: items are recorded as they arrive, and read as they were found."""
    return [int(digits) for digits in re.findall(r"[0-9]{1,18}", ref)], ref


@dataclass(slots=True)
class _Gathered:
    started: CaptureStarted | None = None
    finished: CaptureFinished | None = None
    items: list[Item] = field(default_factory=list)
    exchanges: dict[int, Exchange] = field(default_factory=dict)
    facts: dict[str, list[Fact]] = field(default_factory=dict)
    working_copies: list[WorkingCopy] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    recovered: list[CaptureResumed] = field(default_factory=list)
    warcs: list[WarcClosed] = field(default_factory=list)

    def take_all(self, events: Iterable[CaptureEvent]) -> None:
        for position, event in enumerate(events):
            if isinstance(event, CaptureStarted) and position == 0:
                self.started = event
            else:
                self._take(event)

    def _take(self, event: CaptureEvent) -> None:
        match event:
            case Item():
                self.items.append(event)
            case Exchange():
                self.exchanges[event.exchange] = event
            case ItemFacts():
                self.facts.setdefault(event.ref, []).extend(event.facts)
            case WorkingCopy():
                self.working_copies.append(event)
            case Failed():
                self.failed.append(event)
            case Skipped():
                self.skipped.append(event)
            case CaptureResumed():
                self.recovered.append(event)
            case WarcClosed():
                self.warcs.append(event)
            case CaptureFinished():
                self.finished = event

    def item_views(self) -> tuple[ItemView, ...]:
        copies: dict[str, list[WorkingCopy]] = {}
        for copy in self.working_copies:
            copies.setdefault(copy.ref, []).append(copy)
        return tuple(
            ItemView(
                item,
                self.exchanges.get(item.exchange),
                tuple(self.facts.get(item.ref, ())),
                tuple(copies.get(item.ref, ())),
            )
            for item in sorted(self.items, key=lambda item: _reading_order(item.ref))
        )
