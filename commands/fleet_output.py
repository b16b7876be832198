"""How a fleet is told: what becomes of each row, what a worker has done, and how far all of it is."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from commands.exit import Exit
from commands.output import clean, complain, counted, print_json, print_styled

if TYPE_CHECKING:
    from fleet.changes import RoundChange
    from fleet.evidence import EvidenceStatus
    from fleet.queue import RowReport
    from fleet.status import FleetStatus
    from fleet.worker import WorkerProgress, WorkerSummary


def worker_lines(*, as_json: bool, quiet: bool) -> WorkerProgress:
    """Return what prints a line for each row that ends, and says why no row is taken."""
    from fleet.worker import WorkerProgress

    class _Lines(WorkerProgress):
        def ended(self, scene: str, done: RowReport) -> None:
            if as_json:
                print_json(_row_json(scene, done))
            elif not quiet:
                why = f": {done.reason}" if done.reason else ""
                what = done.status or done.state
                click.echo(clean(f"{what:<11}  {done.exhibit or '-':<14}  {scene}{why}"), err=True)

        def says(self, text: str) -> None:
            complain(f"takes no rows: {text}" if text else "takes rows again")

    return _Lines()


def _row_json(scene: str, done: RowReport) -> dict[str, Any]:
    return {
        "row": done.name,
        "scene": scene,
        "state": done.state,
        "status": done.status or None,
        "reason": done.reason,
        "exhibit": done.exhibit or None,
        "capture": done.capture or None,
    }


def print_worked(summary: WorkerSummary, operation: str, *, as_json: bool) -> None:
    """Print what a worker has done."""
    if as_json:
        print_json({
            "operation": operation, "captured": summary.captured, "failed": summary.failed,
            "returned": summary.returned, "unreported": summary.unreported,
        })  # fmt: skip
        return
    said = f"{operation}: {summary.captured:,} captured, {summary.failed:,} failed, {summary.returned:,} given back"
    print_styled(said, "bold")
    if summary.unreported:
        complain(
            f"the database was not told of {counted(summary.unreported, 'row')}: others may capture them once more"
        )


def print_status(status: FleetStatus) -> None:
    """Print how far an operation is; end where there is none of this name."""
    states = status.states
    if not sum(states.values()) and not status.evidence:
        complain(f"{status.operation}: no such operation in this database")
        sys.exit(Exit.NOTHING)
    for each in status.evidence:
        _print_evidence(each)
    for key, count in Counter(each.proven_by for each in status.evidence if each.proven_by).items():
        said = (
            f"{key} signed {counted(count, 'proof')}: any key is taken here, so compare it with those of your machines"
        )
        click.echo(f"key      {said} (goldenhour key)")
    done = "  ".join(f"{count:,} {state}" for state, count in states.items() if count)
    print_styled(f"{status.operation}  {done or 'no rows'}", "bold")
    if status.left:
        left = "" if status.minutes_left is None else f"; {status.minutes_left:,.0f} min left at this rate"
        click.echo(f"rate     {status.rate:,.1f} rows a minute{left}")
    for host in status.hosts:
        rests = f"  rests until {host.rests_until:%H:%M:%S}Z" if host.rests_until else ""
        click.echo(clean(f"host     {host.host}  {_counts(host.states)}{rests}"))
    for worker in status.workers:
        state = "ended" if worker.ended else "alive" if worker.alive else "SILENT"
        says = f"  takes no rows: {worker.says}" if worker.says else ""
        click.echo(clean(f"worker   {worker.key[:12]}  {worker.name}  {state}  {_counts(worker.states)}{says}"))
    for reason, count in status.failures:
        click.echo(clean(f"failed   {count:,}  {reason}"))


def _print_evidence(each: EvidenceStatus) -> None:
    by = f", checked {each.checked[:16]}Z by {each.by}" if each.checked else ""
    proven = f"proven whole {each.proven[:16]}Z" if each.proven else "never proven whole"
    why = f": {each.reason}" if each.reason else ""
    period = f"every {each.every.total_seconds() / 3600:,.4g} h"
    style = {"DOES NOT MATCH": "bold red", "WHOLE": "green"}.get(each.state, "yellow")
    print_styled(clean(f"evidence {each.state}  {each.target}  {proven}{by}; {period}{why}"), style)


def evidence_exit(evidence: Sequence[EvidenceStatus]) -> Exit:
    """Return how a command ends that shows this evidence: as `verify`; what is overdue could not be checked."""
    states = {each.state for each in evidence}
    if "DOES NOT MATCH" in states:
        return Exit.MISMATCH
    return Exit.UNCHECKED if states - {"WHOLE", "NEVER CHECKED"} else Exit.OK


def print_change(change: RoundChange, *, as_json: bool) -> None:
    """Print what has changed from one round of a watch to a later one."""
    if as_json:
        print_json(change.to_json())
        return
    after = change.after or f"round {change.exhibit}"
    print_styled(clean(f"{change.change}: {change.id}: {change.before}, then {after}"), "yellow")


def _counts(states: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {state}" for state, count in states.items() if count) or "nothing yet"
