"""`goldenhour fleet recheck` and `fleet verify`: evidence at rest is proven whole day after day, by many machines."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from commands.confined import OwnProcess, found_apart
from commands.exit import Exit, verdict_exit, worse
from commands.fleet_queue import opened_database, queued
from commands.interrupt import terminating_like_ctrl_c
from commands.officer import officer_name
from commands.opening import own_keys, signing_key
from commands.options import FOLDER, output_options, signing_options
from commands.output import clean, complain, counted, print_json, print_styled, verdict_style
from commands.store import parsed_location, read_vouched
from commands.verify_rounds import doubted
from hashing.files.forking import ending_with_this, fork_undisturbed

if TYPE_CHECKING:
    from exports.custody.receipt import KeptReceipt, Receipt
    from exports.custody.receipt_folder import ReceiptFolder
    from exports.store import Location
    from exports.verification import Verification
    from fleet.evidence import Due, RecheckReport, Target

T = TypeVar("T")


class SignedCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What a process apart has found and signed: the receipt's file and its short form, and what is printed."""

    verdict: str
    lines: tuple[str, ...]
    plain: dict[str, Any]
    reason: str = ""  # Its first faults, a few words each.
    file: str = ""
    receipt: str = ""
    fault: str = ""  # Why no receipt was written.


@click.command(name="recheck")
@queued
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--every", default="24h", show_default=True, metavar="TIME", help="How often each is to be checked.")
@click.option("--stored", is_flag=True, help="Check the copy in the store, by the records that stand on the disk.")
@click.option("--remove", is_flag=True, help="Check them no more.")
def fleet_recheck(
    operation: str, database: str, names: tuple[str, ...], every: str, stored: bool, remove: bool
) -> None:
    """Have cases and bundles proven whole once in each period, by any `fleet verify` that has them.

    NAME is the name of a case or a bundle below the folder that each worker names with --evidence.

    \b
    goldenhour fleet recheck OP-ALDER 2026/MP-1.zip --case OP-ALDER --every 24h
    """
    from datetime import timedelta

    from capture.request.amounts import span
    from fleet.evidence import DISK, STORE, EvidenceSchedule, Target
    from fleet.queue import Queue

    seconds = span(every, "--every")
    if not 60 <= seconds <= 31_536_000:  # noqa: PLR2004 - see there
        raise click.UsageError("--every: from 1m to 365d")
    targets = [Target(name, STORE if stored else DISK) for name in dict.fromkeys(names)]
    opened = opened_database(database)
    Queue(opened, operation).set_up()
    schedule = EvidenceSchedule(opened, operation)
    if remove:
        click.echo(f"{operation}: {counted(schedule.remove(targets), 'target')} checked no more")
        return
    added = schedule.add(targets, timedelta(seconds=seconds))
    there = len(targets) - added
    click.echo(f"{operation}: {counted(added, 'target')} added, {there:,} there already, each checked every {every}")


@click.command(name="verify")
@queued
@click.option(
    "--evidence",
    required=True,
    type=FOLDER,
    metavar="DIR",
    help="The folder below which this worker has cases and bundles.",
)
@click.option(
    "--receipts",
    "receipts_path",
    required=True,
    type=FOLDER,
    metavar="DIR",
    help="Add a signed receipt of each check to this folder; one process at a time.",
)
@click.option(
    "--store",
    "location",
    callback=lambda ctx, option, value: parsed_location(ctx, option, value) if value else None,
    metavar="s3://BUCKET/PREFIX",
    help="Check copies in this store too, each at a place of its name.",
)
@click.option("--once", is_flag=True, help="End when nothing is due that is here, as for cron.")
@signing_options
@output_options
def fleet_verify(
    operation: str,
    database: str,
    evidence: Path,
    receipts_path: Path,
    location: Location | None,
    once: bool,
    officer: str | None,
    key_path: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Prove the targets of `fleet recheck` that are here whole whenever they are due, until Ctrl-C.

    Each check is compared with the last receipt, adds one that this worker's key signs, and tells it to the database,
    where `fleet status` shows it. Exit code 0: all matched; 5: something did not; 6: something could not be checked.

    \b
    goldenhour fleet verify --case OP-ALDER --evidence /srv/evidence \\
        --receipts /srv/receipts --officer "John Hill"
    """
    from exports.custody.receipt_folder import ReceiptFolder
    from fleet.queue import Queue
    from fleet.verifier import Verifier

    if not evidence.is_dir():
        raise click.UsageError(clean(f"--evidence: {evidence} is no folder"))
    by, opened = officer_name(officer), opened_database(database)
    Queue(opened, operation).demand_version()
    opened.close()

    def _public() -> str:
        return signing_key(key_path).public.raw.hex()

    def _says(text: str) -> None:
        complain(f"checks nothing: {text}" if text else "checks again")

    key = _apart(_public, str, lambda: None)
    with ReceiptFolder(receipts_path, [evidence]) as folder, terminating_like_ctrl_c():
        checks = _Checks(evidence, location, folder, by, key, key_path, as_json=as_json, quiet=quiet)
        verifier = Verifier(
            opened, operation, key, has=checks.has, check=checks.check, refused=checks.refused, says=_says
        )
        try:
            verifier.run(once=once)
        except KeyboardInterrupt:
            complain("ended; the receipts of what was checked stay")
    sys.exit(checks.worst)


@dataclass(slots=True)
class _Checks:
    """What this machine has, and how a target of it is checked, signed for and told; `worst` is what came of all."""

    evidence: Path
    location: Location | None
    folder: ReceiptFolder
    officer: str
    public: str  # The public key that signs here, in hexadecimal.
    key_path: Path | None
    as_json: bool
    quiet: bool
    worst: Exit = Exit.OK

    def has(self, target: Target) -> bool:
        """Say whether a target is below the folder, through no link, or was: that it is gone is told then."""
        from fleet.evidence import STORE
        from hashing.files import inside

        if target.kind == STORE and self.location is None:
            return False
        path = self.evidence / target.name
        with suppress(OSError):
            if inside.is_folder(path, self.evidence) or inside.is_file(path, self.evidence):
                return True
        return self.folder.knows(target.id)

    def check(self, target: Target, proof: str, alive: Callable[[], None]) -> RecheckReport:
        """Have a target checked and a receipt signed, in a process apart; tell what came of it, and return it."""
        from fleet.evidence import RecheckReport

        process = os.getpid()
        try:
            signed = _apart(lambda: self._signed(target, proof), SignedCheck, alive)
        except SystemExit as error:
            if os.getpid() != process:
                raise  # it is the process apart that ends
            line = f"could not be verified (exit code {error.code})"
            signed = SignedCheck(verdict="unchecked", lines=(line,), plain={"verdict": "unchecked"}, fault=line)
        self.worst = worse(self.worst, Exit.UNCHECKED if signed.fault else verdict_exit(signed.verdict))
        self._tell(target, signed)
        if signed.fault:
            return RecheckReport(verdict="unchecked", reason=signed.fault)
        return RecheckReport(verdict=signed.verdict, reason=signed.reason, receipt=signed.receipt)

    def refused(self, due: Due, done: RecheckReport) -> None:
        """Tell of what is no target."""
        self.worst = worse(self.worst, Exit.UNCHECKED)
        complain(f"{due.name}: {done.reason}")

    def _signed(self, target: Target, proof: str) -> SignedCheck:
        """Check a target, compare it with the last receipt, and sign a new one; the key is loaded when all is read."""
        from exports.custody.receipt import brief_receipt, open_receipt
        from exports.errors import ExportError, NotWhole
        from exports.verification.summary import fault_lines, verification_lines
        from fleet.errors import BadJob
        from fleet.evidence import read_receipt
        from hashing.errors import HashingError
        from hashing.files.storage import read_small
        from hashing.ledger.note import LARGEST_NOTE

        own, wrong = self.folder.last(target.id)
        told = None
        try:
            told = read_receipt(proof, target)
        except BadJob as error:
            wrong.append(str(error))
        last = _compared_with(own, told, self.public)
        process = os.getpid()
        try:
            found = self._found(target, last)
        except (ExportError, HashingError) as error:
            found = _not_found_out(self.evidence / target.name, str(error), fault=isinstance(error, NotWhole))
        except SystemExit as error:
            if os.getpid() != process or error.code == Exit.INTERRUPTED:
                raise  # it is a process apart that ends, which has told why; or nothing is to be signed
            why = f"could not be read to its end (exit code {error.code})"
            found = _not_found_out(self.evidence / target.name, why, fault=error.code == Exit.MISMATCH)
        key = signing_key(self.key_path)
        found = doubted(found, last, wrong, own_keys(key))
        lines, plain = tuple(verification_lines(found)), found.to_json()
        try:
            file = self.folder.write(found, target.id, key=key, officer=self.officer)
            receipt = brief_receipt(open_receipt(read_small(file, LARGEST_NOTE)), key)
        except HashingError as error:
            return SignedCheck(verdict=found.verdict, lines=lines, plain=plain, fault=f"no receipt: {error}")
        reason = "; ".join(islice((line for line in fault_lines(found) if not line.startswith(" ")), 5))
        return SignedCheck(
            verdict=found.verdict, lines=lines, plain=plain, reason=reason, file=str(file), receipt=receipt
        )

    def _found(self, target: Target, last: KeptReceipt | None) -> Verification:
        from exports.store import ObjectStore, check_store, store_verification
        from exports.verification import Verification
        from fleet.evidence import STORE

        path = self.evidence / target.name
        if target.kind != STORE or self.location is None:
            return found_apart(lambda: _verified(path, last), Verification, path)
        state = read_vouched(path, read=False, quiet=True)
        with ObjectStore(self.location.below(target.name)) as connected:
            return store_verification(path, check_store(path, state, connected), state, last)

    def _tell(self, target: Target, signed: SignedCheck) -> None:
        from hashing.times import system_clock, time_text

        if signed.fault:
            complain(f"{target}: {signed.fault}")
        if self.as_json:
            print_json({"target": str(target), "receipt": signed.file or None, **signed.plain})
            return
        *lines, verdict = signed.lines
        for line in lines if signed.verdict != "ok" else ():
            print_styled(line)
        if signed.verdict != "ok" or not self.quiet:
            moment = time_text(system_clock())[: len("2026-11-24T10:15")].replace("T", " ")
            said = f"{moment} UTC  {target}  {verdict}  {Path(signed.file).name or 'no receipt'}"
            print_styled(clean(said), verdict_style(signed.verdict))


def _not_found_out(path: Path, reason: str, *, fault: bool) -> Verification:
    """Return the result of a check that came to no end: records that are wrong are a fault, all else is not."""
    from exports.format.result import Findings, Problem, Unchecked
    from exports.verification import Verification

    findings = Findings()
    if fault:
        findings.problems.append(Problem(path.name, reason))
    else:
        findings.unchecked.append(Unchecked(path.name, reason))
    return Verification.of(path, "nothing that could be checked", findings)


def _verified(path: Path, last: KeptReceipt | None) -> Verification:
    from exports.verification import verify

    return verify(path, last=last)


def _compared_with(own: KeptReceipt | None, told: Receipt | None, public: str) -> KeptReceipt | None:
    """Return the receipt to compare with: one's own, or that of the database where it claims more of the same ledger.

    So a database that is not to be trusted can add to what is demanded and take nothing from it; what it says with
    another key is no fault of the evidence.
    """
    from exports.custody.receipt import KeptReceipt
    from hashing.ledger.keys import PublicKey

    if told is None or not told.seals:
        return own
    if own is not None:
        mine, theirs = own.receipt.seals[0], told.seals[0]
        if mine.origin != theirs.origin or mine.size >= theirs.size:
            return own
    signer = PublicKey.parse(told.public_key)
    name = f"that {signer.fingerprint()} signed at {told.time}"
    return KeptReceipt(name, told, believed=signer.raw.hex() == public)


def _apart(work: Callable[[], T], kind: type[T], alive: Callable[[], None]) -> T:
    """Return what `work` returns in a process of its own; call `alive` now and then meanwhile.

    This process, which lives for days and speaks with the database, holds neither evidence nor key. Raises SystemExit
    with the other's exit code where it failed. As `found_apart`, it runs in this one where there is no own process.
    """
    if not isinstance(click.get_current_context().find_root().obj, OwnProcess) or not hasattr(os, "fork"):
        return work()
    reading, writing = os.pipe()
    child, let_signals_come = fork_undisturbed()
    if child == 0:
        os.close(reading)
        try:
            let_signals_come()
            with os.fdopen(writing, "wb") as report:
                report.write(msgspec.msgpack.encode(work(), enc_hook=str))
        except KeyboardInterrupt:  # of this one, or of one that it made: neither goes on as the worker
            sys.exit(Exit.INTERRUPTED)
        sys.exit(0)
    os.close(writing)
    packed = bytearray()
    with ending_with_this(child):
        let_signals_come()
        with os.fdopen(reading, "rb", buffering=0) as report:
            while True:
                if select.select([report], [], [], 1.0)[0]:
                    if not (piece := report.read(1 << 16)):
                        break
                    packed += piece
                alive()
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if ended != 0:
        sys.exit(ended if ended > 0 else 1)
    return msgspec.msgpack.decode(packed, type=kind)
