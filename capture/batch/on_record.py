"""What the batches of a case have on record about rows: which are done, which are under way, which were interrupted.

It is derived from the ledgers alone, and read on as they grow, for other batches may be at work on the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hashing.case.batch_events import DONE, BatchEvent, BatchFinished, RowEnded, RowStarted
from hashing.case.batch_folder import batch_events_from, batch_folders
from hashing.case.case import Case
from hashing.case.kinds import CaptureStatus
from hashing.case.verdict import SESSION_ENDED


@dataclass(slots=True)
class RowRecord:
    """What is known of one row."""

    # The last capture that got it, whole or in part, and not as far as a log-in that was asked for.
    done: RowEnded | None = None
    under_way: Path | None = None  # The batch that has begun it and not ended it.
    interrupted: str = ""  # The last capture of it that was interrupted.


class OnRecord:
    """Rows by their id, over all batches of a case but one's own."""

    def __init__(self, case: Case, own: Path | None = None) -> None:
        self._case = case
        self._own = own
        self._read: dict[Path, int] = {}  # How many bytes of each ledger.
        self._finished: set[Path] = set()
        self._rows: dict[str, RowRecord] = {}

    def refresh(self) -> None:
        """Read what is new. Raises Unreadable, BadFormat."""
        for folder in batch_folders(self._case):
            if folder != self._own and folder not in self._finished:
                self._read_on(folder)

    def row(self, name: str) -> RowRecord:
        """Return what is known of a row."""
        return self._rows.get(name, RowRecord())

    def _read_on(self, folder: Path) -> None:
        for event, end in batch_events_from(folder, self._read.get(folder, 0)):
            self._note(folder, event)
            self._read[folder] = end

    def _note(self, folder: Path, event: BatchEvent) -> None:
        match event:
            case RowStarted():
                self._rows.setdefault(event.row, RowRecord()).under_way = folder
            case RowEnded():
                record = self._rows.setdefault(event.row, RowRecord())
                if record.under_way == folder:
                    record.under_way = None
                if event.status in DONE and SESSION_ENDED not in event.reason:
                    record.done, record.interrupted = event, ""
                elif event.status == CaptureStatus.INTERRUPTED:
                    record.interrupted = event.capture
            case BatchFinished():
                self._finished.add(folder)
            case _:
                pass
