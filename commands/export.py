"""`goldenhour export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.convert import derived_json, print_derived
from commands.interrupt import terminating_like_ctrl_c
from commands.opening import officer_name, open_case, signing_key
from commands.options import existing_case, json_option, officer_option, quiet_option, signing_key_option
from commands.output import clean, counted, print_json
from commands.progress import byte_progress

if TYPE_CHECKING:
    from exports.bundle import Bundle


@click.command(short_help="Write an evidence bundle, checked before it is called done.")
@existing_case
@click.option("--exhibit", "exhibits", multiple=True, metavar="MP/1", help="Only this exhibit (may be repeated).")
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="PATH", help="The bundle.  [default: named for the case]"
)
@click.option("--zip", "zipped", is_flag=True, help="One zip file instead of a folder.")
@click.option("--wacz", is_flag=True, help="Beside the bundle, its exchanges as a WACZ for replay.")
@click.option("--csv", is_flag=True, help="Beside the bundle, its items as a table for spreadsheets.")
@click.option("--case-uco", is_flag=True, help="Beside the bundle, all of it in CASE/UCO for forensic tools.")
@officer_option
@signing_key_option
@json_option
@quiet_option
def export(
    case: Path,
    exhibits: tuple[str, ...],
    output: Path | None,
    zipped: bool,
    wacz: bool,
    csv: bool,
    case_uco: bool,
    officer: str | None,
    key_path: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write an evidence bundle: a BagIt bag with a manifest, a report and the seal, checked before it is called done.

    \b
    goldenhour export OP-ALDER --zip
    goldenhour export OP-ALDER --exhibit MP/1 --output /media/stick/OP-ALDER_MP-1
    goldenhour export OP-ALDER --zip --wacz --csv     (as goldenhour convert does of any bundle)
    """
    from exports.bundle import export_bundle
    from exports.conversion import FORMS, convert

    key, officer = signing_key(key_path), officer_name(officer)
    opened = open_case(case, key, officer)
    forms = [form for form, asked in (("wacz", wacz), ("csv", csv), ("case-uco", case_uco)) if asked]
    with terminating_like_ctrl_c(), byte_progress(f"exporting {case}", quiet=quiet) as progress:
        bundle = export_bundle(
            opened,
            key=key,
            officer=officer,
            output=output,
            exhibits=exhibits,
            zipped=zipped,
            beside=[FORMS[form].ending for form in forms],
            progress=progress,
        )
    for leftover in bundle.cleared:
        click.echo(clean(f"removed what a killed export had left: {bundle.path.with_name(leftover)}"), err=True)
    if not as_json:
        _print_bundle(bundle)
    derived = []
    try:
        for form in forms:
            with terminating_like_ctrl_c():
                derived.append(derived_json(form, convert(bundle.path, form, verified=True)))
            if not as_json:
                print_derived(derived[-1])
    finally:  # the bundle is made, whatever becomes of its other forms
        if as_json:
            print_json({**bundle.to_json(), "derived": derived})


def _print_bundle(bundle: Bundle) -> None:
    click.echo(clean(f"bundle   {bundle.path}"))
    counts = f"{counted(bundle.items, 'item')} of {counted(len(bundle.captures), 'capture')}"
    click.echo(f"         {counts}, read back and checked")
    click.echo(f"seal     {bundle.fingerprint}")
    for sentence in bundle.left_out:
        click.echo(f"left out {clean(sentence)}")
