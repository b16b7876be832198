"""Which display of progress a command has: live on a terminal, lines elsewhere, nothing where asked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from capture.request.progress import Progress
from commands.output import clean, console

if TYPE_CHECKING:
    from capture.run.watch import WatchRound


@contextmanager
def capture_progress(*, quiet: bool) -> Iterator[Progress]:
    """Choose the display: live on a terminal, lines elsewhere, nothing where asked."""
    if quiet:
        yield Progress()
    elif sys.stderr.isatty():
        from commands.display.live_progress import LiveProgress

        with LiveProgress(console(), clean) as live:
            yield live
    else:
        from commands.display.line_progress import LineProgress

        yield LineProgress(sys.stderr, clean)


@contextmanager
def watch_display(
    scenes: Sequence[str], *, quiet: bool, every: float
) -> Iterator[tuple[Progress, Callable[[WatchRound], None]]]:
    """Choose the display of a watch: a live table on a terminal, lines elsewhere, nothing where asked."""
    if quiet:
        yield Progress(), lambda _: None
    elif sys.stderr.isatty():
        from commands.display.live_progress import LiveProgress
        from commands.display.watch_display import WatchTable

        table = WatchTable(scenes, every, clean)
        with LiveProgress(console(), clean, table) as live:
            yield live, table.sealed
    else:
        from commands.display.watch_display import RoundLines

        lines = RoundLines(sys.stderr, clean)
        yield lines, lines.sealed


@contextmanager
def count_progress(what: str, *, quiet: bool) -> Iterator[Callable[[int], None] | None]:
    """Show bytes done, where nobody knows beforehand how many there are."""
    with byte_progress(what, quiet=quiet) as show:
        done = 0

        def _count(count: int) -> None:
            nonlocal done
            done += count
            if show is not None:
                show(done, 0)

        yield _count if show is not None else None


@contextmanager
def byte_progress(what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show bytes done of bytes to do, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(True), TransferSpeedColumn())
    with Progress(*columns, console=console(), transient=True) as bars:
        task = bars.add_task(clean(what), total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total or None)


@contextmanager
def part_progress(what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show parts done of parts to do, on a terminal only; a single part takes time as well, and is seen to."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(), transient=True) as bars:
        task = bars.add_task(clean(what), total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
