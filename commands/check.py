"""`goldenhour check`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from commands.confined import read_only
from commands.officer import officer_name
from commands.opening import open_own_case, signing_key
from commands.options import json_option, officer_option, quiet_option, signing_key_option
from commands.output import clean, counted, print_json, print_styled
from commands.progress import part_progress


@click.command()
@click.argument("path", type=click.Path(path_type=Path), metavar="CASE|BUNDLE")
@click.option("--keep", is_flag=True, help="Keep the findings in the case's ledger, for bundles and reports.")
@officer_option
@signing_key_option
@json_option
@quiet_option
def check(path: Path, keep: bool, officer: str | None, key_path: Path | None, as_json: bool, quiet: bool) -> None:
    """Find facts that speak for or against what is claimed: copies, times, versions, cameras. Never a verdict.

    Photos that show the same picture are found over the whole case, however they were resized or encoded, and the one
    that claims to be the earliest stands first: the photo of tonight's fire that was posted two years ago. A bundle is
    verified first; a case is read as its ledgers stand. What is recorded stays; a later run stands beside it.

    \b
    goldenhour check OP-ALDER
    goldenhour check OP-ALDER --keep
    goldenhour check OP-ALDER_MP-1.zip --json
    """
    from intelligence.checks import check_material, material_of
    from intelligence.checks.finding import KINDS
    from intelligence.checks.record import record_findings

    recorded = None
    if keep:
        who, key = officer_name(officer), signing_key(key_path)
        recorded = partial(record_findings, open_own_case(path, key), key=key, officer=who)
    else:
        read_only(path, pictures=True)
    with material_of(path) as material:
        with part_progress("comparing photos", quiet=quiet) as progress:
            found = list(check_material(material, done=progress or (lambda _done, _of: None)))
        items = len(material.items)
    if recorded is not None:
        click.echo(clean(f"recorded {counted(recorded(found, items), 'finding')} in the ledger of {path}"), err=True)
    if as_json:
        for finding in found:
            print_json(finding.to_json())
        return
    for kind, heading in KINDS.items():
        told = [finding for finding in found if finding.kind == kind]
        if told:
            print_styled(heading, "bold")
        for finding in told:
            click.echo(clean(f"  {finding.says}"))
            for ref, known in finding.rests_on:
                click.echo(clean(f"    {ref}  {known}".rstrip()))
    said = f"{counted(items, 'item')} of the {material.what} compared, {counted(len(found), 'finding')}"
    click.echo(clean(f"{said}: facts and claims, and no verdict"))
