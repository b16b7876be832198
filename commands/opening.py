"""What a command opens before it does its work: the officer's key, and the case."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.output import clean, complain
from hashing.files.as_typed import as_typed

if TYPE_CHECKING:
    from exports.report.basemap import BaseMap
    from hashing.case.case import Case, Left
    from hashing.ledger.keys import SigningKey


_MOST_KEYS = 5  # Keys of others that are told.
PASSPHRASE_FILE = "GOLDENHOUR_PASSPHRASE_FILE"  # noqa: S105 - the name of a variable
"""The environment variable that names a file with the key's passphrase, for scripts."""


def opened_basemap(path: Path | None) -> AbstractContextManager[BaseMap | None]:
    """Open the base map that was named; None where none was. Entering raises BadBaseMap."""
    if path is None:
        return nullcontext()
    from exports.report.basemap import open_base_map

    return open_base_map(path)


def signing_key(path: Path | None) -> SigningKey:
    """Load the key that signs; make the user's own on first use, and say so. Raises BadKey for one that is retired."""
    from hashing.case.retirement import retirement_of
    from hashing.errors import BadKey

    key = officers_key(path)
    if (retired := retirement_of(key.public)) is not None:
        raise BadKey(
            f"the key {key.public.fingerprint()} was retired on {retired.time}, and signs nothing any more",
            hint="make a new one with: goldenhour key new",
        )
    return key


def officers_key(path: Path | None) -> SigningKey:
    """Load the user's key, retired or not; make it on first use, and say so.

    Raises BadKey, Unwritable; click.UsageError where it would have to be made and HOME is not set. It is never
    made there: a job of the system would sign with a key that nobody knows of.
    """
    from hashing.ledger.keys import default_key_path, load_or_create_signing_key, load_signing_key

    if path is not None:
        return load_signing_key(path, _passphrase)
    if not _has_home() and not os.path.lexists(default_key_path()):
        raise click.UsageError(
            "there is no signing key, and none is made while HOME is not set: set HOME to that of whoever captures, "
            "or name a key file with --key or GOLDENHOUR_KEY"
        )
    key, made = load_or_create_signing_key(default_key_path(), _passphrase)
    if made:
        click.echo(f"made your signing key: {default_key_path()}", err=True)
        click.echo(f"  its fingerprint, for your notebook: {key.public.fingerprint()}", err=True)
    return key


def _has_home() -> bool:
    """Say whether the environment names the folder in which this user's settings are."""
    return any(os.environ.get(name) for name in ("HOME", "XDG_CONFIG_HOME"))


def _passphrase(path: Path) -> bytes:
    """Return the passphrase of a key file: of the file that the environment names, or as typed. Raises BadKey."""
    from hashing.errors import BadKey

    if (said := _said_passphrase()) is not None:
        return said
    if not sys.stdin.isatty():
        raise BadKey(
            f"{path}: the private key is encrypted", hint=f"name a file with its passphrase in {PASSPHRASE_FILE}"
        )
    typed: str = click.prompt(clean(f"passphrase of {path}"), hide_input=True, err=True)
    return typed.encode()


def new_passphrase() -> bytes:
    """Return the passphrase for a new key: of the file that the environment names, or as typed twice. Raises BadKey."""
    from hashing.errors import BadKey

    said = _said_passphrase()
    if said is None and not sys.stdin.isatty():
        raise BadKey("no passphrase for the new key", hint=f"name a file with it in {PASSPHRASE_FILE}")
    if said is None:
        said = click.prompt("passphrase", hide_input=True, confirmation_prompt=True, err=True).encode()
    if not said:
        raise BadKey("an empty passphrase protects nothing")
    return said


def _said_passphrase() -> bytes | None:
    from hashing.files.storage import read_named

    name = os.environ.get(PASSPHRASE_FILE)
    return read_named(Path(name), 1 << 16).partition(b"\n")[0].rstrip(b"\r") if name else None


def open_case(path: Path, key: SigningKey) -> Case:
    """Open a case to add to it. Raises NotAsSigned where it holds what nobody, or somebody else, vouches for.

    What is not sealed in it is told and left as it is.
    """
    from hashing.case.case import Case

    case = Case.open(path)
    _tell_left(case.demand_ours(key))
    _tell_others(case, key)
    return case


def open_own_case(path: Path, key: SigningKey) -> Case:
    """Open a case to add words to what is there. Raises NotAsSigned where a line of it is not this user's.

    That is one of another key than this one and those that this user has laid down: words about a stranger's material
    would make it look like one's own.
    """
    from hashing.case.case import Case

    case = Case.open(path)
    _tell_left(case.demand_ours(key))
    own = f"goldenhour merge OWN_CASE {as_typed(path)}"
    _demand_own(case, key, f"let whoever has that key add it; or take the captures into a case of your own: {own}")
    return case


def _demand_own(case: Case, key: SigningKey, hint: str) -> None:
    """Demand that every line of a case is this user's. Raises NotAsSigned."""
    from hashing.errors import NotAsSigned

    if others := _others(case, key):
        said = " and ".join(f"{count} with the key {fingerprint}" for fingerprint, count in others[:_MOST_KEYS])
        raise NotAsSigned(f"{case.path}: lines of its ledger are not yours: {said}", hint=hint)


def own_keys(key: SigningKey) -> set[str]:
    """Return this user's keys in hexadecimal: this one, and those that were laid down."""
    from hashing.case.retirement import known_retirements

    return {key.public.raw.hex(), *(each.key for each in known_retirements() if not each.stolen)}


def _others(case: Case, key: SigningKey) -> list[tuple[str, int]]:
    """Return the fingerprints of the keys of others in the case's ledger, each with its number of lines."""
    from hashing.ledger.keys import PublicKey

    others = case.signed_by_others(own_keys(key))
    return [(PublicKey.parse(each).fingerprint(), count) for each, count in others.items()]


def _tell_others(case: Case, key: SigningKey) -> None:
    """Say whose lines stand in the case beside this user's: what is signed now is signed on top of them."""
    for fingerprint, count in _others(case, key)[:_MOST_KEYS]:
        complain(f"{case.path}: lines of its ledger are not yours: {count} with the key {fingerprint}")


def tell_unsigned(case: Case) -> None:
    """Say, of a case that is only read, how much of its ledger nobody has signed: it may be anybody's word."""
    if unsigned := case.unsigned():
        complain(f"{case.path}: the last {unsigned} lines of its ledger are not signed: do not rely on them")


def recover_begun(case: Case, key: SigningKey, officer: str) -> None:
    """Finish off what this user began in a case on this computer and a process that died has left; say so.

    Raises NotAsSigned where the case is somebody else's: a capture in it would leave a case to which neither can add.
    """
    _demand_own(
        case,
        key,
        f"capture into a case of your own, and have it taken in: goldenhour merge {as_typed(case.path)} OWN_CASE",
    )
    _recover(case, key, officer, begun_here=True)
    case.demand_ours(key)


def recover_all(case: Case, key: SigningKey, officer: str) -> bool:
    """Finish off all that this key's owner left unfinished in a case; say so, and whether nothing else is left."""
    return _recover(case, key, officer, begun_here=False)


def _recover(case: Case, key: SigningKey, officer: str, *, begun_here: bool) -> bool:
    # Nearly always nothing is left, and nothing that finishes it off is loaded.
    if case.left_tokens():
        from hashing.case.timestamping import record_left_tokens

        record_left_tokens(case, key=key)
    left: Sequence[Left] = ()
    if case.unsealed() or case.unrecorded():
        from capture.run.recovery import recover_abandoned

        recovery = recover_abandoned(case, key=key, officer=officer, begun_here=begun_here)
        left = recovery.left
        for recovered in recovery.recovered:
            click.echo(f"{recovered.exhibit} had been interrupted: finished off and sealed", err=True)
            for line in recovered.found:
                click.echo(f"  {clean(line)}", err=True)
            if recovered.aside is not None:
                click.echo(clean(f"  what is not sealed is in {recovered.aside}"), err=True)
    _tell_left(left)
    if case.has_batches():
        from capture.batch.recovery import recover_batches

        for name in recover_batches(case, key=key, begun_here=begun_here):
            click.echo(f"batch {clean(name)} had been interrupted; run it again to go on with it", err=True)
    return not left


def _tell_left(left: Sequence[Left]) -> None:
    for each in left:
        complain(f"{each.exhibit} is not sealed, and stays as it is: {each.reason}")
