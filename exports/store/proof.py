"""What was found in a store, as a verification of which a receipt can be signed, compared with the last receipt."""

from __future__ import annotations

from pathlib import Path

from exports.custody.receipt import KeptReceipt
from exports.format.result import Findings, Problem, SealFound, Since, Unchecked, Verification
from exports.store.check import IN_PART, StoreCheck
from exports.store.vouched import CASE, Vouched


def store_verification(path: Path, found: StoreCheck, state: Vouched, last: KeptReceipt | None) -> Verification:
    """Return a check of a store as a verification, whose seal is that of the state that the store holds.

    `state` is what `path` on the disk vouches for. A store that was set back to an earlier state holds all of that
    one: the last receipt tells.
    """
    findings = Findings(
        altered=found.altered, missing=found.missing, added=found.added, unchecked=found.unchecked,
        files=found.files, bytes=found.bytes,
    )  # fmt: skip
    if found.verdict == IN_PART:
        findings.notes.append(f"{len(found.later):,} files came later and are not in the store yet: push them")
    seal = state.seal_at(found.lines)
    if seal is not None:
        findings.seals.append(seal)
    since = _compared(findings, seal, state, last) if last is not None else None
    findings.notes.append(f"compared with {found.location}")
    return Verification.of(path, f"{found.what} in a store", findings, since)


def _compared(findings: Findings, seal: SealFound | None, state: Vouched, last: KeptReceipt) -> Since:
    known, fault = last.receipt.seals[0], ""
    by = f"the receipt {last.name}"
    if seal is None or seal.origin != known.origin:
        fault = f"holds no state of {known.origin}, of which {by} is"
    elif seal.size < known.size:
        fault = f"set back: it holds {seal.size} lines of the case's ledger, and held {known.size} by {by}"
    elif state.what == CASE and state.ledgers.get(known.size, (0, "", ""))[2] != known.root:
        fault = f"the first {known.size} lines of the case's ledger are not those that it held by {by}"
    elif state.what != CASE and (seal.size, seal.root) != (known.size, known.root):
        fault = f"holds another bundle than it did by {by}"
    if fault and last.believed:
        findings.problems.append(Problem(".", fault))
    elif fault:
        findings.unchecked.append(Unchecked(".", fault))
    return Since(
        path=last.name, what=f"receipt of a {last.receipt.what}", verdict=last.receipt.verdict, origin=known.origin,
        size=known.size, root=known.root, fingerprint=known.fingerprint,
        holds=not fault if last.believed or not fault else None, captures=0, items=0, absent=(),
    )  # fmt: skip
