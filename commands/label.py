"""`goldenhour label`."""

from __future__ import annotations

from pathlib import Path

import click

from commands.completing import complete_exhibits
from commands.confined import read_only
from commands.opening import tell_unsigned
from commands.options import PATH, existing_case
from commands.output import clean


@click.command()
@existing_case
@click.argument("ref", metavar="MP/1", shell_complete=complete_exhibits)
@click.option("--output", type=PATH, metavar="FILE", help="Where to.  [default: stdout, for text]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "png", "pdf"]),
    help="How the label is made.  [default: by FILE's ending, or text]",
)
def label(case: Path, ref: str, output: Path | None, form: str | None) -> None:
    """Make the continuity label of an exhibit or an item: what it is, its seal, and lines to sign at each hand-over.

    \b
    goldenhour label OP-ALDER MP/1
    goldenhour label OP-ALDER MP/1 --output MP-1.pdf     (A5, with a QR code)
    """
    from exports.custody.label import label as make_label
    from exports.custody.label import label_file, label_text
    from exports.format.outside import demand_outside
    from hashing.case.case import Case
    from hashing.files.storage import write_exclusively

    ending = output.suffix.lower().removeprefix(".") if output else ""
    form = form or (ending if ending in {"png", "pdf"} else "text")
    if form != "text" and output is None:
        raise click.UsageError(f"--format {form}: name a file with --output")
    # Rights are given up before the case is read, all but writing the one file that was asked for.
    read_only(case, output=output)
    opened = Case.open(case)
    tell_unsigned(opened)
    made = make_label(opened, ref)
    if output is None:
        click.echo(label_text(made), nl=False)
        return
    demand_outside(output, case)
    write_exclusively(output, label_text(made).encode() if form == "text" else label_file(made, form))
    click.echo(clean(f"label    {output}"))
