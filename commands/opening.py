"""What a command opens before it does its work: the officer's key, and the case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from commands.output import clean

if TYPE_CHECKING:
    from pathlib import Path

    from hashing.case.case import Case
    from hashing.ledger.keys import SigningKey


def signing_key(path: Path | None) -> SigningKey:
    """Load the key that signs; make the user's own on first use, and say so."""
    from hashing.ledger.keys import default_key_path, load_or_create_signing_key, load_signing_key

    if path is not None:
        return load_signing_key(path)
    key, made = load_or_create_signing_key(default_key_path())
    if made:
        click.echo(f"made your signing key: {default_key_path()}", err=True)
        click.echo(f"  its fingerprint, for your notebook: {key.public.fingerprint()}", err=True)
    return key


def officer_name(name: str | None) -> str:
    """Return who does this: as named, or the account's name."""
    import getpass

    return name or getpass.getuser()


def open_case(path: Path, key: SigningKey, officer: str) -> Case:
    """Open a case and finish off what a process that died has left in it."""
    from hashing.case.case import Case

    case = Case.open(path)
    finish_abandoned(case, key, officer)
    return case


def finish_abandoned(case: Case, key: SigningKey, officer: str) -> None:
    """Finish off and seal what a process that died has left in a case, and say so."""
    from hashing.case.batch_folder import BATCHES

    if case.left_tokens():
        from hashing.case.stamping import finish_stamps

        finish_stamps(case, key=key)
    if case.unsealed() or case.unrecorded():
        _finish_captures(case, key, officer)
    if (case.path / BATCHES).is_dir():
        from capture.batch.recovery import finish_batches

        for name in finish_batches(case, key=key):
            click.echo(f"batch {clean(name)} had been interrupted; run it again to go on with it", err=True)


def _finish_captures(case: Case, key: SigningKey, officer: str) -> None:
    from capture.run import recovery

    for recovered in recovery.finish_abandoned(case, key=key, officer=officer):
        click.echo(f"{recovered.exhibit} had been interrupted: finished off and sealed", err=True)
        for line in recovered.found:
            click.echo(f"  {clean(line)}", err=True)
