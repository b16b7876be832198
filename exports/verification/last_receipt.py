"""Comparing what is verified with the receipt of the last time: every seal that it names is here, or has grown.

A case that was set back to an earlier state, or another one in its place, is whole by itself: this tells them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exports.custody.receipt import MOST_SEALS
from exports.format.result import Since
from exports.verification.check import Check

if TYPE_CHECKING:
    from exports.custody.receipt import KeptReceipt, ReceiptSeal


class LastReceipt:
    """Compares what was found with a receipt, and notes among the findings what is not as it says.

    That is a fault where the receipt is believed; where it is not, the two could not be compared.
    """

    def __init__(self, check: Check, last: KeptReceipt) -> None:
        self._check, self._name, self._receipt = check, last.name, last.receipt
        self._tell = check.problem if last.believed else check.unchecked

    def run(self) -> Since:
        """Compare; return what the two have in common and what is new."""
        findings, receipt = self._check.findings, self._receipt
        before = {(seal.origin, seal.size, seal.root): seal for seal in receipt.seals}
        here, held, new = set[tuple[str, int, str]](), list[str](), list[str]()
        all_named = len(findings.seals) <= MOST_SEALS  # of more a receipt names the first alone
        for found in findings.seals:
            known = found.origin, found.size, found.root
            here |= {known} & before.keys()
            if found.exhibit and (known in before or all_named):
                (held if known in before else new).append(found.exhibit)
        said = len(findings.problems), len(findings.unchecked)
        for known, seal in before.items():
            if known not in here and not self._has_grown(seal):
                self._tell_gone(seal)
        self._judge_signer(grown=not before.keys() <= here)
        faults = len(findings.problems) - said[0], len(findings.unchecked) - said[1]
        first = receipt.seals[0] if receipt.seals else None
        return Since(
            path=self._name,
            what=f"receipt of a {receipt.what}",
            verdict=receipt.verdict,
            origin=first.origin if first else "",
            size=first.size if first else 0,
            root=first.root if first else "",
            fingerprint=first.fingerprint if first else "",
            holds=False if faults[0] else None if faults[1] else True,
            captures=len(held),
            items=0,
            absent=(),
            new=tuple(new),
        )

    def _has_grown(self, seal: ReceiptSeal) -> bool:
        """Say whether the ledger that a seal was of begins with what it covered."""
        return self._check.history.roots.get(seal.size, b"").hex() == seal.root and self._is_newest(seal.origin)

    def _is_newest(self, origin: str) -> bool:
        newest = self._check.history.seal
        return newest is not None and newest.origin == origin

    def _tell_gone(self, seal: ReceiptSeal) -> None:
        """Note why a seal of the receipt is not here."""
        newest = self._check.history.seal
        where, was = "." if newest is None else newest.origin, f"the receipt {self._name}"
        if newest is not None and newest.origin == seal.origin and newest.size < seal.size:
            reason = f"set back: it has {newest.size} signed lines, and had {seal.size} by {was}"
        elif newest is not None and newest.origin == seal.origin and seal.size not in self._check.history.roots:
            self._check.unchecked(where, f"holds no proof of the {seal.size} lines that it had by {was}")
            return
        elif newest is not None and newest.origin == seal.origin:
            reason = f"its first {seal.size} lines are not those that it had by {was}"
        else:
            reason = f"the seal {seal.fingerprint} of {seal.origin}, which {was} names, is not here"
        self._tell(where, reason)

    def _judge_signer(self, *, grown: bool) -> None:
        """Demand that who signed what has come since had signed before, or is known to the user."""
        signers = self._check.findings.signers
        if grown and signers and not signers[0].confirmed and signers[0].fingerprint not in self._receipt.signers:
            reason = f"signed by {signers[0].fingerprint}, which had signed nothing by the receipt {self._name}"
            self._check.unchecked(signers[0].covers, f"{reason}; if you know that key, name it with --key")
