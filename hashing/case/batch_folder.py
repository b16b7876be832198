"""The folder of a batch: `batches/<id>/ledger.jsonl`, and beside it the rows that failed, to be fed back in.

Whoever holds the object holds the lock on the ledger, so an unlocked one without a last line is one whose process died.
"""

from __future__ import annotations

import os
import secrets
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from hashing.case.batch_events import decode_batch_event
from hashing.case.events import encode
from hashing.errors import BadFormat, WouldOverwrite
from hashing.files.lock import try_lock
from hashing.files.storage import make_folder, reading, storing, sync_folder
from hashing.ledger.ledger import LEDGER, Ledger, ledger_lines
from hashing.times import compact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path
    from typing import Self

    from hashing.case.batch_events import BatchEvent
    from hashing.case.case import Case
    from hashing.ledger.keys import SigningKey

BATCHES = "batches"
FAILED = ("failed.txt", "failed.csv", "failed.jsonl")
"""Rows that came to nothing, in the form in which they were given: derived, can be deleted."""

_WRONG = "capture into another case; `goldenhour verify` on this one names what is wrong with it"


class BatchFolder:
    """A batch that goes on. Safe for several threads. Make it while the case is held."""

    def __init__(self, path: Path, ledger: Ledger) -> None:
        self.path = path
        self.ledger = ledger
        self._one_at_a_time = threading.Lock()

    @classmethod
    def create(cls, case: Case, now: datetime) -> Self:
        """Make the folder and take its lock. Raises WouldOverwrite, Unwritable, StorageFull."""
        folder = case.path / BATCHES
        with suppress(WouldOverwrite):
            make_folder(folder)
        if folder.is_symlink():
            raise WouldOverwrite(f"{folder}: a link, where a case keeps its batches", hint="find out who put it there")
        path = folder / f"{compact(now)}-{secrets.token_hex(4)}"
        make_folder(path)
        ledger = Ledger.create(path / LEDGER)
        sync_folder(folder)
        sync_folder(case.path)
        return cls(path, ledger)

    @classmethod
    def reopen(cls, path: Path) -> Self:
        """Go on with a batch whose process died. Raises InUse where it did not, Unwritable, BadFormat."""
        return cls(path, Ledger.open(path / LEDGER))

    @property
    def id(self) -> str:
        """The batch's name."""
        return self.path.name

    def append(self, *events: BatchEvent) -> None:
        """Record events; they are on disk when this returns. All or none. Raises StorageFull, Unwritable."""
        with self._one_at_a_time:
            self.ledger.append([encode(event) for event in events])

    def events(self) -> Iterator[BatchEvent]:
        """Yield what is recorded so far. Raises Unreadable, BadFormat."""
        return batch_events(self.path)

    def close(self) -> None:
        """Let go of the folder."""
        self.ledger.close()


def batch_folders(case: Case) -> list[Path]:
    """Return the batches of a case, oldest first."""
    return [path for path in _folders(case) if (path / LEDGER).is_file() and not (path / LEDGER).is_symlink()]


def clear_unbegun(case: Case, key: SigningKey) -> None:
    """Remove what processes have left that died before a batch's first line. Raises Unwritable, BadFormat."""
    if not any(_is_unbegun(path) for path in _folders(case)):
        return
    with case.held(key):  # under which a batch makes its folder and writes its first lines
        for path in _folders(case):
            if _is_unbegun(path):
                with storing(path):
                    (path / LEDGER).unlink(missing_ok=True)
                    path.rmdir()


def _folders(case: Case) -> list[Path]:
    folder = case.path / BATCHES
    if folder.is_symlink() or not folder.is_dir():
        return []
    with reading(folder):
        return sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())


def _is_unbegun(path: Path) -> bool:
    ledger = path / LEDGER
    with reading(path):
        others = {each.name for each in path.iterdir()} - {LEDGER}
    if others or ledger.is_symlink() or (ledger.exists() and not ledger.is_file()):
        return False
    return not ledger.exists() or next(ledger_lines(ledger), None) is None


def batch_events(path: Path) -> Iterator[BatchEvent]:
    """Yield the events of the batch in `path`. Raises Unreadable, BadFormat."""
    return (event for event, _ in batch_events_from(path, 0))


def batch_events_from(path: Path, start: int) -> Iterator[tuple[BatchEvent, int]]:
    """Yield the events of the batch in `path` from a byte of its ledger on, each with the byte at which it ends.

    Raises Unreadable, BadFormat.
    """
    end = start
    for line in ledger_lines(path / LEDGER, start):
        end += len(line) + 1
        try:
            event = decode_batch_event(line)
        except BadFormat as error:
            raise BadFormat(f"{path / LEDGER}: {error}", hint=_WRONG) from error
        yield event, end


def is_running(path: Path) -> bool:
    """Say whether the process of the batch in `path` lives. Raises Unwritable where that cannot be told."""
    with storing(path):
        descriptor = os.open(path / LEDGER, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            return not try_lock(descriptor)
        finally:
            os.close(descriptor)
