"""`goldenhour key`."""

from __future__ import annotations

from pathlib import Path

import click

from commands.opening import signing_key
from commands.options import json_option, signing_key_option
from commands.output import print_json


@click.command()
@signing_key_option
@json_option
def key(key_path: Path | None, as_json: bool) -> None:
    """Show your public key and its fingerprint; make the key if there is none.

    \b
    goldenhour key > mary-price.pem     (hand it to whoever will verify)
    """
    from hashing.ledger.keys import default_key_path

    signing = signing_key(key_path)
    if as_json:
        facts = {"path": str(key_path or default_key_path()), "fingerprint": signing.public.fingerprint()}
        print_json({**facts, "public_key": signing.public.raw.hex(), "pem": signing.public.pem()})
        return
    click.echo(signing.public.pem(), nl=False)
    click.echo(f"fingerprint  {signing.public.fingerprint()}", err=True)
    click.echo(f"key file     {key_path or default_key_path()}", err=True)
