"""Checking trusted times, offline: each token must be of its checkpoint, and under the roots given, if any were."""

from __future__ import annotations

from exports.errors import NotCheckable
from exports.format.result import Missing, Timestamp
from exports.verification.check import Check
from hashing.case.capture_folder import CHECKPOINT
from hashing.case.case import token_path
from hashing.case.events import Timestamped
from hashing.times import time_text


def check_timestamp(check: Check, timestamped: Timestamped, checkpoint: str, covers: str) -> None:
    """Check the token that a case's ledger records for the checkpoint at this path."""
    name = token_path(checkpoint)
    check.expect(name, timestamped.token_sha256)
    if not check.is_file(name):
        check.findings.missing.append(Missing(name, f"sha256:{timestamped.token_sha256}"))
        return
    _check_token(check, name, checkpoint, covers, timestamped.token_time)


def check_alone(check: Check) -> None:
    """Check the token of a capture that stands there without its case, whose ledger would vouch for the token."""
    name = token_path(CHECKPOINT)
    if check.is_file(name):
        check.expected.setdefault(name, "")
        _check_token(check, name, CHECKPOINT, "capture", "")


def _check_token(check: Check, name: str, checkpoint: str, covers: str, recorded: str) -> None:
    from hashing.ledger.trusted_time import NotTrusted, TrustedTimeError, read_token

    try:
        token = read_token(check.small(name))
        token.demand_of(check.small(checkpoint) if check.is_file(checkpoint) else b"")
    except (TrustedTimeError, NotCheckable) as error:
        check.problem(name, str(error).removeprefix(f"{name}: "))
        return
    try:
        if check.roots:
            token.demand_root(check.roots)
    except NotTrusted as error:  # it is what was sealed: whether its time can be believed is another question
        check.unchecked(name, str(error))
        return
    time = time_text(token.time)
    if recorded not in {"", time}:
        check.problem(name, f"is of {time}, and the case's ledger says {recorded[:40]}")
    check.findings.timestamps.append(Timestamp(name, time, token.authority, bool(check.roots), covers))
