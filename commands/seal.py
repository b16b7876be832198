"""`goldenhour seal`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.clock import asked_time_server, record_clock
from commands.exit import Exit
from commands.opening import open_case, signing_key
from commands.options import (
    allow_network_option,
    allow_private_option,
    existing_case,
    json_option,
    ntp_option,
    signing_key_option,
    timestamp_option,
)
from commands.output import clean, print_json
from commands.settings_file import user_file
from commands.stamping import asked_authorities, print_stamping
from hashing.files.as_typed import as_typed

if TYPE_CHECKING:
    from capture.recorder.address_kinds import Network


@click.command()
@existing_case
@timestamp_option
@ntp_option
@allow_private_option
@allow_network_option
@signing_key_option
@json_option
def seal(
    case: Path,
    authorities: tuple[str, ...],
    ntp: str,
    allow_private: bool,
    allow_networks: tuple[Network, ...],
    key_path: Path | None,
    as_json: bool,
) -> None:
    """Have an authority confirm when seals existed: of every capture and of the case, where none has done so yet.

    Exit code 0: all have a trusted time; 3: some could not be stamped; 4: none.

    \b
    goldenhour seal OP-ALDER --timestamp https://tsa.example/tsr
    """
    from hashing.case.stamping import stamp, unstamped

    asked, time_server, key = asked_authorities(authorities), asked_time_server(ntp), signing_key(key_path)
    opened = open_case(case, key)
    if not unstamped(opened):
        click.echo(clean(f"{case}: every seal has its trusted time"), err=as_json)
        return
    if not asked:
        raise click.UsageError(
            f"name an authority with --timestamp: goldenhour seal {as_typed(case)} --timestamp URL; "
            f'or write timestamp = ["URL"] into {clean(str(user_file()))}'
        )
    if time_server is not None:
        from capture.recorder.address_guard import AddressGuard

        record_clock(opened, time_server, key, AddressGuard(allow_private, allow_networks))
    stampings = []
    for stamping in stamp(opened, asked, key=key):
        stampings.append(stamping)
        if as_json:
            print_json(stamping.to_json())
        else:
            print_stamping(stamping)
    got = [stamping for stamping in stampings if stamping.stamped is not None]
    sys.exit(Exit.OK if len(got) == len(stampings) else Exit.IN_PART if got else Exit.NOTHING)
