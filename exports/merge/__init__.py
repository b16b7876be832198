"""Captures that were made elsewhere are brought into a case: verified, copied, verified again, and only then recorded.

Each keeps its own seal, byte for byte, and its own exhibit reference. What the other case's log says of it is kept as
that case's word, with the proof that it stands there.
"""

from exports.merge.merge import merge
from exports.merge.outcome import MISMATCH, NOTHING, REFUSED, TAKEN, THERE, UNCHECKED, WOULD_TAKE, MergeOutcome
from exports.merge.statements import Merger

__all__ = [
    "MISMATCH",
    "NOTHING",
    "REFUSED",
    "TAKEN",
    "THERE",
    "UNCHECKED",
    "WOULD_TAKE",
    "MergeOutcome",
    "Merger",
    "merge",
]
