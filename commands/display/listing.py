"""Columns of text that fit where they are shown: a wide terminal, a narrow one, or a pipe.

The last column gives way: it is shortened in the middle, where a URL says least. The others are never cut. Where even
that leaves too little room, each row takes two lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from hashing.printable import printable

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment
    from rich.style import Style

_GAP = "  "
_NARROWEST = 18
_WIDEST = 100  # Columns that the last one takes at most, however much room there is.
_PRINTED_AT_ONCE = 1000  # Rows.
_PIPED = 1000  # Columns of a line that nobody's screen will break.
_SHOWN = 4 * _PIPED  # Characters from either end of what is shortened: more than fit any line.


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, whether its cells stand to the right, and the style they have on a terminal."""

    title: str
    right: bool = False
    style: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of cells under headings, for a rich console to print. Cells may hold anything; only text comes out."""

    columns: tuple[Column, ...]
    rows: Sequence[Sequence[str]]
    remarks: Sequence[str] = ()  # What stands on a line of its own below each row; "" for none.

    def parts(self) -> Iterator[Listing]:
        """Yield the rows, some hundred at a time and each time under the headings: a console keeps what it prints."""
        for start in range(0, max(len(self.rows), 1), _PRINTED_AT_ONCE):
            end = start + _PRINTED_AT_ONCE
            yield Listing(self.columns, self.rows[start:end], self.remarks[start:end])

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType | Segment]:
        """Yield the lines for this console's width."""
        from rich.cells import cell_len

        width = options.max_width
        titles = [column.title for column in self.columns]
        rows = [[*map(printable, cells), printable(_ends(last))] for *cells, last in self.rows]
        widths = [max(map(cell_len, cells)) for cells in zip(titles, *rows, strict=True)]
        # Width in cells, not in characters: a wide character takes two.
        left = min(width - sum(widths[:-1]) - len(_GAP) * (len(widths) - 1), _WIDEST)
        remarks = [printable(_ends(remark)) for remark in self.remarks] or [""] * len(rows)
        if left < min(_NARROWEST, widths[-1]):
            yield from _stacked([titles, *rows], ["", *remarks], width)
            return
        bold = console.get_style("bold")
        styles = [console.get_style(column.style) for column in self.columns]
        yield from self._line(titles, widths, [bold] * len(titles))
        for row, remark in zip(rows, remarks, strict=True):
            yield from self._line([*row[:-1], shortened(row[-1], left)], widths, styles)
            if remark:
                yield _remark(remark, width)

    def _line(self, cells: Sequence[str], widths: Sequence[int], styles: Sequence[Style]) -> Iterator[Segment]:
        from rich.cells import cell_len
        from rich.segment import Segment

        last = len(cells) - 1
        for position, (column, cell, width) in enumerate(zip(self.columns, cells, widths, strict=True)):
            filler = " " * (width - cell_len(cell))
            yield Segment(f"{filler}{cell}" if column.right else cell, styles[position])
            if position < last:
                yield Segment(_GAP if column.right else filler + _GAP)
        yield Segment.line()


def _ends(text: str) -> str:
    """Return the two ends of a text of which no more is shown: a stranger's may have megabytes, and so may each row."""
    return text if len(text) <= 2 * _SHOWN else text[:_SHOWN] + text[-_SHOWN:]


def _remark(remark: str, width: int) -> RenderableType:
    from rich.text import Text

    return Text(f"{_GAP}{shortened(remark, min(width, _WIDEST) - len(_GAP))}", "italic")


def _stacked(rows: Sequence[Sequence[str]], remarks: Sequence[str], width: int) -> Iterator[RenderableType]:
    from rich.text import Text

    for position, (row, remark) in enumerate(zip(rows, remarks, strict=True)):
        style = "" if position else "bold"
        yield Text(_GAP.join(row[:-1]), style, overflow="fold")
        yield Text(f"{_GAP}{shortened(row[-1], width - len(_GAP))}", style)
        if remark:
            yield _remark(remark, width)


def plain_console(stream: TextIO) -> Console:
    """Return a console for listings: as wide as the terminal; in a pipe without colours and without line breaks."""
    from rich.console import Console

    console = Console(file=stream, markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = _PIPED
    return console


def shortened(text: str, width: int) -> str:
    """Cut a text in the middle so that it fits into `width` columns of a terminal."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= width:
        return text
    # The end of a URL names the file, its beginning the site: the site gets the larger half.
    tail = (width - 1) // 2
    end = set_cell_size(text[::-1], tail)[::-1].strip()
    return f"{set_cell_size(text, width - 1 - cell_len(end)).rstrip()}…{end}"
