"""Finishing off a batch whose process died: its captures say what became of the rows that it had begun."""

from __future__ import annotations

import re
from contextlib import suppress

from capture.run.recovery import put_aside
from hashing.case.batch_events import (
    CAPTURED_BEFORE,
    DONE,
    NOT_TRIED,
    BatchEvent,
    BatchFinished,
    BatchStarted,
    RowEnded,
    RowStarted,
    RowTaken,
)
from hashing.case.batch_folder import BatchFolder, batch_folders, clear_unbegun, end_batch
from hashing.case.capture_folder import capture_events, is_sealed
from hashing.case.case import BATCHES, CAPTURES, Case
from hashing.case.events import BatchBegun, BatchEnded, CaptureFinished
from hashing.case.kinds import CaptureStatus
from hashing.case.own_runs import begun_here as noted_as_begun
from hashing.case.own_runs import forget_begun
from hashing.errors import BadFormat, InUse, Unauthenticated
from hashing.files import inside
from hashing.ledger.keys import SigningKey
from hashing.ledger.ledger import LEDGER
from hashing.times import Clock, system_clock, time_text

DIED = "its process died"
# The name of a capture; a ledger that was handed to us may say anything.
_CAPTURE = re.compile(r"[0-9A-Za-z-]{1,100}", re.ASCII)


def recover_batches(case: Case, *, key: SigningKey, begun_here: bool = False, clock: Clock = system_clock) -> list[str]:
    """Finish off every batch of the case whose process died and that this key's owner made, and return their names.

    With `begun_here` only those that this user's own notes know to have been begun on this computer.

    Finish off its captures first; a batch with one that is still not sealed is left for later. One that goes on is
    left alone. Raises Unwritable, Unreadable, BadFormat.
    """
    clear_unbegun(case, key)
    folders = batch_folders(case)
    if not folders:
        return []
    noted = list(case.events())
    ended = {event.batch for event in noted if isinstance(event, BatchEnded)}
    begun = {event.batch for event in noted if isinstance(event, BatchBegun)}
    finished = []
    for path in folders:
        if path.name in ended:
            end_batch(path)
            forget_begun(case.info.id, path.name)
            continue
        if begun_here and not noted_as_begun(case.info.id, path.name, case.path, key.public):
            continue
        with suppress(InUse, Unauthenticated):  # at work, or not ours: `goldenhour verify` names it
            folder = BatchFolder.reopen(case, path, key)
            try:
                if b"\n" in folder.behind:
                    put_aside(case, f"{path.name}-{LEDGER}", folder.behind)
                if _finish(case, folder, begun, key, clock):
                    finished.append(path.name)
            finally:
                folder.close()
    return finished


def close_batch(
    case: Case, folder: BatchFolder, status: str, reason: str, *, key: SigningKey, clock: Clock = system_clock
) -> bool:
    """Write the last lines of a batch and have the case note its end; False where a capture of it is not sealed yet.

    Raises Unwritable, StorageFull, Unreadable, BadFormat.
    """
    events = list(folder.events())
    if not events:
        return False
    last = events[-1]
    if not isinstance(last, BatchFinished):
        ends = [_row_ended(case, row, clock) for row in _open_rows(events)]
        known = [end for end in ends if end is not None]
        if len(known) < len(ends):
            return False
        last = _finished([*events, *known], status, reason, clock)
        folder.append(*known, last)
    ended = BatchEnded(
        time=last.time,
        batch=folder.id,
        status=last.status,
        size=folder.ledger.size,
        root=folder.ledger.root().hex(),
        signer=key.public.raw.hex(),
    )
    case.record(ended, key=key)
    folder.end()
    return True


def beginning(folder: BatchFolder, started: BatchStarted, key: SigningKey) -> BatchBegun:
    """Return the line of the case's ledger that registers a batch."""
    return BatchBegun(time=started.time, batch=folder.id, officer=started.officer, signer=key.public.raw.hex())


def _finish(case: Case, folder: BatchFolder, begun: set[str], key: SigningKey, clock: Clock) -> bool:
    started = next(folder.events(), None)
    if not isinstance(started, BatchStarted):
        return False  # one that is just being made; or none of ours: a verification says so
    if folder.id not in begun:
        case.record(beginning(folder, started, key), key=key)
    return close_batch(case, folder, "interrupted", DIED, key=key, clock=clock)


def _open_rows(events: list[BatchEvent]) -> list[RowStarted]:
    open_rows: dict[str, RowStarted] = {}
    for event in events:
        if isinstance(event, RowStarted):
            open_rows[event.row] = event
        elif isinstance(event, RowEnded):
            open_rows.pop(event.row, None)
    return list(open_rows.values())


def _row_ended(case: Case, row: RowStarted, clock: Clock) -> RowEnded | None:
    """Say what became of a row that was begun, from its capture; None where that is not sealed yet."""
    status: str = CaptureStatus.INTERRUPTED
    reason = "its process died before the capture had begun"
    if not _CAPTURE.fullmatch(row.capture):
        raise BadFormat(f"{case.path / BATCHES}: a row names no capture but {row.capture[:100]!r}")
    path = case.path / CAPTURES / row.capture
    if is_sealed(path):
        finished = next((event for event in capture_events(path) if isinstance(event, CaptureFinished)), None)
        if finished is None:
            raise BadFormat(f"{path}: sealed, and its ledger has no end")
        status, reason = outcome_of(finished), finished.reason
    elif inside.kind(path, case.path):
        return None
    return RowEnded(
        time=time_text(clock()), row=row.row, status=status, capture=row.capture, exhibit=row.exhibit, reason=reason
    )


def outcome_of(finished: CaptureFinished) -> str:
    """Return a row's status from its capture's: one that ended early, for whatever reason, is to be made again."""
    return CaptureStatus.INTERRUPTED if finished.reason else finished.status


def _finished(events: list[BatchEvent], status: str, reason: str, clock: Clock) -> BatchFinished:
    last = {event.row: event for event in events if isinstance(event, RowEnded)}
    taken = {event.row for event in events if isinstance(event, RowTaken)}
    done = sum(event.status in {*DONE, CAPTURED_BEFORE} for event in last.values())
    failed = sum(event.status in {CaptureStatus.NOTHING, NOT_TRIED} and not event.again for event in last.values())
    left = len(taken | last.keys()) - done - failed
    return BatchFinished(time=time_text(clock()), status=status, done=done, failed=failed, left=left, reason=reason)
