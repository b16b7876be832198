"""The folder of a batch: `batches/<id>/ledger.jsonl`, and beside it the rows that failed, to be fed back in.

Until the case's ledger records its end, `ledger.mac` authenticates the batch's lines, as it does those of a capture.

Whoever holds the object holds the lock on the ledger, so an unlocked one without a last line is one whose process died.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Self

from hashing.case.batch_events import BatchEvent, decode_batch_event
from hashing.case.case import BATCHES, Case
from hashing.case.events import encode
from hashing.case.own_runs import note_begun
from hashing.errors import BadFormat, Unauthenticated, WouldOverwrite
from hashing.files import inside
from hashing.files.lock import is_locked
from hashing.files.storage import make_folder, reading, storing, sync_folder
from hashing.ledger.keys import SigningKey
from hashing.ledger.ledger import LEDGER, Ledger, ledger_lines
from hashing.ledger.mac import Mac
from hashing.ledger.marks import MARKS, LedgerMarks, newest_mark, read_marks
from hashing.times import compact

# Rows that came to nothing, in the form in which they were given: derived, can be deleted.
FAILED = ("failed.txt", "failed.csv", "failed.jsonl")

_WRONG = "capture into another case; `goldenhour verify` on this one names what is wrong with it"


class BatchFolder:
    """A batch that goes on. Safe for several threads. Make it while the case is held."""

    def __init__(self, path: Path, ledger: Ledger, marks: LedgerMarks, *, behind: bytes = b"") -> None:
        self.path = path
        self.ledger = ledger
        self.behind = behind  # What stood behind the lines that a process which died had written as a whole.
        self._marks = marks
        self._one_at_a_time = threading.Lock()

    @classmethod
    def create(cls, case: Case, now: datetime, key: SigningKey) -> Self:
        """Make the folder and take its lock. Raises WouldOverwrite, Unwritable, StorageFull."""
        folder = case.path / BATCHES
        with suppress(WouldOverwrite):
            make_folder(folder, root=case.path)
        with reading(folder):
            if not inside.is_folder(folder, case.path):
                raise WouldOverwrite(
                    f"{folder}: a link or a file, where a case keeps its batches", hint="find out who put it there"
                )
        # Marks before ledger, both before the names last, and only then the user's own note of it: a batch that is
        # noted as begun here is whole, or was never begun.
        path = folder / f"{compact(now)}-{os.urandom(4).hex()}"
        make_folder(path, root=case.path)
        marks = LedgerMarks.create(path, _mac(case, path.name, key), root=case.path)
        ledger = Ledger.create(path / LEDGER, root=case.path)
        sync_folder(folder, root=case.path)
        sync_folder(case.path)
        note_begun(case.info.id, path.name, case.path, key.public)
        return cls(path, ledger, marks)

    @classmethod
    def reopen(cls, case: Case, path: Path, key: SigningKey) -> Self:
        """Go on with a batch whose process died, from what it is known to have written.

        Raises InUse where it did not die; Unauthenticated where somebody else wrote it, and nothing is changed then;
        Unwritable, BadFormat.
        """
        mac = _mac(case, path.name, key)
        ledger = Ledger.open(path / LEDGER, root=case.path)
        try:
            # As with a capture: the lock, the newest mark that is ours, and all behind it cut off and handed on.
            mark = newest_mark(read_marks(path, mac, root=case.path), ledger.roots())
            if mark is None and ledger.size:
                raise Unauthenticated(f"{path}: not written with this key, or altered since")
            marks = LedgerMarks.open(path, mac, root=case.path)
            behind = ledger.cut(mark.size if mark is not None else 0)
        except BaseException:
            ledger.close()
            raise
        return cls(path, ledger, marks, behind=behind)

    @property
    def id(self) -> str:
        """The batch's name."""
        return self.path.name

    def append(self, *events: BatchEvent) -> None:
        """Record events; they are on disk when this returns. All or none. Raises StorageFull, Unwritable."""
        with self._one_at_a_time:
            self.ledger.append([encode(event) for event in events], self._marks.add)

    def events(self) -> Iterator[BatchEvent]:
        """Yield what is recorded so far. Raises Unreadable, BadFormat."""
        return batch_events(self.path)

    def close(self) -> None:
        """Let go of the folder."""
        self.ledger.close()
        self._marks.close()

    def end(self) -> None:
        """Remove what authenticated the lines: the case's ledger does now. Raises Unwritable."""
        end_batch(self.path)


def end_batch(path: Path) -> None:
    """Remove what authenticated a batch whose end is on record. Raises Unwritable."""
    with storing(path):
        inside.unlink(path / MARKS, _root(path), missing_ok=True)
    sync_folder(path, root=_root(path))


def _mac(case: Case, batch: str, key: SigningKey) -> Mac:
    return key.mac(f"goldenhour/{case.info.id}/{BATCHES}/{batch}")


def _root(path: Path) -> Path:
    """Return the case's folder: a batch stands two levels below it."""
    return path.parent.parent


def batch_folders(case: Case) -> list[Path]:
    """Return the batches of a case, oldest first."""
    with reading(case.path / BATCHES):
        return [path for path in _folders(case) if inside.is_file(path / LEDGER, case.path)]


def clear_unbegun(case: Case, key: SigningKey) -> None:
    """Remove what processes have left that died before a batch's first line. Raises Unwritable, BadFormat."""
    if not any(_is_unbegun(path) for path in _folders(case)):
        return
    with case.held(key):  # under which a batch makes its folder and writes its first lines
        for path in _folders(case):
            if _is_unbegun(path):
                with storing(path):
                    for name in (LEDGER, MARKS):
                        inside.unlink(path / name, case.path, missing_ok=True)
                    with inside.reach(path, case.path) as (name, folder):
                        os.rmdir(name, dir_fd=folder)


def _folders(case: Case) -> list[Path]:
    folder = case.path / BATCHES
    with reading(folder):
        if not inside.is_folder(folder, case.path):
            return []
        paths = [folder / name for name in inside.names(folder, case.path)]
        return [path for path in paths if inside.is_folder(path, case.path)]


def _is_unbegun(path: Path) -> bool:
    ledger, root = path / LEDGER, _root(path)
    with reading(path):
        others = set(inside.names(path, root)) - {LEDGER, MARKS}
        if others or inside.kind(ledger, root) not in {0, stat.S_IFREG}:
            return False
        return not inside.kind(ledger, root) or next(ledger_lines(ledger, root=root), None) is None


def batch_events(path: Path) -> Iterator[BatchEvent]:
    """Yield the events of the batch in `path`. Raises Unreadable, BadFormat."""
    return (event for event, _ in batch_events_from(path, 0))


def batch_events_from(path: Path, start: int) -> Iterator[tuple[BatchEvent, int]]:
    """Yield the events of the batch in `path` from a byte of its ledger on, each with the byte at which it ends.

    Raises Unreadable, BadFormat.
    """
    end = start
    for line in ledger_lines(path / LEDGER, start, root=_root(path)):
        end += len(line) + 1
        try:
            event = decode_batch_event(line)
        except BadFormat as error:
            raise BadFormat(f"{path / LEDGER}: {error}", hint=_WRONG) from error
        yield event, end


def is_running(path: Path) -> bool:
    """Say whether the process of the batch in `path` lives. Raises Unwritable where that cannot be told."""
    with storing(path):
        return is_locked(path / LEDGER, _root(path))
