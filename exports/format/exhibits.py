"""Lists of exhibit references as people write them: `MP/1 to MP/300, MP/305`."""

from __future__ import annotations

import re
from collections.abc import Sequence

_REFERENCE = re.compile(r"(.{1,64}/)([1-9][0-9]{0,8})", re.ASCII)
_SHORTEST = 3
"""References in a row that are worth a range."""


def exhibit_ranges(references: Sequence[str]) -> str:
    """Write references in their order, those that follow each other as a range: a watch makes hundreds."""
    rows: list[list[str]] = []
    for reference in references:
        if rows and reference == _following(rows[-1][-1]):
            rows[-1].append(reference)
        else:
            rows.append([reference])
    return ", ".join(f"{row[0]} to {row[-1]}" if len(row) >= _SHORTEST else ", ".join(row) for row in rows)


def _following(reference: str) -> str:
    """Return the reference that comes next; "" after what is no reference."""
    match = _REFERENCE.fullmatch(reference)
    return f"{match[1]}{int(match[2]) + 1}" if match else ""
