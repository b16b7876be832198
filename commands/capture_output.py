"""How captures are told, and what exit code they amount to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from commands.exit import Exit
from commands.output import clean, complain, counted, print_json, print_styled, print_things
from exports.format.phrases import verdict_line
from hashing.case.kinds import CaptureStatus
from hashing.case.verdict import CONTENT
from hashing.files.as_typed import as_typed

if TYPE_CHECKING:
    from capture.errors import NotAsked
    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView
    from exports.format.manifest import GradeRecord
    from hashing.case.case import Case

# How what became of a capture is shown where there are colours.
STATUS_STYLES: dict[str, str] = {
    CaptureStatus.COMPLETE: "green",
    CaptureStatus.PARTIAL: "yellow",
    CaptureStatus.INTERRUPTED: "yellow",
    CaptureStatus.NOTHING: "red",
}
NOTEBOOK = "write the seal in your notebook: it stands for all of that"


def print_capture_json(result: CaptureResult, case: Case) -> None:
    """Print a capture as a line of JSON."""
    from commands.display.tables import capture_to_json
    from exports.format.capture_view import read_capture

    print_json(capture_to_json(read_capture(result.path), case.path))


def print_capture(result: CaptureResult) -> tuple[int, int]:
    """Print what a capture got, what it did not get, and its seal; return how many items are safe, and how many not."""
    from exports.format.capture_view import read_capture

    view = read_capture(result.path)
    print_tables(view)
    print_verdicts(view)
    stored = print_counts(result, view)
    print_clock(view)
    click.echo(f"seal     {result.seal.fingerprint}")
    return stored, len(view.failed)


def print_counts(result: CaptureResult, view: CaptureView) -> int:
    """Print how a capture ended, with what was stored, kept as an error page and not got; return the first."""
    refusals = sum(bool(entry.error_page) for entry in view.items)
    kept = f", {counted(refusals, 'error page')} kept" if refusals else ""
    counts = f"{len(view.items) - refusals:,} stored{kept}, {len(view.failed):,} not captured"
    print_styled(f"{result.exhibit}  {result.status}: {counts}", STATUS_STYLES.get(result.status, ""))
    return len(view.items) - refusals


def print_safe(case: Case, exhibits: Sequence[str], items: int, missing: int) -> None:
    """Print as the last line what is safe, where, and how to look at it."""
    from exports.format.phrases import exhibit_ranges

    safe = f"{counted(items, 'item')} safe in {case.path} as {exhibit_ranges(exhibits)}"
    one = f" {exhibits[0]}" if len(exhibits) == 1 else ""
    said = f"{safe}, {missing:,} not got" if missing else safe
    print_styled(f"{said}: goldenhour show {as_typed(case.path)}{one}", "bold")


def complain_of_end(result: CaptureResult) -> None:
    """Say on stderr why a capture ended before its time, where nobody asked for it."""
    if not result.reason or result.status == CaptureStatus.INTERRUPTED:
        return
    hint = "please report it, with this line and the output of goldenhour --version" if result.faulty else ""
    complain(f"{result.exhibit}: ended early, and sealed with what had arrived: {result.reason}", hint)


def print_verdicts(view: CaptureView) -> None:
    """Print of each page that is not what was asked for what it is instead, its title and where it stands."""
    for judged in view.verdicts:
        if judged.verdict != CONTENT or judged.reasons:
            print_styled(f"verdict  {verdict_line(judged)}", "" if judged.verdict == CONTENT else "yellow")


def print_clock(view: CaptureView) -> None:
    """Print how far this computer's clock was from others during a capture, where that is known."""
    from exports.format.clock import clock_sentence

    if sentence := clock_sentence(view.clock, view.dates):
        print_styled(f"clock    {sentence}")


def print_case(case: Case) -> None:
    """Print where the case is, and what to do with the seals above."""
    click.echo(clean(f"case     {case.path}"))
    click.echo(NOTEBOOK)


def print_tables(view: CaptureView, grades: Mapping[str, GradeRecord] | None = None) -> None:
    """Print what a capture got, what had changed since an earlier one, and what it did not get."""
    from commands.display.tables import changes_table, copies_table, items_table, missing_table

    if view.items:
        print_things(items_table(view, grades))
    if (copies := copies_table(view)).rows:
        print_things(copies)
    if view.changed:
        print_things(changes_table(view))
    if view.failed or view.skipped:
        print_things(missing_table(view))


def print_unasked(error: NotAsked, *, as_json: bool) -> None:
    """Print of a scene that nothing of it was asked, and why: it is no exhibit."""
    if as_json:
        print_json({"exhibit": None, "status": "nothing", "reason": str(error)})
    else:
        click.echo(clean(f"not asked  {error}"))


def capture_exit(results: Sequence[CaptureResult], unasked: Sequence[NotAsked] = ()) -> Exit:
    """Return the exit code of captures together, and of scenes of which nothing was asked."""
    if unasked and not results:
        return Exit.REFUSED if all(each.refused for each in unasked) else Exit.NOTHING
    statuses = {result.status for result in results}
    # The gravest end first, since one code speaks for all: stopped, then a fault of ours, then what servers did not
    # give.
    if CaptureStatus.INTERRUPTED in statuses:
        return Exit.INTERRUPTED
    if any(result.faulty for result in results):
        return Exit.FAULT
    if statuses == {CaptureStatus.COMPLETE}:
        return Exit.OK
    if statuses == {CaptureStatus.NOTHING}:
        return Exit.REFUSED if all(result.refused for result in results) else Exit.NOTHING
    return Exit.IN_PART
