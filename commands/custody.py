"""`goldenhour custody add` and `show`."""

from __future__ import annotations

from pathlib import Path

import click

from commands.completing import complete_exhibits, complete_words
from commands.confined import read_only
from commands.officer import officer_name
from commands.opening import open_own_case, signing_key, tell_unsigned
from commands.options import (
    PATH,
    at_option,
    existing_case,
    json_option,
    moment_option,
    reason_option,
    receiver_option,
    signing_options,
)
from commands.output import clean, print_json
from commands.subcommands import Subcommands


@click.group(cls=Subcommands)
def custody() -> None:
    """Record what is done with an exhibit, or show its continuity log. Nothing in the log is ever removed.

    \b
    goldenhour custody add OP-ALDER MP/1 --event opened --reason "for court"
    goldenhour custody show OP-ALDER MP/1
    """


def _events() -> tuple[str, ...]:
    from hashing.case.custody import ACTIONS

    return ACTIONS


@custody.command(name="add")
@existing_case
@click.argument("refs", nargs=-1, metavar="[MP/1 | MP/1-0003]...", shell_complete=complete_exhibits)
@click.option(
    "--event",
    "action",
    default="",
    metavar="EVENT",
    shell_complete=complete_words(_events),
    help="What was done: seized, sealed, handed-over, received, …; see above.",
)
@click.option("--from", "giver", default="", metavar="NAME", help="Who gave it away.")
@receiver_option
@reason_option
@click.option("--place", default="", metavar="TEXT", help="Where it was done.")
@at_option
@click.option("--receipt", type=PATH, metavar="FILE", help="What `verify --receipt` wrote elsewhere.")
@signing_options
def custody_add(
    case: Path,
    refs: tuple[str, ...],
    receipt: Path | None,
    officer: str | None,
    key_path: Path | None,
    at: str,
    action: str,
    giver: str,
    receiver: str,
    reason: str,
    place: str,
) -> None:
    """Record a custody event of exhibits or items, in the case's own signed ledger.

    \b
    Events: seized, sealed, handed-over, received, opened, copied, verified,
            disclosed, disposed
    goldenhour custody add OP-ALDER MP/1 --event received --from "Mary Price"
    goldenhour custody add OP-ALDER --receipt verified-by-hill.receipt
    """
    from exports.custody.receipt import record_receipt
    from hashing.case.custody import VERIFIED, Handling, record_custody
    from hashing.errors import BadFormat
    from hashing.files.storage import read_named
    from hashing.ledger.note import LARGEST_NOTE

    # A receipt is signed by whoever verified, and nothing that is typed beside it may say otherwise.
    if receipt is not None and (action not in {"", VERIFIED} or at or giver or receiver):
        raise click.UsageError("--receipt says itself what was done, when and by whom: leave out --event, --at …")
    if receipt is None and not (refs and action):
        raise click.UsageError("name an exhibit and an --event, or a --receipt")
    officer, moment = officer_name(officer), moment_option(at, "--at")
    key = signing_key(key_path)
    opened = open_own_case(case, key)
    if receipt is not None:
        data = read_named(receipt, LARGEST_NOTE)
        try:
            events = record_receipt(opened, data, refs, key=key, officer=officer, place=place, reason=reason)
        except BadFormat as error:
            raise BadFormat(
                f"{receipt}: {error}", hint=error.hint or "name the file that goldenhour verify --receipt wrote"
            ) from error
    else:
        handling = Handling(action=action, giver=giver, receiver=receiver, reason=reason, place=place, at=moment)
        events = record_custody(opened, refs, handling, key=key, officer=officer)
    for event in events:
        by = f" by {event.receipt.officer}" if event.receipt else ""
        click.echo(clean(f"{event.ref}  {event.action}{by}, {event.at or event.time}, recorded by {event.officer}"))


@custody.command(name="show")
@existing_case
@click.argument("ref", required=False, default="", metavar="[MP/1]", shell_complete=complete_exhibits)
@json_option
def custody_show(case: Path, ref: str, as_json: bool) -> None:
    """Show the continuity log, in the order in which things were done; what was recorded afterwards says when.

    \b
    goldenhour custody show OP-ALDER MP/1
    """
    from commands.display.tables import custody_lines, custody_to_json
    from exports.format.continuity import exhibits_of
    from hashing.case.case import Case

    read_only(case)
    opened = Case.open(case)
    tell_unsigned(opened)
    for exhibit in exhibits_of(opened, ref):
        if as_json:
            print_json(custody_to_json(exhibit, ref or exhibit.ref))
            continue
        for line in custody_lines(exhibit.about(ref or exhibit.ref)):
            click.echo(line)
