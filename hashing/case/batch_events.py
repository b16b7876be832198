"""The events of a batch's ledger: which rows were taken in, and what became of each."""

from __future__ import annotations

import msgspec

from hashing.case.events import Event, decoded_event
from hashing.case.kinds import CaptureStatus

BATCH_FORMAT = "goldenhour-batch/1"

CAPTURED_BEFORE = "captured before"
NOT_TRIED = "not tried"
# What an ended row has, that is not captured again. The other words: nothing, interrupted, and the two above.
DONE = frozenset({CaptureStatus.COMPLETE, CaptureStatus.PARTIAL})


class RowOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a row says beside its scene, as it was written: options of `goldenhour capture`; None where it does not."""

    officer: str | None = None
    initials: str | None = None
    title: str | None = None
    note: str | None = None
    on: tuple[str, ...] | None = None
    thread: bool | None = None
    since: str | None = None
    until: str | None = None
    comments: bool | None = None
    follow: bool | None = None
    media: str | None = None
    limit: int | None = None


class BatchStarted(Event, frozen=True, kw_only=True, omit_defaults=True, tag="batch-started"):
    """The first line: who captures which rows, with which tool and settings."""

    format: str
    case: str
    batch: str
    officer: str
    signer: str  # The public key that will sign: 32 bytes of Ed25519 in hexadecimal.
    tool: str
    source: str  # The name of the file with the rows, as it was given; `-` for the standard input.
    rows: int
    settings: dict[str, str | int | bool]


class RowTaken(Event, frozen=True, kw_only=True, omit_defaults=True, tag="row-taken"):
    """A row is in the queue."""

    row: str  # The SHA-256 of what makes it this row: its scene and options, not its place in a file.
    line: int
    scene: str  # Without the login that it may hold.
    options: RowOptions = RowOptions()


class RowStarted(Event, frozen=True, kw_only=True, omit_defaults=True, tag="row-started"):
    """A capture of a row begins. The line is on disk before the capture's folder is made."""

    row: str
    capture: str
    exhibit: str
    attempt: int
    after: str = ""  # The capture of the same row that was interrupted before.


class RowEnded(Event, frozen=True, kw_only=True, omit_defaults=True, tag="row-ended"):
    """What became of a row: complete, partial, nothing, interrupted, captured before, not tried."""

    row: str
    status: str
    capture: str = ""
    exhibit: str = ""
    reason: str = ""
    again: bool = False  # The row goes back into the queue.


class BatchFinished(Event, frozen=True, kw_only=True, omit_defaults=True, tag="batch-finished"):
    """The last line. Status: finished, interrupted (Ctrl-C, or its process died) or stopped (by what `reason` says)."""

    status: str
    done: int
    failed: int
    left: int  # Rows that stay in the queue: the next batch with the same rows captures them.
    reason: str = ""


BatchEvent = BatchStarted | RowTaken | RowStarted | RowEnded | BatchFinished

_decoder: msgspec.json.Decoder[BatchEvent] = msgspec.json.Decoder(BatchEvent)


def decode_batch_event(line: bytes) -> BatchEvent:
    """Read a line of a batch's ledger. Raises BadFormat."""
    return decoded_event(_decoder, line, "batch")
