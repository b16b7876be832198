"""Trusted times, as the commands that seal get and tell them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from capture.errors import BadSettings
from commands.output import clean, complain
from exports.format.moment import timestamped_after
from hashing.files.as_typed import as_typed

if TYPE_CHECKING:
    from capture.run.run import CaptureResult
    from hashing.case.case import Case
    from hashing.case.timestamping import TimestampOutcome
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


def timestamp_captures(
    case: Case, authorities: Sequence[str], key: SigningKey, results: Sequence[CaptureResult]
) -> list[TimestampOutcome]:
    """Get trusted times for captures; return what became of each seal.

    That one could not be had is said at once, and no fault of the capture.
    """
    if not authorities:
        return []
    from hashing.case.timestamping import timestamp_seals
    from hashing.errors import HashingError

    # What was captured is sealed with or without an authority: its failure is a remark, never the command's.
    timestamp_outcomes: list[TimestampOutcome] = []
    try:
        for outcome in timestamp_seals(case, authorities, key=key, only={result.capture for result in results}):
            timestamp_outcomes.append(outcome)
            if outcome.timestamped is None:
                complain(
                    f"{outcome.what} is sealed but not time-stamped: {outcome.reason}",
                    timestamp_later(case, authorities),
                )
    except HashingError as error:
        complain(f"not time-stamped: {error}", timestamp_later(case, authorities))
    return timestamp_outcomes


def timestamp_later(case: Case, authorities: Sequence[str]) -> str:
    """Say how to get the trusted time later, of the same authorities; one with a login is not for a command line."""
    from capture.recorder.urls import without_login

    named = [f" --timestamp {shlex.quote(each)}" for each in authorities if without_login(each) == each]
    return f"time-stamp it later with: goldenhour timestamp {as_typed(case.path)}{''.join(named)}"


def print_timestamp(outcome: TimestampOutcome) -> None:
    """Print a trusted time that was got, or why there is none."""
    timestamped = outcome.timestamped
    if timestamped is None:
        click.echo(clean(f"not time-stamped  {outcome.what}: {outcome.reason}"))
        return
    said = f"{timestamped.token_time}, by {timestamped.authority}, {timestamped_after(timestamped.late)}"
    click.echo(clean(f"time-stamped  {outcome.what}  {said}"))
