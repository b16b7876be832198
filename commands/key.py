"""`goldenhour key`."""

from __future__ import annotations

from pathlib import Path

import click

from commands.opening import new_passphrase, officers_key, signing_key
from commands.options import PATH, json_option, reason_option, signing_key_option
from commands.output import clean, print_json


@click.command()
@click.argument("action", type=click.Choice(["show", "new", "retire", "learn"]), default="show", metavar="[ACTION]")
@click.argument("statement", required=False, type=PATH, metavar="[FILE]")
@click.option("--passphrase", is_flag=True, help="new: encrypt the key file; asked for when you sign.")
@reason_option
@click.option("--stolen", is_flag=True, help="retire: somebody else may have the key.")
@signing_key_option
@json_option
def key(
    action: str,
    statement: Path | None,
    passphrase: bool,
    reason: str,
    stolen: bool,
    key_path: Path | None,
    as_json: bool,
) -> None:
    """Show your public key and its fingerprint; make the key if there is none.

    `new` makes a key where there is none, or where the one that is there is retired. `retire` states, signed with the
    key itself, that it signs nothing from now on: hand the statement to whoever has your public key. `learn FILE` keeps
    such a statement of somebody else's for `goldenhour verify`. A passphrase is asked for on the terminal, or is the
    first line of the file that GOLDENHOUR_PASSPHRASE_FILE names.

    \b
    goldenhour key > mary-price.pem     (hand it to whoever will verify)
    goldenhour key new --passphrase
    goldenhour key retire --stolen --reason "the laptop was taken on 24 November"
    """
    if (passphrase and action != "new") or ((reason or stolen) and action != "retire"):
        raise click.UsageError("--passphrase goes with `key new`, --reason and --stolen with `key retire`")
    if (statement is not None) != (action == "learn"):
        raise click.UsageError("`key learn FILE` takes a statement, and nothing else does")
    if action == "retire":
        _retire(key_path, reason, stolen=stolen)
    elif statement is not None:
        _learn(statement)
    else:
        if action == "new":
            _make(key_path, passphrase=passphrase)
        _show(key_path, as_json=as_json)


def _show(key_path: Path | None, *, as_json: bool) -> None:
    from hashing.case.retirement import retirement_of
    from hashing.ledger.keys import default_key_path

    signing = officers_key(key_path)
    retired = retirement_of(signing.public)
    if as_json:
        facts = {"path": str(key_path or default_key_path()), "fingerprint": signing.public.fingerprint()}
        public = {"public_key": signing.public.raw.hex(), "pem": signing.public.pem()}
        print_json({**facts, **public, "retired": retired.time if retired else None})
        return
    click.echo(signing.public.pem(), nl=False)
    click.echo(f"fingerprint  {signing.public.fingerprint()}", err=True)
    click.echo(f"key file     {key_path or default_key_path()}", err=True)
    if retired is not None:
        click.echo(clean(f"retired      {retired.time} {retired.reason}"), err=True)


def _make(key_path: Path | None, *, passphrase: bool) -> None:
    from hashing.case.retirement import retirement_of
    from hashing.errors import WouldOverwrite
    from hashing.ledger.keys import create_key, default_key_path, load_signing_key

    path = key_path or default_key_path()
    if path.exists() or path.is_symlink():
        old = officers_key(path).public
        # A key in use is never moved away: the next capture would be signed with another one, and nobody would notice.
        if retirement_of(old) is None:
            raise WouldOverwrite(
                f"{path}: is in use",
                hint="retire it first with: goldenhour key retire; or name another file with --key",
            )
        path.rename(path.with_name(f"{path.stem}.retired-{old.raw.hex()[:8]}{path.suffix}"))
    secret = new_passphrase() if passphrase else None
    if not create_key(path, secret):
        raise WouldOverwrite(f"{path}: was made by another process just now")
    load_signing_key(path, lambda _: secret or b"")


def _retire(key_path: Path | None, reason: str, *, stolen: bool) -> None:
    from hashing.case.retirement import retire

    made = retire(signing_key(key_path), reason=reason, stolen=stolen)
    click.echo(clean(f"retired      {made}"))
    click.echo("hand this file to whoever has your public key: `goldenhour key learn FILE` keeps it there")
    click.echo("your key signs nothing any more: make another with `goldenhour key new`", err=True)


def _learn(statement: Path) -> None:
    from hashing.case.retirement import keep
    from hashing.files.storage import read_named
    from hashing.ledger.note import LARGEST_NOTE

    stated, path = keep(read_named(statement, LARGEST_NOTE))
    click.echo(clean(f"retired      {stated.fingerprint}, {stated.time} {stated.reason}"))
    click.echo(clean(f"kept in      {path}"))
