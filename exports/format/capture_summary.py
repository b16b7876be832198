"""A capture in a line, whatever it holds: the first and the last line of its ledger, and how many items stand between.

How many these are is counted once of a large capture that is sealed, and noted in the user's cache folder under the
root of its seal. The note is derived, and read for this line alone: no verification looks at it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import msgspec

from exports.format.capture_view import RUNNING, seal_of
from exports.format.entries import LedgerFile
from hashing.case.capture_folder import Seal, case_folder
from hashing.case.events import CaptureFinished, CaptureStarted, decode_capture_event
from hashing.errors import BadFormat, Unreadable
from hashing.files import inside
from hashing.files.own_folder import made_own_folder
from hashing.files.scratch import notes_folder
from hashing.files.storage import read_small, reading
from hashing.ledger.ledger import LEDGER, LONGEST_LINE

_LARGE = 20_000  # Lines of a ledger from which on a note is worth it.
_TAIL = 1 << 16


class _Counted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a ledger of this size, last changed at this time (nanoseconds since 1970), holds between its ends.

    The time is the one that nobody can set: a stranger's folder may bear our seal, and be as large and as old.
    """

    size: int
    changed: int
    items: int
    failed: int


class CaptureSummary(msgspec.Struct, frozen=True):
    """A capture: how it began and ended, what it got (without error pages) and did not get, and its seal, unchecked."""

    path: Path
    started: CaptureStarted
    finished: CaptureFinished | None
    items: int
    failed: int
    seal: Seal | None

    @property
    def status(self) -> str:
        """Complete, partial, nothing, interrupted; or running where no last line says so."""
        return self.finished.status if self.finished else RUNNING


def capture_summary(path: Path) -> CaptureSummary:
    """Read what the ends of the ledger in `path` say, and count what is between. Raises BadFormat, Unreadable."""
    ledger, root, seal = path / LEDGER, case_folder(path), seal_of(path)
    with reading(ledger), inside.opened(ledger, root) as file:
        status = os.fstat(file.fileno())
        first = file.readline(LONGEST_LINE)
        last = b""
        for tail in (_TAIL, LONGEST_LINE):
            file.seek(max(status.st_size - tail, 0))
            _, newline, last = file.read(tail).removesuffix(b"\n").rpartition(b"\n")
            if newline:
                break
    started = decode_capture_event(first.rstrip(b"\n"))
    if not isinstance(started, CaptureStarted):
        raise BadFormat(f"{ledger}: the first line does not begin a capture")
    finished = None
    with suppress(BadFormat):  # a line that is being written, or was never finished
        event = decode_capture_event(last)
        finished = event if isinstance(event, CaptureFinished) else None
    counted = _noted(seal, status) if seal is not None and seal.size >= _LARGE else None
    if counted is None:
        counted = _count(ledger, root, status)
        if seal is not None and seal.size >= _LARGE:
            _note(seal, counted)
    return CaptureSummary(path, started, finished, counted.items, counted.failed, seal)


def _count(ledger: Path, root: Path, status: os.stat_result) -> _Counted:
    items = failed = 0
    for _, about in LedgerFile(ledger, lambda: inside.opened(ledger, root)).glances():
        items += about.event == "item" and not about.error_page
        failed += about.event == "failed"
    return _Counted(status.st_size, status.st_ctime_ns, items, failed)


def _noted(seal: Seal, status: os.stat_result) -> _Counted | None:
    """Return what was noted of a capture; None where nothing was, or its ledger is not the file that it was then."""
    with suppress(Unreadable, msgspec.DecodeError, UnicodeDecodeError):
        found = msgspec.json.decode(read_small(_place(seal)), type=_Counted)
        if (found.size, found.changed) == (status.st_size, status.st_ctime_ns):
            return found
    return None


def _note(seal: Seal, counted: _Counted) -> None:
    place = _place(seal)
    with suppress(OSError):
        made_own_folder(place.parent)
        part = place.with_name(f"{place.name}.{os.urandom(4).hex()}.part")
        part.write_bytes(msgspec.json.encode(counted))
        part.replace(place)


def _place(seal: Seal) -> Path:
    return notes_folder() / f"{seal.root}.json"
