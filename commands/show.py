"""`goldenhour show`."""

from __future__ import annotations

from pathlib import Path

import click

from commands.captured import print_clock, print_tables
from commands.opening import tell_unsigned
from commands.options import existing_case, json_option
from commands.output import clean, print_things


@click.command()
@existing_case
@json_option
def show(case: Path, as_json: bool) -> None:
    """Show what is in a case. Never writes: what is not sealed stays as it is.

    \b
    goldenhour show OP-ALDER
    """
    from commands.display.tables import case_json, case_remarks, case_table
    from exports.format.case_view import read_case
    from hashing.case.case import Case

    tell_unsigned(Case.open(case))
    view = read_case(case)
    if as_json:
        for piece in case_json(view):
            click.echo(piece, nl=False)
        return
    print_things(case_table(view))
    for line in case_remarks(view):
        click.echo(line)
    for each in view.captures:
        click.echo()
        click.echo(clean(f"{each.started.exhibit}  {each.started.scene}"))
        print_tables(each)
        print_clock(each)
        if each.seal is not None:
            click.echo(f"seal     {each.seal.fingerprint}")
