"""`goldenhour validate`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.exit import Exit
from commands.options import PATH, output_options
from commands.output import clean, console, print_json

if TYPE_CHECKING:
    from validation.check import ValidationCheck
    from validation.record import ValidationRecord


@click.command()
@click.option("--record", "path", type=PATH, metavar="FILE", help="Write the record, for a laboratory's file.")
@output_options
def validate(path: Path | None, as_json: bool, quiet: bool) -> None:
    """Capture known scenes from a server on this computer, and compare every hash and fact with what is expected.

    Each alteration that verification must find is made in a copy, and must be found. Nothing is asked of any other
    computer. Exit code 0: all as expected; 5: something is not.

    \b
    goldenhour validate --record validation-2026-11.json
    """
    from hashing.files.digest import Digest
    from hashing.files.storage import write_exclusively
    from validation.run import validate as run_validation

    with _shown(quiet=quiet) as shown:
        record = run_validation(shown)
    written = record.to_json()
    if path is not None:
        write_exclusively(path, written)
    if as_json:
        for each in record.checks:
            print_json({"part": each.part, "check": each.name, **_values(each), "passed": each.passed})
    else:
        _print_record(record)
    if path is not None:
        click.echo(clean(f"record   {path}"), err=as_json)
        click.echo(f"sha256   {Digest.of_bytes(written).hex}", err=as_json)
    sys.exit(Exit.MISMATCH if record.failed else Exit.OK)


def _values(check: ValidationCheck) -> dict[str, str | float | bool | None]:
    return {"expected": check.expected, "found": check.found}


@contextmanager
def _shown(*, quiet: bool) -> Iterator[Callable[[ValidationCheck], None]]:
    """Show each check as it is made, in one line of a terminal; nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    with console().status("validating") as status:
        yield lambda each: status.update(clean(f"{each.part}: {each.name}"))


def _print_record(record: ValidationRecord) -> None:
    passed = Counter(each.part for each in record.checks if each.passed)
    for part, made in Counter(each.part for each in record.checks).items():
        click.echo(f"{part:18} {passed[part]:4} of {made:4} as expected")
    for each in record.failed:
        click.echo(clean(f"NOT AS EXPECTED  {each.part}: {each.name}"))
        click.echo(clean(f"  expected {each.expected if each.expected is not None else 'nothing of that name'}"))
        click.echo(clean(f"  found    {each.found if each.found is not None else 'nothing of that name'}"))
    verdict = "NOT AS EXPECTED" if record.failed else "AS EXPECTED"
    click.echo(f"{verdict}  {record.tool}: {len(record.checks)} checks, {len(record.failed)} failed")
