"""`goldenhour timestamp`."""

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
from commands.timestamps import asked_authorities, print_timestamp
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
def timestamp(
    case: Path,
    authorities: tuple[str, ...],
    ntp: str,
    allow_private: bool,
    allow_networks: tuple[Network, ...],
    key_path: Path | None,
    as_json: bool,
) -> None:
    """Have an authority confirm when seals existed: of every capture and of the case, where none has done so yet.

    Exit code 0: all have a trusted time; 3: some could not be time-stamped; 4: none.

    \b
    goldenhour timestamp OP-ALDER --timestamp https://tsa.example/tsr
    """
    from hashing.case.timestamping import seals_without_timestamp, timestamp_seals

    asked, time_server, key = asked_authorities(authorities), asked_time_server(ntp), signing_key(key_path)
    opened = open_case(case, key)
    if not seals_without_timestamp(opened):
        click.echo(clean(f"{case}: every seal has its trusted time"), err=as_json)
        return
    if not asked:
        raise click.UsageError(
            f"name an authority with --timestamp: goldenhour timestamp {as_typed(case)} --timestamp URL; "
            f'or write timestamp = ["URL"] into {clean(str(user_file()))}'
        )
    # The computer's clock is compared first, and its line stands before those of the tokens: both times can then be
    # judged.
    if time_server is not None:
        from capture.recorder.address_guard import AddressGuard

        record_clock(opened, time_server, key, AddressGuard(allow_private, allow_networks))
    timestamp_outcomes = []
    for outcome in timestamp_seals(opened, asked, key=key):
        timestamp_outcomes.append(outcome)
        if as_json:
            print_json(outcome.to_json())
        else:
            print_timestamp(outcome)
    got = [outcome for outcome in timestamp_outcomes if outcome.timestamped is not None]
    sys.exit(Exit.OK if len(got) == len(timestamp_outcomes) else Exit.IN_PART if got else Exit.NOTHING)
