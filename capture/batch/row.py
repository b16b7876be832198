"""A row: one scene of a batch, with the options that it names itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from capture.errors import CaptureError
from capture.request.options import CaptureOptions
from hashing.case.batch_events import RowOptions

TEXT, CSV, JSON = "text", "csv", "jsonl"
FORMATS = (TEXT, CSV, JSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenRow:
    """A row as it was read: where it stands, what it says, and its own text, to be written as it came."""

    line: int  # Counted from 1; of a row with line breaks in it, the first.
    scene: str
    options: RowOptions
    written: tuple[str, ...]  # The cells of a row of CSV; else the line.


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that cannot be captured, and why."""

    line: int  # 0 where it is the file that cannot be read.
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsRead:
    """A file of rows: its form, what is right in it and what is not."""

    name: str
    form: str
    rows: tuple[GivenRow, ...]
    bad: tuple[BadRow, ...]
    header: tuple[str, ...] = ()  # The column names of a CSV file, as they stand in it.
    delimiter: str = ","


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """A row that can be captured."""

    id: str  # SHA-256 of the canonical form of its scene and options: the same row has the same, whatever its line.
    given: GivenRow
    scene: str  # Without the login that it may hold.
    options: CaptureOptions
    places: tuple[str, ...]  # The hosts that it is looked for on.


class BadRows(CaptureError):
    """Rows of a file cannot be captured; nothing was fetched."""

    def __init__(self, name: str, bad: Sequence[BadRow]) -> None:
        rows = "1 row" if len(bad) == 1 else f"{len(bad):,} rows"
        lines = [f"{name}:{each.line}: {each.reason}" if each.line else f"{name}: {each.reason}" for each in bad]
        super().__init__(
            "\n".join([f"{name}: {rows} cannot be captured, and nothing was fetched", *lines]),
            hint="correct them, or leave them out with --skip-bad",
        )
