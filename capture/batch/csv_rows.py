"""Rows as CSV: a header that names a scene or url column, and columns named as the options of `goldenhour capture`."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from capture.batch.row import CSV, BadRow, GivenRow, RowsRead
from hashing.case.batch_events import RowOptions

SCENE_COLUMNS = ("scene", "url")
_DELIMITERS = (",", ";", "\t")  # The second is what spreadsheets write where the comma stands in numbers.
_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_MOST_DIGITS = 10


class _Wrong(Exception):
    """A row cannot be read; the message says why."""


def delimiter_of(header: str) -> str:
    """Return what stands between the columns of a header with a column of scenes; "" where it is none."""
    for delimiter in _DELIMITERS:
        if set(SCENE_COLUMNS) & {_column(cell) for cell in header.split(delimiter)}:
            return delimiter
    return ""


def read_csv(lines: Iterable[tuple[int, str]], name: str) -> RowsRead:
    """Read rows below a header (RFC 4180; also with semicolons or tabs)."""
    numbered = _Numbered(lines)
    first = next(numbered, "")
    delimiter = delimiter_of(first)
    if not delimiter:
        reason = f"no column is called {' or '.join(SCENE_COLUMNS)}: the first line names the columns"
        return RowsRead(name=name, form=CSV, rows=(), bad=(BadRow(line=numbered.number, reason=reason),))
    header = tuple(next(csv.reader([first], delimiter=delimiter)))
    columns = [_column(cell) for cell in header]
    if problem := _problem(columns):
        return RowsRead(name=name, form=CSV, rows=(), bad=(BadRow(line=numbered.number, reason=problem),))
    rows, bad = [], []
    reader = csv.reader(numbered, delimiter=delimiter, strict=True)
    while True:
        numbered.row_begins()
        try:
            cells = next(reader, None)
            if cells is None:
                break
            numbered.demand_whole()
            if any(cell.strip() for cell in cells):
                rows.append(_row(columns, cells, numbered.begun))
        except _Wrong as error:
            bad.append(BadRow(line=numbered.begun, reason=str(error)))
        except csv.Error as error:
            bad.append(BadRow(line=numbered.begun, reason=_plain(error)))
            reader = csv.reader(numbered, delimiter=delimiter, strict=True)  # the old one is in the middle of a cell
    return RowsRead(name=name, form=CSV, rows=tuple(rows), bad=tuple(bad), header=header, delimiter=delimiter)


class _Numbered:
    """Lines for csv's reader, and where the row that it is reading began."""

    def __init__(self, lines: Iterable[tuple[int, str]]) -> None:
        self._lines = iter(lines)
        self._new_row = True
        self._gap = False
        self.number = 1
        self.begun = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        before = self.number
        self.number, line = next(self._lines)
        if self._new_row:
            self.begun, self._new_row, self._gap = self.number, False, False
        elif self.number != before + 1:
            self._gap = True
        return line

    def row_begins(self) -> None:
        """Hear that the next line begins a row."""
        self._new_row = True

    def demand_whole(self) -> None:
        """Refuse a row with a line in it that was left out, because it cannot be text."""
        if self._gap:
            raise _Wrong("a line of it cannot be read")


def _column(cell: str) -> str:
    return cell.strip().strip('"').strip().lower().lstrip("-").replace("-", "_")


def _problem(columns: Sequence[str]) -> str:
    """Say what is wrong with the names of the columns; "" where nothing is."""
    known = (*SCENE_COLUMNS, *RowOptions.__struct_fields__)
    unknown = [column for column in columns if column not in known]
    if unknown:
        return f"a column {unknown[0][:60]!r} is not known: the columns are {', '.join(known)}"
    if len(set(columns)) < len(columns) or set(SCENE_COLUMNS) <= set(columns):
        return "two columns say the same"
    return ""


def _row(columns: Sequence[str], cells: Sequence[str], line: int) -> GivenRow:
    if len(cells) != len(columns):
        cells_there = f"{len(cells)} cell{'s' * (len(cells) != 1)}"
        raise _Wrong(f"{cells_there} under {len(columns)} column{'s' * (len(columns) != 1)}")
    if any("\0" in cell for cell in cells):
        raise _Wrong("a NUL byte is in it")
    said = {column: cell for column, cell in zip(columns, cells, strict=True) if cell.strip()}
    scene = next((said.pop(column).strip() for column in SCENE_COLUMNS if column in said), "")
    if not scene:
        raise _Wrong("it names no scene")
    options = msgspec.convert({column: _value(column, cell) for column, cell in said.items()}, RowOptions)
    return GivenRow(line=line, scene=scene, options=options, written=tuple(cells))


def _value(column: str, cell: str) -> Any:  # noqa: ANN401 - what the column's option is
    plain = cell.strip()
    if column in {"thread", "comments", "follow"}:
        if plain.lower() not in _YES:
            raise _Wrong(f"{column} {plain[:60]!r}: write yes or no")
        return _YES[plain.lower()]
    if column == "limit":
        if not (plain.isascii() and plain.isdigit() and len(plain) <= _MOST_DIGITS):
            raise _Wrong(f"limit {plain[:60]!r}: not a number")
        return int(plain)
    if column == "on":
        return tuple(plain.replace(",", " ").split())
    return cell if column in {"note", "title"} else plain


def _plain(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "a quotation mark is opened and never closed"
    return f"not CSV: {error}"
