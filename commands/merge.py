"""`goldenhour merge`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.exit import Exit
from commands.interrupt import terminating_like_ctrl_c
from commands.officer import officer_name
from commands.opening import open_case, signing_key
from commands.options import PATH, existing_case, output_options, signing_options
from commands.output import clean, complain, counted, print_json
from commands.progress import byte_progress
from hashing.files.as_typed import as_typed

if TYPE_CHECKING:
    from exports.merge import MergeOutcome


@click.command()
@existing_case
@click.argument("sources", nargs=-1, required=True, type=PATH, metavar="FROM...")
@click.option("--dry-run", is_flag=True, help="Say what would be taken, and write nothing.")
@signing_options
@output_options
def merge(
    case: Path,
    sources: tuple[Path, ...],
    dry_run: bool,
    officer: str | None,
    key_path: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Take captures that were made elsewhere into a case: from other cases, bundles (folder or zip) or captures alone.

    The case is made where it is not there, but for a dry run. Each capture is verified first, and keeps its seal and
    its exhibit reference. Exit code 0: all are in the case; 5: something does not match; 6: something could not be
    checked; 7: refused, such as a reference that is taken.

    \b
    goldenhour merge OP-ALDER /media/stick/OP-ALDER-unit2
    goldenhour merge OP-ALDER unit2_JH-1.zip unit3_all --dry-run
    """
    from exports.merge import Merger
    from exports.merge import merge as merge_captures
    from hashing.case.case import Case

    absent = [source for source in sources if not source.exists()]
    if absent and not case.exists():  # nothing is made for the sake of a mistyped name
        raise click.UsageError(clean(f"{absent[0]}: no such file or folder"))
    # Without a key nothing can be written: a dry run is one that has none.
    if dry_run and not case.exists():
        told = f"a dry run compares with a case that is there; make it with `goldenhour init {as_typed(case)}`"
        raise click.UsageError(clean(f"{case}: no such case yet: {told}"))
    by = None if dry_run else Merger(officer=officer_name(officer), key=signing_key(key_path))
    if by is None:
        opened = Case.open(case)
    else:
        Case.open_or_create(case, key=by.key, officer=by.officer)
        opened = open_case(case, by.key)
    merged_before: list[MergeOutcome] = []
    with terminating_like_ctrl_c():
        for source in sources:
            outcomes: list[MergeOutcome] = []
            try:
                with byte_progress(f"merging {source}", quiet=quiet) as progress:
                    outcomes.extend(merge_captures(opened, [source], by, progress=progress, earlier=merged_before))
            finally:  # what was taken is told, whatever comes behind it
                for outcome in outcomes:
                    print_merged(outcome, as_json=as_json)
            merged_before.extend(outcomes)
    sys.exit(merge_exit(merged_before))


_GRAVITY = [Exit.OK, Exit.NOTHING, Exit.REFUSED, Exit.UNCHECKED, Exit.MISMATCH]


def merge_exit(outcomes: Iterable[MergeOutcome]) -> Exit:
    """Return the exit code of the gravest outcome."""
    return max(map(_exit, outcomes), key=_GRAVITY.index, default=Exit.OK)


def _exit(outcome: MergeOutcome) -> Exit:
    codes = {"nothing": Exit.NOTHING, "refused": Exit.REFUSED, "unchecked": Exit.UNCHECKED, "mismatch": Exit.MISMATCH}
    return codes.get(outcome.outcome, Exit.OK)


def print_merged(outcome: MergeOutcome, *, as_json: bool) -> None:
    """Print what became of a capture, or of a whole source."""
    if as_json:
        print_json(outcome.to_json())
    if outcome.reason:
        what = f"{outcome.source}: {outcome.exhibit}: " if outcome.exhibit else f"{outcome.source}: "
        reason = outcome.reason.removeprefix(f"{outcome.exhibit}: ") if outcome.exhibit else outcome.reason
        complain(f"{what}{reason}", outcome.hint)
    elif not as_json:
        click.echo(clean(f"{outcome.exhibit}  {outcome.outcome}, from {outcome.source}{_counts(outcome)}"))
        click.echo(f"seal     {outcome.fingerprint}")
        if outcome.signer:
            click.echo(f"signer   {outcome.signer}")


def _counts(outcome: MergeOutcome) -> str:
    said = [counted(outcome.items, "item")] if outcome.signer else []
    said += [f"{counted(outcome.stated, 'line')} of its case's log"] if outcome.stated else []
    return f": {', '.join(said)}" if said else ""
