"""Measurements as rows of a table: ours, the peer's or the limit, their ratio, and the goal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement. `ours` and `peer` are shown as given; `ratio` is compared with `goal` by `at_least`."""

    what: str
    ours: str
    peer: str
    ratio: float
    goal: float
    at_least: bool
    """Whether a larger ratio is better."""
    unit: str = "x"

    @property
    def reached(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal


def markdown(rows: Iterable[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| what | ours | peer or limit | ratio | goal | reached |", "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        sign = "≥" if row.at_least else "≤"
        ratio, goal = f"{row.ratio:.2f} {row.unit}", f"{sign} {row.goal:g} {row.unit}"
        lines.append(f"| {row.what} | {row.ours} | {row.peer} | {ratio} | {goal} | {'yes' if row.reached else 'no'} |")
    return "\n".join(lines) + "\n"
