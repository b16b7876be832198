"""How batches are told, and what exit code they amount to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.capture_output import NOTEBOOK
from commands.exit import Exit
from commands.output import clean, counted
from hashing.case.kinds import CaptureStatus
from hashing.files.as_typed import as_typed

if TYPE_CHECKING:
    from capture.batch import BatchSummary
    from capture.batch.progress import RowDone
    from hashing.case.case import Case

_STATUS_EXITS: dict[str, Exit] = {
    CaptureStatus.PARTIAL: Exit.IN_PART,
    CaptureStatus.NOTHING: Exit.NOTHING,
    "not tried": Exit.NOTHING,
}
_WORSE = (Exit.OK, Exit.IN_PART, Exit.NOTHING, Exit.REFUSED, Exit.INTERRUPTED)


def row_json(done: RowDone) -> dict[str, Any]:
    """Return a row that has ended as plain values for `batch --json`."""
    from hashing.case.case import CAPTURES

    outcome, result = done.outcome, done.result
    return {
        "row": done.row.id,
        "line": done.row.given.line,
        "scene": done.row.scene,
        "status": done.status,
        "reason": done.reason,
        "attempt": done.attempt,
        "again": done.again,
        "exhibit": done.exhibit or None,
        "capture": done.capture or None,
        "path": f"{CAPTURES}/{done.capture}" if done.capture else None,
        "items": outcome.items if outcome else 0,
        "error_pages": outcome.error_pages if outcome else 0,
        "failed": outcome.failed if outcome else 0,
        "bytes": outcome.bytes if outcome else 0,
        "seconds": round(done.seconds, 3),
        "seal": result.seal.fingerprint if result else None,
    }


def summary_json(summary: BatchSummary, kept: Path | None) -> dict[str, Any]:
    """Return a batch that has ended as plain values for `batch --json`."""
    counts = summary.counts
    return {
        "batch": summary.id,
        "status": summary.status,
        "reason": summary.reason,
        "rows": counts.total,
        "captured_before": counts.before,
        "done": counts.done,
        "failed": counts.failed,
        "left": counts.left,
        "failed_rows": str(kept) if kept else None,
    }


def print_summary(summary: BatchSummary, case: Case, kept: Path | None, *, err: bool) -> None:
    """Print what became of a batch, where the rows that failed stand, and the seal that stands for all of it."""
    from exports.format.case_view import case_seal

    counts, name = summary.counts, as_typed(case.path)
    before = f", {counts.before:,} captured before" if counts.before else ""
    left = f", {counts.left:,} left in the queue" if counts.left else ""
    became = f"{counts.done:,} captured, {counts.failed:,} failed{before}{left}"
    lines = [f"batch    {counted(counts.total, 'row')}: {became}"]
    if summary.reason:
        lines.append(f"         {summary.status}: {summary.reason}; the same command goes on with what is left")
    if kept is not None:
        again = as_typed(kept)
        lines.append(f"failed   {kept}")
        lines.append(f"         to try them again, with the same options: goldenhour batch {again} --case {name}")
    lines.append(f"case     {case.path}")
    if (seal := case_seal(case.path)) is not None:
        lines += [f"seal     {seal.fingerprint}  case", NOTEBOOK]
    # Last, since it is what stays on the screen: how much is safe, and where.
    safe = f"{counted(counts.done + counts.before, 'scene')} safe in {case.path}"
    missing = f", {counts.failed + counts.left:,} not got" if counts.failed + counts.left else ""
    lines.append(f"{safe}{missing}: goldenhour show {name}")
    for line in lines:
        click.echo(clean(line), err=err)


def batch_exit(summary: BatchSummary, *, left_out: bool) -> Exit:
    """Return the exit code of the worst row: whole, in part, nothing, refused, interrupted."""
    exits = [_STATUS_EXITS.get(status, Exit.OK) for status in summary.statuses]
    if left_out:
        exits.append(Exit.IN_PART)
    if summary.refused or summary.status == "stopped":
        exits.append(Exit.REFUSED)
    if summary.status == "interrupted":
        exits.append(Exit.INTERRUPTED)
    return max(exits, key=_WORSE.index, default=Exit.OK)
