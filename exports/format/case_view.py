"""A case as its ledgers tell it: what it is, its captures, and the bundles made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from exports.format.capture_summary import CaptureSummary, capture_summary
from exports.format.capture_view import CaptureView, read_capture
from exports.format.continuity import case_grades
from exports.format.manifest import GradeRecord
from hashing.case.batch_events import CAPTURED_BEFORE, DONE, NOT_TRIED, BatchFinished, BatchStarted, RowEnded
from hashing.case.batch_folder import batch_events, batch_folders
from hashing.case.capture_folder import CHECKPOINT, Seal
from hashing.case.case import CAPTURES, CHECKPOINTS, Case, CaseInfo, checkpoint_folders
from hashing.case.events import CaptureRegistered, CaptureSealed, CaseEvent, Exported, Graded, MergedLine
from hashing.case.kinds import CaptureStatus
from hashing.errors import BadFormat
from hashing.files import inside
from hashing.files.storage import read_small, reading
from hashing.ledger.checkpoint import parse_checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchView:
    """A batch as its ledger tells it."""

    batch: str
    started: str
    officer: str
    status: str  # finished, interrupted or stopped; running where it has no last line yet.
    rows: int
    done: int
    failed: int
    left: int


@dataclass(frozen=True, slots=True)
class Captures:
    """Captures in the order in which they began, each read when its turn comes: a case may hold more than memory does.

    Iterating raises BadFormat, Unreadable.
    """

    paths: tuple[Path, ...]

    def __iter__(self) -> Iterator[CaptureView]:
        """Read one after another."""
        return map(read_capture, self.paths)

    def summaries(self) -> Iterator[CaptureSummary]:
        """Yield each in a line, whatever it holds. Raises as iterating."""
        return map(capture_summary, self.paths)

    def newest(self, most: int) -> Captures:
        """Return the newest of them, without reading any."""
        return Captures(self.paths[max(len(self.paths) - most, 0) :])

    def __len__(self) -> int:
        """Count them, without reading any."""
        return len(self.paths)


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with its captures.

    `missing` names captures that the case's ledger registers and whose folder is gone; `unregistered` names folders
    among the captures that the ledger does not know.
    """

    path: Path
    info: CaseInfo
    captures: Captures
    unsealed: tuple[Path, ...]  # Those of them of which the ledger records no seal.
    missing: tuple[str, ...]
    unregistered: tuple[str, ...]
    exported: tuple[Exported, ...]
    batches: tuple[BatchView, ...]
    grades: Mapping[str, GradeRecord]  # The latest grade of each exhibit and item that has one.
    # The newest checkpoint of the case's ledger, which stands for every capture; None where there is none.
    seal: Seal | None


def read_case(path: Path) -> CaseView:
    """Gather what the ledgers of the case in `path` say. Raises BadFormat, NewerFormat, BadKey, Unreadable."""
    case = Case.open(path)
    # Folders before the ledger: a capture is registered after its folder is made, never the other way round.
    folders = {folder.name for folder in case.captures()}
    registered, sealed = dict[str, None](), set[str]()
    exported, grading = list[Exported](), dict[int, CaseEvent]()
    for line, event in enumerate(case.events()):
        match event:
            case CaptureRegistered():
                registered[event.capture] = None
            case CaptureSealed():
                sealed.add(event.capture)
            case Exported():
                exported.append(event)
            case Graded() | MergedLine():
                grading[line] = event
            case _:
                pass
    here = [name for name in registered if name in folders]
    return CaseView(
        path=path,
        info=case.info,
        captures=Captures(tuple(path / CAPTURES / name for name in here)),
        unsealed=tuple(path / CAPTURES / name for name in here if name not in sealed),
        missing=tuple(name for name in registered if name not in folders),
        unregistered=tuple(sorted(folders - registered.keys())),
        exported=tuple(exported),
        batches=tuple(view for folder in batch_folders(case) if (view := _batch(folder)) is not None),
        grades=case_grades(grading),
        seal=case_seal(path),
    )


def _batch(folder: Path) -> BatchView | None:
    """Gather what a batch's ledger says; None where it holds nothing yet."""
    started: BatchStarted | None = None
    last: BatchFinished | None = None
    ends: dict[str, RowEnded] = {}
    for event in batch_events(folder):
        match event:
            case BatchStarted():
                started = event
            case RowEnded():
                ends[event.row] = event
            case BatchFinished():
                last = event
            case _:
                pass
    if started is None:
        return None
    # A row may end more than once, since failed ones are tried again: the last line of each counts. Rows without a last
    # word are those that are left, also after a crash.
    done = sum(end.status in {*DONE, CAPTURED_BEFORE} for end in ends.values())
    failed = sum(end.status in {CaptureStatus.NOTHING, NOT_TRIED} and not end.again for end in ends.values())
    return BatchView(
        batch=folder.name,
        started=started.time,
        officer=started.officer,
        status=last.status if last is not None else "running",
        rows=started.rows,
        done=done,
        failed=failed,
        left=started.rows - done - failed,
    )


def case_seal(path: Path) -> Seal | None:
    """Return what the newest checkpoint of the case in `path` says, unchecked. Raises BadFormat, Unreadable."""
    newest = None
    with reading(path / CHECKPOINTS):
        # The last folder may have been made for a checkpoint that is still to come.
        for folder in reversed(checkpoint_folders(path)):
            names = [name for name in inside.names(folder, path) if name.endswith(f".{CHECKPOINT}")]
            if names:
                newest = folder / names[-1]  # numbers of one width: the last in their order is the newest
                break
    if newest is None:
        return None
    note = read_small(newest, root=path)
    try:
        checkpoint, _ = parse_checkpoint(note)
    except BadFormat as error:
        raise BadFormat(f"{newest}: {error}") from error
    return Seal.of(checkpoint, note)
