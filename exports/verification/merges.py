"""Checking what a case says of captures that were merged into it: where each came from, and what was stated there.

A checkpoint that came with a capture is checked by the key that the `merged` line names, so it proves what the holder
of that key signed. Whose key it is, its fingerprint tells whoever knows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exports.format.continuity import entries
from exports.format.lookup import RecordLookup
from hashing.case.case import case_origin
from hashing.case.events import CaptureSealed, CaseEvent, Merged, MergedLine
from hashing.errors import BadFormat, BadKey, BadSignature
from hashing.ledger.checkpoint import Checkpoint, open_checkpoint
from hashing.ledger.keys import PublicKey
from hashing.ledger.merkle import leaf_hash, verify_inclusion
from hashing.ledger.note import decode_base64


def merge_faults(lines: Iterable[tuple[int, CaseEvent]]) -> Iterator[tuple[int, str]]:
    """Yield the number of each of these lines, which are in their order, about a merge that does not hold, and why."""
    checkpoints: RecordLookup[Checkpoint | None] = RecordLookup(Checkpoint | None)
    sealed: RecordLookup[tuple[str, str]] = RecordLookup(tuple[str, str])
    for number, event in lines:
        fault = ""
        if isinstance(event, CaptureSealed):
            sealed[event.capture] = event.exhibit, event.fingerprint
        elif isinstance(event, Merged):
            fault = _unlike(event, sealed.get(event.capture))
            try:
                checkpoints[f"{event.capture}\0{event.case}"] = stated_checkpoint(event)
            except (BadFormat, BadKey, BadSignature) as error:
                fault = f"the checkpoint of the other case does not hold: {error}"
        elif isinstance(event, MergedLine):
            fault = merged_line_fault(event, checkpoints.get(f"{event.capture}\0{event.case}"))
        if fault:
            yield number, fault


def stated_checkpoint(merged: Merged) -> Checkpoint | None:
    """Return the other case's checkpoint; None where none came. Raises BadFormat, BadKey, BadSignature."""
    if not merged.checkpoint:
        return None
    checkpoint = open_checkpoint(merged.checkpoint.encode(), PublicKey.parse(merged.voucher))
    if checkpoint.origin != case_origin(merged.case):
        raise BadFormat("it is of another ledger")
    return checkpoint


def merged_line_fault(stated: MergedLine, checkpoint: Checkpoint | None) -> str:
    """Say why a line does not stand in the other case's ledger, or not for this exhibit; "" where it does."""
    if checkpoint is None:
        return "states what another case says, and no checkpoint of that case came before it"
    try:
        leaf, proof = leaf_hash(stated.said.encode()), [decode_base64(each) for each in stated.proof]
        if not verify_inclusion(stated.line, checkpoint.size, leaf, proof, checkpoint.root):
            return "does not prove that the line stands in the other case's ledger"
        if not entries(stated.line, stated):
            return "states nothing of its exhibit"
    except (BadFormat, BadKey) as error:
        return f"states what cannot be read: {error}"
    return ""


def _unlike(merged: Merged, sealed: tuple[str, str] | None) -> str:
    """Say where a merge is of another seal than the case records; a bundle has that line elsewhere."""
    if sealed is None or sealed == (merged.exhibit, merged.fingerprint):
        return ""
    return "was merged with another seal than the case records"
