"""Comparing two states of one case: nothing that the earlier one holds was removed or changed in the later one.

Both are checked by themselves first. Then the ledger that the later seal is of must begin with the one that the earlier
seal is of, and each capture that both hold must have the same seal, which covers every item.

It does not show that the earlier one held all that there was, nor who removed what is gone.
"""

from __future__ import annotations

from exports.format.bundle_layout import CONSISTENCY, SEAL_CHECKPOINT
from exports.format.result import MISMATCH, OK, Since, Verification
from exports.verification.check import Check
from exports.verification.history import SealHistory
from hashing.case.capture_folder import CHECKPOINT, ITEMS
from hashing.ledger.ledger import LEDGER

_INCOMPARABLE = "has no sound seal of a case's ledger; only cases and bundles can be compared"


class Comparison:
    """The later one, of which every file has been compared by now, beside the earlier one.

    `verified` is what came of checking the earlier one; `earlier` is None where that could not be begun.
    """

    def __init__(self, what: str, later: Check, verified: Verification, earlier: Check | None) -> None:
        self.what, self.later, self.verified = what, later, verified
        self.new, self.old = later.history, earlier.history if earlier else SealHistory()
        self.expected = earlier.expected if earlier else {}
        self.name = SEAL_CHECKPOINT if what.startswith("bundle") else LEDGER

    def run(self) -> Since:
        """Note every difference among the findings of the later one, and return what was compared."""
        self._judge_earlier()
        comparable = self._comparable()
        holds = self._ledger_holds() if comparable else None
        same, absent = self._captures(holds) if comparable else ({}, [])
        seal = self.old.seal
        return Since(
            path=str(self.verified.path),
            what=self.verified.what,
            verdict=self.verified.verdict,
            origin=seal.origin if seal else "",
            size=seal.size if seal else 0,
            root=seal.root.hex() if seal else "",
            fingerprint=seal.fingerprint() if seal else "",
            holds=holds,
            captures=len(same),
            items=self._same_items(same),
            absent=tuple(absent),
        )

    def _judge_earlier(self) -> None:
        verified, path = self.verified, str(self.verified.path)
        if verified.verdict == MISMATCH:
            self.later.unchecked(path, "does not match its own seal, so it proves little; verify it alone to see why")
        elif verified.verdict != OK:
            reason = verified.unchecked[0]
            where = "" if reason.path in {path, "."} else f"{reason.path}: "
            self.later.unchecked(path, f"could not be checked itself: {where}{reason.reason}")

    def _comparable(self) -> bool:
        """Say whether both have a seal of the same case's ledger."""
        path, new, old = self.verified.path, self.new.seal, self.old.seal
        if new is None:
            self.later.unchecked(".", _INCOMPARABLE)
        if old is None and self.verified.verdict == OK:
            self.later.unchecked(str(path), _INCOMPARABLE)
        if new is None or old is None:
            return False
        if new.origin != old.origin:
            self.later.unchecked(".", f"is of another case than {path}: {new.origin}, and not {old.origin}")
        return new.origin == old.origin

    def _ledger_holds(self) -> bool | None:
        """Say whether the later ledger begins with the whole earlier one; None where that could not be found out."""
        path, size, length = self.verified.path, max(self.old.roots), max(self.new.roots)
        self._judge_signers()
        different = next((size for size, root in self.old.roots.pairs() if self.new.roots.get(size, root) != root), 0)
        if different:
            reason = f"the first {different} lines of the case's ledger are not those that {path} has"
            self.later.problem(self.name, f"{reason}: something in them was removed or changed")
            return False
        if size > length:
            reason = f"is of {length} lines of the case's ledger, and {path} is of {size}"
            self.later.problem(self.name, f"{reason}: lines were removed, or the two were named in the wrong order")
            return False
        return self._proven(size)

    def _proven(self, size: int) -> bool | None:
        path = self.verified.path
        if size in self.new.roots:
            return True
        if not self.new.proven:
            reason = f"without a sound {CONSISTENCY} it cannot show that it only adds to {path}"
            self.later.unchecked(self.name, f"{reason}; verify the case itself with --since")
            return None
        if self.verified.what.startswith("bundle"):
            reason = f"does not show the {size} lines of {path}, as it does of every bundle made before it"
            self.later.problem(self.name, f"{reason}: something in them was removed or changed")
            return False
        common = max((size for size in self.old.roots if size in self.new.roots), default=0)
        known = f", but for the first {common}" if common else ""
        reason = f"holds no proof of the {size} lines that {path} has{known}"
        self.later.unchecked(self.name, f"{reason}; verify the case itself with --since")
        return None

    def _judge_signers(self) -> None:
        """Demand of a key that made no seal of the earlier one that the user knows it: it may be anybody's."""
        known = {signer.fingerprint for signer in self.verified.signers}
        newest = self.later.findings.signers[0]
        if newest.fingerprint not in known and not newest.confirmed:
            reason = f"signed by {newest.fingerprint}, which signed nothing in {self.verified.path}"
            self.later.unchecked(self.name, f"{reason}; if you know both keys, name both with --key")

    def _captures(self, holds: bool | None) -> tuple[dict[str, str], list[str]]:
        """Compare the captures; return those that are the same, earlier and later folder, and exhibits not here.

        What is not here was left out of a bundle on purpose if its ledger is whole; else it may have been removed.
        """
        path, same, absent = self.verified.path, {}, []
        doubtful = {each.path for each in self.verified.altered}
        for capture, held in self.old.captures.items():
            if f"{held.prefix}{CHECKPOINT}" in doubtful:
                continue  # its seal is not the one that the earlier ledger has, so it accuses nobody
            here = self.new.captures.get(capture)
            if here is None and (holds is False or self.what == "case"):
                self.later.problem(self.name, f"{held.seal.exhibit} ({capture}), which {path} holds, is not here whole")
            elif here is None:
                absent.append(held.seal.exhibit)
            elif here.seal != held.seal:
                self.later.problem(here.prefix, f"{held.seal.exhibit} was sealed otherwise in {path}")
            else:
                same[held.prefix] = here.prefix
        return same, absent

    def _same_items(self, folders: dict[str, str]) -> int:
        """Count the items that are here with the same bytes; one that is not is among the findings already."""
        later = self.later
        faulty = {each.path for each in later.findings.altered} | {each.path for each in later.findings.unchecked}
        count = 0
        for name, sha256 in self.expected.items():
            folder, inside, item = name.rpartition(f"{ITEMS}/")
            if folder in folders:
                here = f"{folders[folder]}{inside}{item}"
                sound = here not in faulty and here in later.kinds
                count += sound and later.expected.get(here) == sha256
        return count
