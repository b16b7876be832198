"""`goldenhour verify --receipts`: the same evidence again and again, each time with a receipt of what was found."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from commands.confined import OwnProcess, found_apart
from commands.exit import Exit, verdict_exit, worse
from commands.interrupt import terminating_like_ctrl_c
from commands.opening import own_keys, signing_key
from commands.output import complain, print_json, print_styled, verdict_style
from hashing.files.forking import ending_with_this, fork_undisturbed

if TYPE_CHECKING:
    from exports.custody.receipt import KeptReceipt
    from exports.custody.receipt_folder import ReceiptFolder
    from exports.verification import Verification


@dataclass(frozen=True, slots=True)
class Rounds:
    """Verifies each target in each round, and goes on whatever came of it.

    `examine` returns what was found, compared with the receipt of the last time.
    """

    targets: Sequence[Path]
    since: Path | None
    examine: Callable[[Path, KeptReceipt | None], Verification]
    officer: str
    signing_path: Path | None
    pictures: bool
    as_json: bool

    def run(self, receipts: Path, every: str, lasting: str) -> Exit:
        """Make one round, or one after another; return the worst that came of any. Raises InUse, Unwritable."""
        from capture.request.amounts import span
        from exports.custody.receipt_folder import ReceiptFolder, repeated

        pause, length = (span(every, "--every"), None) if every else (1.0, 0.0)
        length = span(lasting, "--for") if lasting else length
        worst = Exit.OK

        def _round(number: int) -> None:
            nonlocal worst
            worst = worse(worst, self._apart(number, folder))

        given = (*self.targets, *([self.since] if self.since is not None else []))
        with ReceiptFolder(receipts, given) as folder, terminating_like_ctrl_c():
            try:
                repeated(_round, every=pause, length=length)
            except KeyboardInterrupt:
                complain("ended; the receipts of the rounds that are over stay")
        return worst

    def _apart(self, number: int, folder: ReceiptFolder) -> Exit:
        """Make a round in a process of its own: this one, which waits for days, holds neither evidence nor the key."""
        if not isinstance(click.get_current_context().find_root().obj, OwnProcess):
            return self._round(number, folder)
        child, let_signals_come = fork_undisturbed()
        if child == 0:
            try:
                let_signals_come()
                code = self._round(number, folder)
            except KeyboardInterrupt:
                code = Exit.INTERRUPTED
            sys.exit(code)
        with ending_with_this(child):
            let_signals_come()
            ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if ended in {Exit.OK, Exit.UNCHECKED, Exit.MISMATCH}:
            return Exit(ended)
        complain(f"round {number} ended with exit code {ended}")
        return Exit.UNCHECKED

    def _round(self, number: int, folder: ReceiptFolder) -> Exit:
        from exports.custody.receipt_folder import target_names

        worst = Exit.OK
        for target, path in zip(target_names(self.targets), self.targets, strict=True):
            worst = worse(worst, self._target(number, target, path, folder))
        return worst

    def _target(self, number: int, target: str, path: Path, folder: ReceiptFolder) -> Exit:
        """Verify a target, write the receipt, and tell both in a line, behind one for each fault."""
        from exports.verification import Verification
        from exports.verification.summary import verification_lines
        from hashing.errors import HashingError
        from hashing.times import system_clock, time_text

        process = os.getpid()
        last, wrong = folder.last(target)
        try:
            examine = partial(self.examine, path, last)
            found = found_apart(examine, Verification, path, self.since, pictures=self.pictures)
        except SystemExit as error:
            if os.getpid() != process:
                raise  # it is the process apart that ends
            complain(f"{path}: could not be verified (exit code {error.code})")
            return Exit.UNCHECKED
        key = signing_key(self.signing_path)  # not before: the process that reads the evidence was made of this one
        found = doubted(found, last, wrong, own_keys(key))
        worst = verdict_exit(found.verdict)
        try:
            receipt = str(folder.write(found, target, key=key, officer=self.officer))
        except HashingError as error:
            complain(f"no receipt was written: {error}", error.hint)
            receipt, worst = "", worse(worst, Exit.UNCHECKED)
        if self.as_json:
            print_json({"round": number, "receipt": receipt or None, **found.to_json()})
            return worst
        *lines, verdict = verification_lines(found)
        for line in lines if found.verdict != "ok" else [each for each in lines if _is_news(found, each)]:
            print_styled(line)
        moment = time_text(system_clock())[: len("2026-11-24T10:15")].replace("T", " ")
        first = "" if last is not None else ", the first of it here"
        said = f"{moment} UTC  round {number}  {verdict}  {Path(receipt).name or 'no receipt'}{first}"
        print_styled(said, verdict_style(found.verdict))
        return worst


def _is_news(found: Verification, line: str) -> bool:
    """Say whether a line tells of what is whole that it has grown since the last receipt."""
    grown = found.since is not None and found.since.fingerprint != found.seals[0].fingerprint
    return grown and line.startswith("since ")


def doubted(found: Verification, last: KeptReceipt | None, wrong: Sequence[str], own: Collection[str]) -> Verification:
    """Add to what was found what is wrong with the receipts that it was to be compared with: they prove nothing then.

    `last` is the one that it was compared with, if any; `own` are the keys of whoever verifies.
    """
    from exports.format.result import RECEIPTS, Unchecked
    from hashing.ledger.keys import PublicKey

    doubts = [Unchecked(RECEIPTS, each) for each in wrong]
    if last is not None and last.believed and PublicKey.parse(last.receipt.public_key).raw.hex() not in own:
        signer = PublicKey.parse(last.receipt.public_key).fingerprint()
        reason = f"{last.name}: signed by {signer}, which is no key of yours: name a folder of your own with --receipts"
        doubts.append(Unchecked(RECEIPTS, reason))
    return msgspec.structs.replace(found, unchecked=(*found.unchecked, *doubts))
