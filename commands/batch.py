"""`goldenhour batch`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.batch_output import batch_exit, print_summary, row_json, summary_json
from commands.exit import Exit
from commands.interrupt import interruptible, terminating_like_ctrl_c
from commands.officer import capturing_officer
from commands.opening import recover_begun, signing_key
from commands.options import PATH
from commands.output import clean, complain, console, counted, print_json
from commands.row_options import (
    delay_option,
    form_option,
    pause_option,
    per_host_option,
    retries_option,
    scenes_option,
    skip_bad_option,
)
from commands.scene_options import EverydayFirst, row_options
from commands.scenes import options_for
from commands.timestamps import asked_authorities, timestamp_captures, timestamp_later
from hashing.ledger.keys import SigningKey

if TYPE_CHECKING:
    from capture.batch import BatchRow, BatchSummary, RowsRead
    from capture.batch.progress import BatchProgress
    from hashing.case.case import Case
    from hashing.case.timestamping import TimestampOutcome


@click.command(cls=EverydayFirst)
@click.argument("file", metavar="FILE")
@row_options
@form_option
@scenes_option
@per_host_option
@delay_option
@retries_option
@pause_option
@click.option("--again", is_flag=True, help="Capture rows anew that were captured before.")
@skip_bad_option
@click.option(
    "--failed",
    type=PATH,
    metavar="FILE",
    help="Write the rows that failed there.  [default: beside the batch's ledger]",
)
def batch(
    file: str,
    case_path: Path | None,
    officer: str | None,
    key_path: Path | None,
    as_json: bool,
    quiet: bool,
    authorities: tuple[str, ...],
    form: str | None,
    scenes: int,
    per_host: int,
    delay: float,
    retries: int,
    pause: float,
    again: bool,
    skip_bad: bool,
    failed: Path | None,
    **chosen: Any,  # noqa: ANN401 - click's values, named once in the options above
) -> None:
    """Capture the scenes of a file (- for standard input), each a capture of its own. Run it again to go on.

    Text: a scene a line; "# " begins a comment. CSV: a header with a scene or url column. JSON Lines: an object a
    line. Columns and fields called officer, initials, title, note, on, thread, since, until, comments, follow, media
    and limit go before the options here. Rows that were captured before are not captured again.

    \b
    goldenhour batch scenes.txt --case OP-ALDER --officer "Mary Price"
    goldenhour batch scenes.csv --case OP-ALDER --scenes 8 --per-host 2 --delay 1
    cut -f1 list.tsv | goldenhour batch - --case OP-ALDER --json > done.jsonl
    """
    from capture.batch import Batch, BatchSettings
    from capture.run.disk_room import DiskRoom
    from hashing.case.case import Case
    from hashing.errors import WouldOverwrite
    from hashing.times import system_clock

    if case_path is None:
        raise click.UsageError("name the case with --case: a batch that is run again goes on in it")
    if failed is not None and (failed.exists() or failed.is_symlink()):
        raise WouldOverwrite(f"{failed}: exists already", hint="choose another name; nothing is overwritten")
    # 1. Read and check every row before anything is asked of anyone: a batch may run for days before it meets a bad
    # one.
    officer, authorities = capturing_officer(officer, chosen), asked_authorities(authorities)
    now = system_clock()
    read, rows = _rows(file, form or "", officer, {**chosen, "live": ""}, now, skip_bad=skip_bad)
    if not rows:
        complain(f"{file}: holds no row", "a row is a scene: an address, or a #hashtag")
        sys.exit(Exit.NOTHING)
    # 2. Key and case; what an earlier run left is finished off, so that its rows count.
    key = signing_key(key_path)
    case = Case.open_or_create(case_path, key=key, officer=officer, title=chosen["title"])
    recover_begun(case, key, officer)
    settings = BatchSettings(jobs=scenes, per_host=per_host, delay=delay, retries=retries, pause=pause, again=again)
    room = DiskRoom(case.path, 0)
    # 3. Run, time-stamp, list what failed.
    with terminating_like_ctrl_c():
        with interruptible() as stop, _display(room, quiet=quiet) as progress:
            running = Batch(
                rows,
                case,
                settings,
                key=key,
                officer=officer,
                source=_named(file),
                progress=progress,
                stop=stop,
                clock=system_clock,
            )
            summary = running.run(lambda done: print_json(row_json(done)) if as_json else None)
        timestamp_outcomes = _timestamp(case, authorities, key, summary)
    kept = _keep_failed(read, summary, failed)
    # 4. Tell. With --json, standard output is for programs and the summary goes to standard error.
    if as_json:
        for outcome in timestamp_outcomes:
            print_json(outcome.to_json())
        print_json(summary_json(summary, kept))
    elif timestamp_outcomes:
        click.echo(
            f"time-stamped  {sum(each.timestamped is not None for each in timestamp_outcomes):,} "
            f"of {counted(len(timestamp_outcomes), 'seal')}"
        )
    print_summary(summary, case, kept, err=as_json)
    sys.exit(batch_exit(summary, left_out=bool(read.bad)))


def _named(file: str) -> str:
    """Return a file's name with the bytes that are no text written out."""
    return os.fsencode(file).decode("utf-8", "backslashreplace")


def read_file_of_rows(file: str, form: str) -> RowsRead:
    """Read the rows of a file, or of standard input. Raises click.UsageError where it cannot be read."""
    from capture.batch import read_rows
    from hashing.files.storage import read_error

    try:
        if file == "-":
            return read_rows(sys.stdin.buffer, file, form)
        with Path(file).open("rb") as opened:
            return read_rows(opened, file, form)
    except OSError as error:
        raise click.UsageError(str(read_error(clean(file), error))) from error


def _rows(
    file: str, form: str, officer: str, chosen: dict[str, Any], now: datetime, *, skip_bad: bool
) -> tuple[RowsRead, list[BatchRow]]:
    """Read and check every row. Raises BadRows where some are wrong and shall not be left out."""
    from dataclasses import replace

    from capture.batch import BadRows, checked_rows
    from capture.errors import BadScene
    from capture.request.scene import parse_scene
    from hashing.case.batch_events import RowOptions

    read = read_file_of_rows(file, form)
    # To whom a token or cookies can be lent follows from all addresses together.
    urls = []
    for row in read.rows:
        try:
            urls.append(parse_scene(row.scene).url)
        except BadScene:
            continue  # named below, with its line
    base = options_for(urls, officer, chosen)
    defaults = RowOptions(
        on=base.on,
        thread=base.thread,
        since=chosen["since"],
        until=chosen["until"],
        comments=base.comments,
        follow=base.follow,
        media=base.media,
        limit=base.limit,
    )
    # Each row with its own options over the command's; bad ones with their lines, all of them at once.
    rows, bad = checked_rows(read.rows, base, defaults, now)
    read = replace(read, bad=tuple(sorted((*read.bad, *bad), key=lambda each: each.line)))
    if read.bad and not skip_bad:
        raise BadRows(file, read.bad)
    for each in read.bad:
        click.echo(clean(f"left out: {file}:{each.line}: {each.reason}"), err=True)
    if repeated := len(read.rows) - len(bad) - len(rows):
        click.echo(f"left out: {counted(repeated, 'row')}, the same as others", err=True)
    return read, rows


@contextmanager
def _display(room: Any, *, quiet: bool) -> Iterator[BatchProgress]:  # noqa: ANN401 - DiskRoom, imported late
    """Choose the display: live on a terminal, lines elsewhere, nothing where asked."""
    if quiet:
        from capture.batch.progress import BatchProgress

        yield BatchProgress()
    elif sys.stderr.isatty():
        from commands.display.batch_display import BatchLive

        with BatchLive(console(), clean, room.free) as live:
            yield live
    else:
        from capture.batch.lines import BatchLines

        yield BatchLines(sys.stderr, clean)


def _timestamp(
    case: Case, authorities: tuple[str, ...], key: SigningKey, summary: BatchSummary
) -> list[TimestampOutcome]:
    try:
        return timestamp_captures(case, authorities, key, summary.results)
    except KeyboardInterrupt:  # what was captured is sealed, and told all the same
        complain("not time-stamped: interrupted", timestamp_later(case, authorities))
        return []


def _keep_failed(read: RowsRead, summary: BatchSummary, path: Path | None) -> Path | None:
    """Write the rows of which nothing was got to a file that can be fed back in; return it, if there are any."""
    from capture.batch import failed_rows
    from hashing.errors import HashingError
    from hashing.files.storage import write_exclusively

    if not summary.failed:
        return None
    ending = {"text": "txt"}.get(read.form, read.form)
    path = path or summary.path / f"failed.{ending}"
    try:
        write_exclusively(path, failed_rows(read, summary.failed))
    except HashingError as error:
        complain(f"the rows that failed are not listed: {error}", "the batch's ledger names them")
        return None
    return path
