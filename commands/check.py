"""`goldenhour check`."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.confined import read_only
from commands.officer import officer_name
from commands.opening import open_own_case, signing_key
from commands.options import FILE, FOLDER, PATH, output_options, signing_options
from commands.output import clean, counted, print_json, print_styled
from commands.progress import part_progress
from commands.settings import setting

if TYPE_CHECKING:
    from intelligence.checks import CheckFinding

_MOST = 500  # Findings of a kind that are printed for people: as many as --keep records.


@click.command()
@click.argument("path", type=PATH, metavar="CASE|BUNDLE")
@setting(
    "--trust-list",
    type=FILE,
    metavar="FILE",
    help="Certificates (PEM) of whom to trust to sign content credentials, such as the C2PA's list.",
)
@click.option(
    "--read-text",
    "languages",
    default="",
    metavar="LANGUAGES",
    help="Read text in photos by tesseract, such as eng+pol.",
)
@setting("--speech-engine", default="pocketsphinx", show_default=True, metavar="NAME", help="What listens to speech.")
@setting(
    "--speech-model", type=FOLDER, metavar="DIR", help="Listen to recordings and videos, by this model of the engine."
)
@click.option("--keep", is_flag=True, help="Keep the findings in the case's ledger, for bundles and reports.")
@signing_options
@output_options
def check(
    path: Path,
    trust_list: Path | None,
    languages: str,
    speech_engine: str,
    speech_model: Path | None,
    keep: bool,
    officer: str | None,
    key_path: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Find facts that speak for or against what is claimed: copies, times, versions, cameras. Never a verdict.

    Photos and videos that show the same picture are found over the whole case, however they were resized or encoded,
    and the one that claims to be the earliest stands first: the photo of tonight's fire that was posted two years ago.
    A bundle is verified first; a case is read as its ledgers stand. What is recorded stays, a later run beside it.

    With --read-text and --speech-model what programs read in photos and hear in recordings is told with the program and
    the digest of its model; with --keep, show --find and the report's filter find it.

    \b
    goldenhour check OP-ALDER
    goldenhour check OP-ALDER --keep --read-text eng
    goldenhour check OP-ALDER_MP-1.zip --json
    """
    from exports.format.kept import SpooledList
    from intelligence.checks import CheckFinding, check_material, material_of
    from intelligence.checks.keyframes import find_ffmpeg
    from intelligence.checks.picture_text import find_tesseract
    from intelligence.checks.record import record_findings
    from intelligence.checks.speech import find_engine
    from intelligence.checks.trust_list import read_trust_list
    from intelligence.checks.words import word_findings

    # 1. Programs, models and lists are found first: what is mistyped is told before minutes of work.
    trust = read_trust_list(trust_list) if trust_list is not None else None
    tesseract = find_tesseract(languages) if languages else None
    engine = find_engine(speech_engine, speech_model) if speech_model is not None else None
    recorded = None
    # 2. Either the ledger is written, by a process that holds the key; or everything is given up but what is read.
    if keep:
        who, key = officer_name(officer), signing_key(key_path)
        recorded = partial(record_findings, open_own_case(path, key), key=key, officer=who)
    else:
        models = (tesseract.models if tesseract else None, engine.model if engine else None)
        programs = filter(None, (find_ffmpeg(), tesseract.program if tesseract else ""))
        read_only(path, *models, pictures=True, programs=list(programs))
    # 3. Compare; then words, which rest on other programs and are no comparison.
    with material_of(path) as material:
        with part_progress("comparing photos", quiet=quiet) as progress:
            done = progress or (lambda _done, _of: None)
            found: SpooledList[CheckFinding] = SpooledList(CheckFinding)
            for finding in check_material(material, trust=trust, done=done):
                found.append(finding)
        if tesseract is not None or engine is not None:
            with part_progress("looking for words", quiet=quiet) as progress:
                done = progress or (lambda _done, _of: None)
                for finding in word_findings(material.items, tesseract, engine, done):
                    found.append(finding)
        items = len(material.items)
    # 4. Recorded before it is shown: what was shown should be what is on record.
    if recorded is not None:
        click.echo(clean(f"recorded {counted(recorded(found, items), 'finding')} in the ledger of {path}"), err=True)
    if as_json:
        for finding in found:
            print_json(finding.to_json())
        return
    _print_found(found)
    summary = f"{counted(items, 'item')} of the {material.what} compared, {counted(len(found), 'finding')}"
    click.echo(clean(f"{summary}: facts and claims, and no verdict"))


def _print_found(found: Sequence[CheckFinding]) -> None:
    """Print findings below the headings of their kinds, each with the items that it rests on."""
    from exports.format.kept import Picked
    from intelligence.checks.finding import KINDS

    for kind, heading in KINDS.items():
        told = Picked(found, array("I", (number for number, finding in enumerate(found) if finding.kind == kind)))
        if told:
            print_styled(heading, "bold")
        for finding in told[:_MOST]:
            click.echo(clean(f"  {finding.says}"))
            for ref, known in finding.rests_on:
                for number, line in enumerate(known.splitlines() or [""]):
                    click.echo(clean(f"    {'' if number else ref:<{len(ref)}}  {line}".rstrip()))
        if len(told) > _MOST:
            click.echo(clean(f"  and {len(told) - _MOST:,} more: --json tells all"))
