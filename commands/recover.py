"""`goldenhour recover`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from commands.exit import Exit
from commands.officer import officer_name
from commands.opening import recover_all, signing_key
from commands.options import existing_case, signing_options
from commands.output import clean


@click.command()
@existing_case
@signing_options
def recover(case: Path, officer: str | None, key_path: Path | None) -> None:
    """Finish off and seal what your own captures and batches have left in a case when their process died.

    Only what your key authenticates is sealed. What else stands there is told and never signed: lines of the ledgers,
    bodies and items go to a folder beside the case; captures of others stay as they are. Captures that you began on
    this computer are finished off by your next `capture`, `batch` or `watch` as well.

    Exit code 0: nothing is left unfinished; 6: something is, and it is not yours.

    \b
    goldenhour recover OP-ALDER
    """
    from capture.run.recovery import put_aside
    from hashing.case.case import Case
    from hashing.ledger.ledger import LEDGER

    key, opened = signing_key(key_path), Case.open(case)
    # 1. The case's own ledger first: what is finished off below is written into it, and must not follow lines that
    # nobody signed.
    if unsigned := opened.set_aside():
        path = put_aside(opened, LEDGER, unsigned)
        click.echo(clean(f"lines that nobody signed stood in the case's ledger; they are in {path}"), err=True)
    # 2. Then the captures and batches; what is not this key's stays as it is.
    whole = recover_all(opened, key, officer_name(officer))
    click.echo(clean(f"case     {case}: {'nothing is left unfinished' if whole else 'see above for what is left'}"))
    sys.exit(Exit.OK if whole else Exit.UNCHECKED)
