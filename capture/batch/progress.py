"""What a batch tells whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from capture.batch.outcome import RowOutcome
from capture.batch.row import BatchRow
from capture.request.progress import Progress
from capture.run.run import CaptureResult


@dataclass(slots=True)
class Counts:
    """How far a batch is, in rows."""

    total: int = 0
    before: int = 0  # Captured by an earlier batch.
    done: int = 0  # Captured by this one, whole or in part.
    failed: int = 0
    running: int = 0

    @property
    def left(self) -> int:
        """Rows that are neither done nor failed; those that run are among them."""
        return self.total - self.before - self.done - self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDone:
    """What became of a row just now."""

    row: BatchRow
    status: str  # complete, partial, nothing, interrupted, captured before, not tried.
    reason: str = ""
    attempt: int = 0  # Of this batch: 1 for the first; 0 where there was none.
    again: bool = False  # Whether it will be tried again.
    exhibit: str = ""
    capture: str = ""
    seconds: float = 0.0
    result: CaptureResult | None = None
    outcome: RowOutcome | None = None
    refused: bool = False  # Whether nothing was asked, because the address is one that goldenhour does not connect to.


class BatchProgress:
    """Hears of what happens as it happens; of bytes and waiting from several threads. This one says nothing of it.

    Nothing that it does can fail a row.
    """

    def began(self, counts: Counts) -> None:
        """Hear how many rows there are; the counts go on as rows end."""

    def received(self, count: int) -> None:
        """Hear that bytes came in."""

    def waiting(self, host: str, seconds: float) -> None:
        """Hear that a host is left alone for so long."""

    def ended(self, done: RowDone) -> None:
        """Hear what became of a row."""

    def stopping(self, reason: str) -> None:
        """Hear that no further row is begun."""


class RowProgress(Progress):
    """What one row's capture tells: its bytes, and that its host wants to be left alone."""

    def __init__(self, received: Callable[[int], None], waiting: Callable[[str, float], None]) -> None:
        self._received = received
        self._waiting = waiting

    def received(self, count: int) -> None:
        """Count bytes."""
        self._received(count)

    def waiting(self, host: str, seconds: float, before: str = "") -> None:  # noqa: ARG002 - rows wait for the host
        """Have other rows wait as well."""
        self._waiting(host, seconds)
