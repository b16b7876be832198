"""`goldenhour export`."""

from __future__ import annotations

from pathlib import Path

import click

from commands.interrupt import terminating_like_ctrl_c
from commands.opening import officer_name, open_case, signing_key
from commands.options import (
    existing_case,
    json_option,
    officer_option,
    quiet_option,
    reason_option,
    receiver_option,
    signing_key_option,
)
from commands.output import clean, counted, print_json
from commands.progress import byte_progress


@click.command(short_help="Write an evidence bundle, checked before it is called done.")
@existing_case
@click.option("--exhibit", "exhibits", multiple=True, metavar="MP/1", help="Only this exhibit (may be repeated).")
@click.option(
    "--only",
    multiple=True,
    metavar="ITEMS",
    help="Disclose only these items, MP/1-0003,MP/1-0007, each proven to be part of the sealed whole.",
)
@receiver_option
@reason_option
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="PATH", help="The bundle.  [default: named for the case]"
)
@click.option("--zip", "zipped", is_flag=True, help="One zip file instead of a folder.")
@officer_option
@signing_key_option
@json_option
@quiet_option
def export(
    case: Path,
    exhibits: tuple[str, ...],
    only: tuple[str, ...],
    receiver: str,
    reason: str,
    output: Path | None,
    zipped: bool,
    officer: str | None,
    key_path: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write an evidence bundle: a BagIt bag with a manifest, a report and the seal, checked before it is called done.

    \b
    goldenhour export OP-ALDER --zip
    goldenhour export OP-ALDER --exhibit MP/1 --output /media/stick/OP-ALDER_MP-1
    goldenhour export OP-ALDER --only MP/1-0003,MP/1-0007 --to "Ada Cole, defence" --zip
    """
    from exports.bundle import export_bundle
    from exports.bundle.disclosure.request import DisclosureRequest, parse_items

    if only and exhibits:
        raise click.UsageError("--only names single items, --exhibit whole exhibits: give one of them")
    if not only and (receiver or reason):
        raise click.UsageError("--to and --reason go with --only; of whole exhibits, `custody add` records them")
    request = DisclosureRequest(items=parse_items(only), receiver=receiver, reason=reason) if only else None
    key, officer = signing_key(key_path), officer_name(officer)
    opened = open_case(case, key, officer)
    with terminating_like_ctrl_c(), byte_progress(f"exporting {case}", quiet=quiet) as progress:
        bundle = export_bundle(
            opened,
            key=key,
            officer=officer,
            output=output,
            exhibits=exhibits,
            only=request,
            zipped=zipped,
            progress=progress,
        )
    for leftover in bundle.cleared:
        click.echo(clean(f"removed what a killed export had left: {bundle.path.with_name(leftover)}"), err=True)
    if as_json:
        print_json(bundle.to_json())
        return
    click.echo(clean(f"bundle   {bundle.path}"))
    counts = f"{counted(bundle.items, 'item')} of {counted(len(bundle.captures), 'capture')}"
    click.echo(f"         {counts}, read back and checked")
    if bundle.only:
        click.echo(f"withheld {counted(bundle.withheld, 'item')} of the same captures")
    click.echo(f"seal     {bundle.fingerprint}")
    for sentence in bundle.remarks:
        click.echo(f"note     {clean(sentence)}")
    for sentence in bundle.left_out:
        click.echo(f"left out {clean(sentence)}")
