"""Trusted times, as the commands that seal get and tell them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from capture.errors import BadSettings
from commands.output import clean, complain
from exports.format.moment import stamped_after
from hashing.files.as_typed import as_typed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from capture.run.run import CaptureResult
    from hashing.case.case import Case
    from hashing.case.stamping import Stamping
    from hashing.ledger.keys import SigningKey


def asked_authorities(urls: Sequence[str]) -> tuple[str, ...]:
    """Return the time-stamping authorities that were named. Raises BadSettings for what is no address."""
    return tuple(map(checked_authority, urls))


def checked_authority(url: str) -> str:
    """Return the address of an authority. Raises BadSettings for what is none, which does not show a login in it."""
    from capture.recorder.urls import without_login
    from hashing.ledger.trusted_time.authority import is_authority

    if not is_authority(url):
        raise BadSettings(f"--timestamp {without_login(url)}: not an http or https address")
    return url


def stamp_captures(
    case: Case, authorities: Sequence[str], key: SigningKey, results: Sequence[CaptureResult]
) -> list[Stamping]:
    """Get trusted times for captures; return what became of each seal.

    That one could not be had is said at once, and no fault of the capture.
    """
    if not authorities:
        return []
    from hashing.case.stamping import stamp
    from hashing.errors import HashingError

    stampings: list[Stamping] = []
    try:
        for stamping in stamp(case, authorities, key=key, only={result.capture for result in results}):
            stampings.append(stamping)
            if stamping.stamped is None:
                complain(
                    f"{stamping.what} is sealed but not stamped: {stamping.reason}", stamp_later(case, authorities)
                )
    except HashingError as error:
        complain(f"not stamped: {error}", stamp_later(case, authorities))
    return stampings


def stamp_later(case: Case, authorities: Sequence[str]) -> str:
    """Say how to get the trusted time later, of the same authorities; one with a login is not for a command line."""
    from capture.recorder.urls import without_login

    named = [f" --timestamp {shlex.quote(each)}" for each in authorities if without_login(each) == each]
    return f"stamp it later with: goldenhour seal {as_typed(case.path)}{''.join(named)}"


def print_stamping(stamping: Stamping) -> None:
    """Print a trusted time that was got, or why there is none."""
    stamped = stamping.stamped
    if stamped is None:
        click.echo(clean(f"not stamped  {stamping.what}: {stamping.reason}"))
        return
    said = f"{stamped.token_time}, by {stamped.authority}, {stamped_after(stamped.late)}"
    click.echo(clean(f"stamped  {stamping.what}  {said}"))
