"""`goldenhour convert`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.confined import read_only
from commands.interrupt import terminating_like_ctrl_c
from commands.options import PATH, output_options
from commands.output import clean, print_json
from commands.print_pdf import pdf_beside, print_pdf, show_pdf
from commands.progress import byte_progress
from exports.forms.conversion import FORMS
from exports.forms.conversion import convert as convert_bundle

if TYPE_CHECKING:
    from exports.forms.derived_file import ConvertedFile


@click.command()
@click.argument("bundle", type=PATH, metavar="BUNDLE")
@click.option("--to", "form", type=click.Choice([*FORMS, "pdf"]), required=True, help="The form to write it in.")
@click.option(
    "--output", type=PATH, metavar="PATH", help="The file to write.  [default: beside the bundle, under its name]"
)
@output_options
def convert(bundle: Path, form: str, output: Path | None, as_json: bool, quiet: bool) -> None:
    """Write a bundle (folder or zip) in another form, from its own files alone, after verifying it.

    wacz: for replay in a browser, as ReplayWeb.page does it. warc: every exchange with its body in one file. csv: a
    table for spreadsheets. case-uco: JSON-LD for forensic tools. pdf: the report, for paper. The bundle stays as it is,
    and alone carries the seal.

    \b
    goldenhour convert OP-ALDER_MP-1.zip --to wacz
    goldenhour convert OP-ALDER_MP-1 --to csv --output items.csv
    """
    if form == "pdf":
        _print(bundle, output, as_json=as_json, quiet=quiet)
        return
    read_only(bundle, output=output or bundle)
    with terminating_like_ctrl_c(), byte_progress(f"converting {bundle}", quiet=quiet) as progress:
        written = convert_bundle(bundle, form, output, progress=progress)
    if as_json:
        print_json(derived_json(form, written))
    else:
        print_derived(derived_json(form, written))


def _print(bundle: Path, output: Path | None, *, as_json: bool, quiet: bool) -> None:
    """Print the report; a large one comes in parts."""
    printed = print_pdf(bundle, output or pdf_beside(bundle.absolute()), quiet=quiet)
    if not as_json:
        show_pdf(printed)
        return
    for part in printed:
        print_json({"form": "pdf", **part, "size": None})


def derived_json(form: str, written: ConvertedFile) -> dict[str, Any]:
    """Return what is to be said of a file that was derived from a bundle."""
    return {"form": form, "path": str(written.path), "size": written.size, "sha256": written.sha256}


def print_derived(derived: dict[str, Any]) -> None:
    """Print the same for people."""
    click.echo(clean(f"{derived['form']:<8} {derived['path']}"))
    click.echo(f"         sha256:{derived['sha256']}")
