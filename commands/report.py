"""`goldenhour report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.confined import read_only
from commands.interrupt import terminating_like_ctrl_c
from commands.opening import opened_basemap
from commands.options import PATH, basemap_option, output_options
from commands.output import clean, print_json
from commands.print_pdf import print_pdf, show_pdf
from commands.progress import byte_progress

if TYPE_CHECKING:
    from exports.report.basemap import BaseMap


@click.command()
@click.argument("bundle", type=PATH, metavar="BUNDLE")
@click.option("--output", type=PATH, metavar="DIR", help="A new folder for the pages.  [default: by name]")
@click.option("--pdf", type=PATH, metavar="FILE", help="Print it as PDF, in parts if it is large.")
@click.option("--intelligence", is_flag=True, help="The graded items alone, as an intelligence report (3x5x2, 5x5x5).")
@basemap_option
@output_options
def report(
    bundle: Path,
    output: Path | None,
    pdf: Path | None,
    intelligence: bool,
    basemap_path: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Make the report of a bundle anew: the same pages as at the export, or a PDF.

    The bundle is verified and never changed. With --pdf alone no pages are made.
    A PDF takes the extra `pdf`. With --intelligence, --output names one page.

    \b
    goldenhour report OP-ALDER_MP-1.zip --output report-for-court
    goldenhour report OP-ALDER_MP-1 --pdf OP-ALDER_MP-1.pdf
    goldenhour report OP-ALDER_MP-1 --basemap county.mbtiles
    goldenhour report OP-ALDER_MP-1.zip --intelligence --pdf MP-1.pdf
    """
    if intelligence:
        _intelligence(bundle, output, pdf, as_json=as_json, quiet=quiet)
        return
    # Pages, unless a PDF alone is asked for; each of the two verifies the bundle for itself.
    folder = output or _named_after(bundle, "-report")
    if pdf is None:  # what prints reads fonts from wherever they are
        read_only(bundle, basemap_path, output=folder, pictures=True)
    with opened_basemap(basemap_path) as basemap:
        made = _pages(bundle, folder, basemap, quiet=quiet) if output is not None or pdf is None else None
        printed = print_pdf(bundle, pdf, quiet=quiet, basemap=basemap) if pdf is not None else []
    if as_json:
        print_json({"path": str(made) if made else None, "pdf": printed})
        return
    if made is not None:
        click.echo(clean(f"report   {made}"))
    show_pdf(printed)


def _named_after(bundle: Path, ending: str) -> Path:
    from hashing.files.real_path import real_path

    return Path(f"{real_path(bundle).name.removesuffix('.zip')}{ending}")


def _intelligence(bundle: Path, output: Path | None, pdf: Path | None, *, as_json: bool, quiet: bool) -> None:
    """Write the intelligence report as a page, unless a PDF alone is asked for."""
    from intelligence.grading.form import write_intelligence_report

    # A page is the default, and one is not made beside a PDF that was asked for alone.
    if output is None and pdf is None:
        output = _named_after(bundle, "-intelligence.html")
    if pdf is None:  # what prints reads fonts from wherever they are
        read_only(bundle, output=output or bundle)
    with terminating_like_ctrl_c(), byte_progress(f"verifying {bundle}", quiet=quiet) as progress:
        written = write_intelligence_report(bundle, output, pdf, progress)
    printed = [{"path": str(each.path), "sha256": each.sha256} for each in written if each.path == pdf]
    if as_json:
        print_json({"path": str(output) if output else None, "pdf": printed})
        return
    if output is not None:
        click.echo(clean(f"report   {output}"))
    show_pdf(printed)


def _pages(bundle: Path, folder: Path, basemap: BaseMap | None, *, quiet: bool) -> Path:
    from exports.forms.held_bundle import write_report

    with terminating_like_ctrl_c(), byte_progress(f"verifying {bundle}", quiet=quiet) as progress:
        return write_report(bundle, folder, progress, basemap)
