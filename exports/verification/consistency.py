"""Checking a bundle's proofs that its seal only adds to earlier states of the case's ledger."""

from __future__ import annotations

from exports.errors import NotCheckable
from exports.format.bundle_layout import CONSISTENCY
from exports.format.proofs import read_consistency
from exports.verification.check import Check
from hashing.errors import BadFormat
from hashing.ledger.checkpoint import Checkpoint
from hashing.ledger.merkle import verify_consistency


def check_consistency(check: Check, seal: Checkpoint, export: int | None) -> None:
    """Check a bundle's proofs that its seal only adds to earlier states of the ledger (RFC 9162, section 2.1.4.2).

    `export` is the index of the line that records the export: the last proof is of the ledger just before it.
    """
    history = check.history
    history.hold(seal)
    if not check.is_file(CONSISTENCY):
        return  # named with all that is missing
    try:
        proofs = read_consistency(check.small(CONSISTENCY))
        sizes = [each.size for each in proofs.earlier]
        if proofs.size != seal.size or sizes != sorted(set(sizes)):
            raise BadFormat(f"of another length than the sealed ledger of {seal.size} lines")
        if export is not None and sizes[-1:] != [export]:
            raise BadFormat("does not end with the ledger as it was before the export")
    except (BadFormat, NotCheckable) as error:
        check.problem(CONSISTENCY, f"cannot be checked: {error}")
        return
    for each in proofs.earlier:
        if not verify_consistency(each.size, seal.size, each.root, seal.root, each.hashes):
            check.problem(CONSISTENCY, f"does not prove that the sealed ledger begins with one of {each.size} lines")
            return
        history.roots[each.size] = each.root
    history.proven = True
