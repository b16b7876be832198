"""`goldenhour exhibit`."""

from __future__ import annotations

from pathlib import Path

import click

from commands.completing import complete_exhibits
from commands.confined import read_only
from commands.officer import officer_name
from commands.opening import open_own_case, signing_key, tell_unsigned
from commands.options import existing_case, json_option, moment_option, signing_options
from commands.output import print_json, print_things


@click.command()
@existing_case
@click.argument("ref", required=False, default="", metavar="[MP/1]", shell_complete=complete_exhibits)
@click.option("--describe", metavar="TEXT", help="Add a description; earlier ones stay.")
@click.option("--place", default="", metavar="TEXT", help="Where it was seized.")
@click.option("--time", "at", default="", metavar="WHEN", help="When it was seized, as you state it.")
@signing_options
@json_option
def exhibit(
    case: Path,
    ref: str,
    describe: str | None,
    place: str,
    at: str,
    officer: str | None,
    key_path: Path | None,
    as_json: bool,
) -> None:
    """List the exhibits of a case, or describe one of them or one of its items.

    \b
    goldenhour exhibit OP-ALDER MP/1 --describe "posts of the fire"
    goldenhour exhibit OP-ALDER
    """
    from commands.display.tables import exhibit_to_json, exhibits_table
    from exports.format.continuity import exhibits_of, items_at_hand
    from hashing.case.case import Case
    from hashing.case.custody import record_description

    if describe is None and (place or at):
        raise click.UsageError("--place and --time belong to a description: add --describe")
    if describe is not None:
        if not ref:
            raise click.UsageError("name the exhibit or the item that is described")
        key, officer, moment = signing_key(key_path), officer_name(officer), moment_option(at, "--time")
        opened = open_own_case(case, key)
        record_description(opened, ref, describe, key=key, officer=officer, place=place, at=moment)
    # The list is made by a process that can no longer write or sign: descriptions are texts of others.
    read_only(case)
    opened = Case.open(case)
    tell_unsigned(opened)
    listed = exhibits_of(opened, ref)
    items = items_at_hand(opened, listed)
    if as_json:
        for each in listed:
            print_json(exhibit_to_json(each, items.get(each.ref)))
        return
    print_things(exhibits_table(listed, items))
