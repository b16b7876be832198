"""Measurements as rows of a table: ours beside a peer or a limit of the same run, and the ratios of earlier runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NUMBER = re.compile(r"\d[\d,.]*")
RUNS = Path(__file__).with_name("runs.jsonl")
"""A line a run: its date, its machine, and the ratio of each row by the row's name."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement. `ratio` is compared with `goal` by `at_least`; both are ratios, or bytes, never seconds."""

    what: str
    """The name under which runs are compared, without its numbers: it stays when sizes change."""
    ours: str
    ratio: float
    goal: float
    at_least: bool = False
    """Whether a larger ratio is better."""
    peer: str = ""
    """What ours is compared with, as measured in the same run."""
    cpu: str = ""
    """Seconds of processor time that ours took, where it is a command."""
    unit: str = "x"

    @property
    def reached(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The ratios of one run."""

    date: str
    machine: str
    ratios: dict[str, float]


def earlier_runs() -> list[Run]:
    """Return the runs that are kept, oldest first."""
    return [msgspec.json.decode(line, type=Run) for line in RUNS.read_bytes().splitlines()] if RUNS.exists() else []


def keep(run: Run) -> None:
    """Add a run to those that are kept."""
    with RUNS.open("ab") as file:
        file.write(msgspec.json.encode(run) + b"\n")


def detailed(rows: Iterable[Row]) -> str:
    """Return one run as a Markdown table, with what was measured."""
    lines = [
        "| what | ours | CPU | peer or limit | ratio | goal | reached |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        cells = (row.what, row.ours, row.cpu, row.peer, _shown(row.ratio, row.unit), _goal(row))
        lines.append(f"| {' | '.join(cells)} | {'yes' if row.reached else 'no'} |")
    return "\n".join(lines) + "\n"


def compared(rows: Sequence[Row], runs: Sequence[Run]) -> str:
    """Return the ratios of the runs, a column each, oldest first, so that a step back is seen."""
    names = [_without_sizes(row.what) for row in rows]
    told = [{_without_sizes(what): ratio for what, ratio in run.ratios.items()} for run in runs]
    dates = [f"{run.date}" for run in runs]
    lines = [f"| what | goal | {' | '.join(dates)} |", f"| --- | --- |{' --- |' * len(runs)}"]
    for row, name in zip(rows, names, strict=True):
        ratios = [_shown(ratios[name], row.unit) if name in ratios else "-" for ratios in told]
        lines.append(f"| {row.what} | {_goal(row)} | {' | '.join(ratios)} |")
    gone = {what for run in runs for what in run.ratios if _without_sizes(what) not in names}
    return "\n".join(lines) + "\n" + (f"\nNo longer measured: {', '.join(sorted(gone))}.\n" if gone else "")


def _without_sizes(what: str) -> str:
    """Return a name without its numbers: what was measured with more photos in one run stays the same row."""
    return _NUMBER.sub("", what)


def _goal(row: Row) -> str:
    return f"{'≥' if row.at_least else '≤'} {row.goal:g} {row.unit}"


def _shown(ratio: float, unit: str) -> str:
    return f"{ratio:.0f} {unit}" if unit != "x" else f"{ratio:.2f} {unit}"
