"""`goldenhour source add`, `list`, `open` and `key`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.options import FILE, PATH, case_option, json_option, sources_option
from commands.output import clean, complain, print_json
from commands.settings import setting
from commands.subcommands import Subcommands

if TYPE_CHECKING:
    from intelligence.sources import SourceRegister

_LARGEST = 1 << 16
recipients_option = setting(
    "--recipients", type=FILE, metavar="FILE", help="The source unit's recipients of age, one a line."
)


@click.group(cls=Subcommands)
def source() -> None:
    """Keep who handed something in apart from the case: a pseudonym in it, the identity encrypted to the source unit.

    \b
    goldenhour source key unit.key     (the source unit, once)
    goldenhour source add ALPHA-7 --case OP-ALDER --recipients unit.pub
    goldenhour intake phone.zip --case OP-ALDER --received-from ALPHA-7
    """


@source.command(name="add")
@click.argument("pseudonym", metavar="PSEUDONYM")
@case_option
@recipients_option
@sources_option
def source_add(pseudonym: str, case: Path | None, recipients: Path | None, sources: Path | None) -> None:
    """Encrypt the identity of a source, which is typed or piped in, and never an argument: a shell keeps those.

    \b
    goldenhour source add ALPHA-7 --case OP-ALDER --recipients unit.pub
    """
    from intelligence.sources import read_recipients

    if recipients is None:
        raise click.UsageError("name the file with the source unit's recipients: --recipients FILE")
    register = _register(case, sources)
    known = read_recipients(recipients)
    path = register.add(pseudonym, _identity(), known)
    click.echo(clean(f"{pseudonym}  encrypted to {len(known)} of the source unit, in {path}"))


@source.command(name="list")
@case_option
@sources_option
@json_option
def source_list(case: Path | None, sources: Path | None, as_json: bool) -> None:
    """List the pseudonyms of a case, what each has handed in, and whether an identity is kept here.

    \b
    goldenhour source list --case OP-ALDER
    """
    register = _register(case, sources)
    kept, handed_in = register.pseudonyms(), register.handed_in()
    for pseudonym in sorted({*kept, *handed_in}):
        exhibits = handed_in.get(pseudonym, [])
        if as_json:
            print_json({"pseudonym": pseudonym, "exhibits": exhibits, "identity_kept": pseudonym in kept})
        else:
            identity = "identity kept here" if pseudonym in kept else "no identity here"
            click.echo(clean(f"{pseudonym}  {identity}  {', '.join(exhibits) or 'has handed in nothing'}"))
    if not kept and not handed_in:
        complain("no source has handed in anything to this case, and no identity is kept here")


@source.command(name="open")
@click.argument("pseudonym", metavar="PSEUDONYM")
@case_option
@click.option("--unit-key", required=True, type=FILE, metavar="FILE", help="The source unit's key of age.")
@sources_option
@click.option("--names", is_flag=True, help="And what is kept of what the source handed in: names, headers, serials.")
def source_open(pseudonym: str, case: Path | None, unit_key: Path, sources: Path | None, names: bool) -> None:
    """Print the identity of a source, which only the source unit's key opens.

    \b
    goldenhour source open ALPHA-7 --case OP-ALDER --unit-key unit.key
    goldenhour source open ALPHA-7 --case OP-ALDER --unit-key unit.key --names
    """
    from intelligence.sources import opened, read_unit_key

    register, key = _register(case, sources), read_unit_key(unit_key)
    identity = opened(register.sealed(pseudonym), key, pseudonym)
    for line in identity.decode("utf-8", "replace").splitlines():
        click.echo(clean(line))
    for group in register.claims(pseudonym) if names else ():
        _print_claims(opened(group, key, pseudonym))


def _print_claims(group: bytes) -> None:
    """Print what was kept back of one intake, a line each."""
    from intelligence.intake.protection import read_claims

    for claim in read_claims(group):
        said = [claim.name, *(f"{fact.name}: {fact.value}" for fact in claim.facts), claim.reason]
        click.echo(clean(f"{claim.exhibit}  {claim.ref or claim.address}  {'; '.join(filter(None, said))}"))


@source.command(name="key")
@click.argument("path", type=PATH, metavar="FILE")
def source_key(path: Path) -> None:
    """Make the source unit's key, and print its recipient: the line that officers need, and which is no secret.

    \b
    goldenhour source key unit.key > unit.pub
    """
    from intelligence.sources import make_unit_key

    click.echo(make_unit_key(path))
    click.echo(
        clean(f"{path}: opens what is encrypted to this; keep it in the source unit, and a copy apart"), err=True
    )


def _register(case: Path | None, sources: Path | None) -> SourceRegister:
    from hashing.case.case import Case
    from intelligence.sources import SourceRegister, default_folder

    if case is None:
        raise click.UsageError("name the case that it is a source of: --case CASE")
    opened = Case.open(case)
    return SourceRegister(sources or default_folder(opened), opened)


def _identity() -> bytes:
    """Return what is typed on the terminal, or piped in. Raises click.UsageError where it is nothing."""
    if sys.stdin.isatty():
        typed: str = click.prompt("Who is it? Name and contact, in a line; it is encrypted at once", err=True)
        said = typed.encode()
    else:
        said = sys.stdin.buffer.read(_LARGEST + 1)
    if not said.strip() or len(said) > _LARGEST:
        raise click.UsageError("the identity is typed or piped in, and has up to 64 KiB")
    return said
