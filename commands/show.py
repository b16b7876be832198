"""`goldenhour show`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from commands.captured import print_clock, print_tables
from commands.opening import finish_abandoned, officer_name, signing_key
from commands.options import existing_case, json_option, officer_option, signing_key_option
from commands.output import clean, print_things


@click.command()
@existing_case
@officer_option
@signing_key_option
@json_option
def show(case: Path, officer: str | None, key_path: Path | None, as_json: bool) -> None:
    """Show what is in a case.

    \b
    goldenhour show OP-ALDER
    """
    from commands.display.tables import case_json, case_remarks, case_table
    from exports.format.case_view import read_case
    from hashing.case.case import Case

    opened = Case.open(case)
    if os.access(case, os.W_OK):
        finish_abandoned(opened, signing_key(key_path), officer_name(officer))
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
