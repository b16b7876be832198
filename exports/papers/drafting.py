"""Drafting a paper: which forms there are, how they are laid out, and the file that is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from exports.bundle import beside_bundle
from exports.errors import TooMuch
from exports.format.outside import demand_outside
from exports.forms.derived_file import write_derived
from exports.forms.pdf import demand_printer
from exports.papers.certificate import certificate
from exports.papers.odt import demand_writer, odt
from exports.papers.paper import Paper, PaperTable
from exports.papers.printing import print_paper
from exports.papers.schedule import schedule
from exports.papers.source import PaperSource, paper_source
from exports.papers.statement import statement
from hashing.files.storage import OWNER_WRITES
from hashing.times import Clock, system_clock

FORMS = ("statement", "certificate", "schedule")

# Rows of tables that are laid out at once: memory has a bound (a row takes 20 kB as ODT, and 100 kB as PDF).
_MOST_ROWS = {"odt": 50_000, "pdf": 5_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperOptions:
    """What is asked for: a form, how it is laid out, whose statement it is, and the first number of a schedule."""

    form: str
    layout: str = "odt"
    witness: str = ""
    start_at: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedPaper:
    """A paper that was written; `following` is the number at which the next schedule begins, 0 of other forms."""

    path: Path
    size: int
    sha256: str
    following: int = 0


def draft_paper(
    bundle: Path,
    options: PaperOptions,
    output: Path | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
    clock: Clock = system_clock,
) -> DraftedPaper:
    """Verify a bundle, folder or zip, and draft a paper from it: beside it, unless `output` names another place.

    `progress` is told bytes verified. Raises NotWhole where the bundle does not match, NotCheckable, TooMuch where it
    lists more than one paper holds, ExportError, WouldOverwrite, StorageFull, Unwritable.
    """
    path = output or beside_bundle(bundle.absolute(), f"-{options.form}.{options.layout}")
    # What can be refused at once is, before the bundle is verified, which can take an hour.
    (demand_writer if options.layout == "odt" else demand_printer)()
    demand_outside(path, bundle)
    with paper_source(bundle, clock(), progress) as source:
        paper, following = _drafted(source, options)
        _demand_bounded(bundle, paper, options)
        data = odt(paper, clock()) if options.layout == "odt" else print_paper(paper)
    written = write_derived(path, [data])
    path.chmod(OWNER_WRITES)  # it is a draft, to be corrected
    return DraftedPaper(path=written.path, size=written.size, sha256=written.sha256, following=following)


def _drafted(source: PaperSource, options: PaperOptions) -> tuple[Paper, int]:
    if options.form == "schedule":
        return schedule(source, options.start_at)
    if options.form == "certificate":
        return certificate(source), 0
    return statement(source, options.witness), 0


def _demand_bounded(bundle: Path, paper: Paper, options: PaperOptions) -> None:
    rows = sum(len(block.rows) if isinstance(block, PaperTable) else 1 for block in paper.blocks)
    most = _MOST_ROWS[options.layout]
    if rows > most:
        raise TooMuch(
            f"{bundle}: {rows:,} rows, and a paper as {options.layout.upper()} holds {most:,}",
            hint="make bundles of fewer exhibits, and go on numbering with --start-at"
            if options.layout == "odt"
            else "take --format odt, or make bundles of fewer exhibits",
        )
