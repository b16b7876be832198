"""`goldenhour init`."""

from __future__ import annotations

from pathlib import Path

import click

from commands.officer import officer_name
from commands.opening import signing_key
from commands.options import PATH, signing_options, title_option
from commands.output import clean
from hashing.files.as_typed import as_typed


@click.command()
@click.argument("case", type=PATH, metavar="CASE")
@click.option("--reference", default="", metavar="TEXT", help="The case's reference in your force, as 22/12345.")
@title_option
@signing_options
def init(case: Path, reference: str, title: str, officer: str | None, key_path: Path | None) -> None:
    """Make a case, with the reference and the title that stand in its reports, labels and bundles.

    Captures make a case by themselves; what they make has no reference, and a case's first line is never changed.

    \b
    goldenhour init OP-ALDER --reference 22/12345 --title "Market Street fire"
    """
    from hashing.case.case import CASE_FILE, Case
    from hashing.case.custody import demand_recordable
    from hashing.errors import WouldOverwrite
    from hashing.files import inside

    if case.is_symlink() or (case.exists() and not (case.is_dir() and not any(case.iterdir()))):
        if inside.kind(case / CASE_FILE):
            hint = f"see what is in it with: goldenhour show {as_typed(case)}"
            raise WouldOverwrite(f"{case}: is a case already", hint=hint)
        raise WouldOverwrite(f"{case}: exists already, and is no case", hint="choose another name: the folder is made")
    name = officer_name(officer)
    # Before the folder is made: the case's first line is written once and for all.
    demand_recordable({"--reference": reference, "--title": title, "--officer": name})
    made = Case.open_or_create(case, key=signing_key(key_path), officer=name, title=title, reference=reference)
    if reference:
        click.echo(clean(f"reference  {made.info.reference}"))
    click.echo(clean(f"title      {made.info.title}"))
    click.echo(clean(f"case       {made.path}, made by {made.info.officer}"))
    click.echo(clean(f"next       goldenhour capture https://… --case {as_typed(case)}"))
