"""`goldenhour verify`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.confined import found_apart, read_only
from commands.exit import Exit, verdict_exit, worse
from commands.officer import officer_name
from commands.opening import signing_key
from commands.options import FILE, FOLDER, PATH, officer_option, output_options
from commands.output import print_styled, verdict_style
from commands.progress import byte_progress

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from exports.custody.receipt import KeptReceipt
    from exports.verification import Verification


@click.command()
@click.argument("paths", nargs=-1, required=True, type=PATH, metavar="PATH...")
@click.option(
    "--key",
    "key_paths",
    multiple=True,
    type=FILE,
    metavar="FILE",
    help="Demand that this key signed (a public key; may be given more than once).",
)
@click.option("--receipt", type=PATH, metavar="FILE", help="Write a receipt of the result, signed.")
@click.option(
    "--sign-with",
    "signing_path",
    envvar="GOLDENHOUR_KEY",
    type=FILE,
    metavar="FILE",
    help="The key that signs the receipt.  [default: the user's own]",
)
@officer_option
@click.option(
    "--tsa-root",
    "root_paths",
    multiple=True,
    type=FILE,
    metavar="FILE",
    help="Demand that trusted times lead to this root (certificates in PEM; may be given more than once).",
)
@click.option(
    "--since",
    type=PATH,
    metavar="OLD",
    help="Demand that nothing which is in this earlier case or bundle was removed or changed.",
)
@click.option(
    "--openings", "openings_path", type=FILE, metavar="FILE", help="Check and show what was withheld from a disclosure."
)
@click.option("--report", is_flag=True, help="Make a bundle's report once more and compare it byte for byte.")
@click.option(
    "--bag", "accept_bag", is_flag=True, help="Accept an intact BagIt bag of others, which no seal of ours vouches for."
)
@click.option(
    "--receipts",
    "receipts_path",
    type=FOLDER,
    metavar="DIR",
    help="Add a signed receipt of each check to this folder; one process at a time.",
)
@click.option(
    "--every", default="", metavar="TIME", help="With --receipts: again and again, such as 24h, from one to the next."
)
@click.option("--for", "lasting", default="", metavar="TIME", help="With --every: how long.  [default: until Ctrl-C]")
@output_options
def verify(
    paths: tuple[Path, ...],
    key_paths: tuple[Path, ...],
    root_paths: tuple[Path, ...],
    since: Path | None,
    receipt: Path | None,
    officer: str | None,
    openings_path: Path | None,
    signing_path: Path | None,
    report: bool,
    accept_bag: bool,
    receipts_path: Path | None,
    every: str,
    lasting: str,
    as_json: bool,
    quiet: bool,
) -> None:
    """Check a case, capture, bundle (folder or zip) or WACZ: nothing altered, nothing missing, nothing added.

    Never writes, but for a receipt where one is asked for. Exit code 0: it matches; 5: it does not; 6: it could not
    be checked; of several paths and rounds, the worst.

    \b
    goldenhour verify OP-ALDER
    goldenhour verify OP-ALDER --receipt hill.receipt --officer "John Hill"
    goldenhour verify OP-ALDER_MP-1.zip --key mary-price.pem
    goldenhour verify OP-ALDER_all.zip --since OP-ALDER_MP-1.zip
    goldenhour verify MP-1-0003.zip --openings MP-1-0003.zip.openings.json
    goldenhour verify OP-ALDER OP-BEECH --every 24h --receipts /srv/receipts
    """
    from functools import partial

    from exports.disclosure.openings import load_openings
    from exports.verification import Verification
    from hashing.ledger.keys import load_public_key

    # 1. What contradicts itself; a receipt inside of the evidence would alter it.
    _demand_for_one(paths, {"--receipt": receipt, "--since": since, "--openings": openings_path})
    if receipts_path is not None and receipt is not None:
        raise click.UsageError("--receipt or --receipts, not both")
    if (every and receipts_path is None) or (lasting and not every):
        raise click.UsageError(
            "--for needs --every, and --every needs --receipts: the folder for what each round found"
        )
    if receipt is not None:
        from exports.format.outside import demand_outside

        demand_outside(receipt, paths[0], since or paths[0])
    verifier = officer_name(officer) if receipt is not None or receipts_path is not None else ""
    signers = [load_public_key(path) for path in key_paths]
    roots = list(_roots(root_paths)) if root_paths else []
    openings = load_openings(openings_path) if openings_path is not None else None

    def _examine(path: Path, last: KeptReceipt | None = None) -> Verification:
        return _check(
            path, signers=signers, roots=roots, openings=openings, since=since, last=last, report=report,
            accept_bag=accept_bag, quiet=quiet,
        )  # fmt: skip

    if receipts_path is not None:
        from commands.verify_rounds import Rounds

        rounds = Rounds(paths, since, _examine, verifier, signing_path, pictures=report, as_json=as_json)
        sys.exit(rounds.run(receipts_path, every, lasting))
    # 2. Rights go before the first stranger's byte is read. With a receipt this process must keep the key, so it is
    # another one that reads.
    if receipt is None:
        read_only(*paths, since, pictures=report)
    # 3. Every path is checked, and the worst of the outcomes is the command's.
    worst = Exit.OK
    for path in paths:
        check = partial(_examine, path)
        verification = check() if receipt is None else found_apart(check, Verification, path, since, pictures=report)
        _print(verification, as_json=as_json)
        if receipt is not None:
            from exports.custody.receipt import write_receipt

            write_receipt(receipt, verification, key=signing_key(signing_path), officer=verifier)
        worst = worse(worst, verdict_exit(verification.verdict))
    sys.exit(worst)


def _demand_for_one(paths: Sequence[Path], given: Mapping[str, Path | None]) -> None:
    """Refuse options that speak of one path where several are named. Raises click.UsageError."""
    for name, value in given.items():
        if value is not None and len(paths) > 1:
            raise click.UsageError(f"{name} is for one path: name no other")


def _check(path: Path, *, quiet: bool, **demands: Any) -> Verification:  # noqa: ANN401 - those of `verify`
    from exports.verification import verify as verify_path

    with byte_progress(f"verifying {path}", quiet=quiet) as progress:
        return verify_path(path, **demands, progress=progress)


def _roots(paths: Sequence[Path]) -> Iterator[Certificate]:
    from hashing.ledger.trusted_time.roots import load_roots

    for path in paths:
        yield from load_roots(path)


def _print(verification: Verification, *, as_json: bool) -> None:
    if not as_json:
        print_verification(verification)
        return
    for piece in verification.json_pieces():
        click.echo(piece, nl=False)


def print_verification(verification: Verification) -> None:
    """Print a verification for people."""
    from exports.verification.summary import verification_lines

    *lines, verdict = verification_lines(verification)
    for line in lines:
        print_styled(line)
    print_styled(verdict, verdict_style(verification.verdict))
