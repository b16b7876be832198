"""`goldenhour paper`."""

from __future__ import annotations

from pathlib import Path

import click

from commands.confined import read_only
from commands.interrupt import terminating_like_ctrl_c
from commands.options import PATH, output_options
from commands.output import clean, print_json
from commands.progress import byte_progress


@click.command()
@click.argument("bundle", type=PATH, metavar="BUNDLE")
@click.option(
    "--form", type=click.Choice(["statement", "certificate", "schedule"]), required=True, help="What to draft."
)
@click.option(
    "--format", "layout", type=click.Choice(["odt", "pdf"]), default="odt", show_default=True, help="Its file."
)
@click.option("--witness", default="", metavar="NAME", help="Whose statement, where several officers captured.")
@click.option(
    "--start-at",
    type=click.IntRange(1, 9_999_999),
    default=1,
    show_default=True,
    metavar="N",
    help="Of a schedule: the number of its first item.",
)
@click.option(
    "--output", "-o", type=PATH, metavar="FILE", help="The file to write.  [default: beside the bundle, under its name]"
)
@output_options
def paper(
    bundle: Path, form: str, layout: str, witness: str, start_at: int, output: Path | None, as_json: bool, quiet: bool
) -> None:
    """Draft a paper for a court from a bundle (folder or zip), after verifying it; a person corrects and signs it.

    statement: produces the exhibits (CJA 1967 s. 9). certificate: process, tool and hashes (US FRE 902(13), (14)).
    schedule: each item, numbered (CPIA, MG6C). What the ledgers do not know stays a marked blank.

    \b
    goldenhour paper OP-ALDER_MP-1.zip --form statement -o statement.odt
    goldenhour paper OP-ALDER_MP-1 --form schedule --start-at 58 --format pdf
    """
    from exports.papers import PaperOptions, draft_paper

    if layout != "pdf":  # what prints reads fonts from wherever they are
        read_only(bundle, output=output or bundle)
    # Verified and drafted in one go: a paper that says "it matches" is made of bytes that were just compared.
    options = PaperOptions(form=form, layout=layout, witness=witness, start_at=start_at)
    with terminating_like_ctrl_c(), byte_progress(f"verifying {bundle}", quiet=quiet) as progress:
        written = draft_paper(bundle, options, output, progress=progress)
    if as_json:
        following = {"next": written.following} if written.following else {}
        print_json(
            {"form": form, "path": str(written.path), "size": written.size, "sha256": written.sha256, **following}
        )
        return
    click.echo(clean(f"paper    {written.path}"))
    click.echo(f"         sha256:{written.sha256}")
    click.echo("next     it is a draft: fill in or strike out what stands in […… brackets ……], correct it and sign it")
    if written.following:
        click.echo(f"         the next schedule begins with --start-at {written.following}")
