"""What became of each capture that was to be merged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

TAKEN, WOULD_TAKE, THERE = "taken", "would be taken", "already there"
REFUSED, MISMATCH, UNCHECKED, NOTHING = "refused", "mismatch", "unchecked", "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeOutcome:
    """One capture of a source; or the source itself, without a capture, where nothing of it could be taken."""

    source: Path
    outcome: str
    capture: str = ""
    exhibit: str = ""
    fingerprint: str = ""  # Of the capture's seal.
    signer: str = ""  # The fingerprint of the key that made the seal.
    items: int = 0
    bytes: int = 0  # Size of the items together.
    stated: int = 0  # Lines of the other case's log that were kept with it now.
    reason: str = ""  # Why it was not taken; more than a line where several files are at fault.
    hint: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the same as plain values, as docs/json.md describes them."""
        return {
            "from": str(self.source),
            "outcome": self.outcome,
            "capture": self.capture or None,
            "exhibit": self.exhibit or None,
            "seal": self.fingerprint or None,
            "signer": self.signer or None,
            "items": self.items,
            "bytes": self.bytes,
            "stated": self.stated,
            "reason": self.reason,
            "hint": self.hint,
        }
