"""Printing a bundle's report as PDF: what `report` and `export` have in common."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.interrupt import terminating_like_ctrl_c
from commands.output import clean
from commands.progress import part_progress

if TYPE_CHECKING:
    from exports.report.basemap import BaseMap


def pdf_beside(bundle: Path) -> Path:
    """Return the name of the PDF that stands beside a bundle."""
    return bundle.with_name(f"{bundle.name.removesuffix('.zip')}.pdf")


def print_pdf(
    bundle: Path, path: Path, *, quiet: bool, verified: bool = False, basemap: BaseMap | None = None
) -> list[dict[str, str]]:
    """Print the report of a bundle, which `verified` says was verified just now; return each file with its SHA-256."""
    from exports.forms.pdf import write_pdf

    with terminating_like_ctrl_c(), part_progress(f"printing {bundle}", quiet=quiet) as progress:
        parts = write_pdf(bundle, path, progress, verified=verified, basemap=basemap)
    return [{"path": str(part.path), "sha256": part.sha256} for part in parts]


def show_pdf(printed: list[dict[str, str]]) -> None:
    """Show what was printed."""
    for part in printed:
        click.echo(clean(f"pdf      {part['path']}"))
        click.echo(f"         sha256:{part['sha256']}")
