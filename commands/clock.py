"""The comparison of this computer's clock with a time server, as the commands ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from commands.output import clean

if TYPE_CHECKING:
    from capture.clock import TimeServer
    from capture.recorder.address_guard import AddressGuard
    from hashing.case.case import Case
    from hashing.ledger.keys import SigningKey


def asked_time_server(text: str) -> TimeServer | None:
    """Return the time server that was named, if one was. Raises BadSettings."""
    from capture.clock import parse_time_server

    return parse_time_server(text) if text else None


def record_clock(case: Case, server: TimeServer, key: SigningKey, guard: AddressGuard) -> None:
    """Compare this computer's clock with a server's, record it in the case's ledger, and say it on stderr."""
    from msgspec.structs import replace

    from capture.clock import measure_clock
    from exports.format.clock import measured_phrase

    measured = measure_clock(server, guard)
    case.record(replace(measured, signer=key.public.raw.hex()), key=key)
    click.echo(clean(f"clock    {measured_phrase(measured)}"), err=True)
