"""How much of a ledger is held in memory at once: whoever wrote it chose how many lines, and how long."""

from __future__ import annotations

from exports.errors import TooMuch

MOST = 160 << 20
"""Bytes; with what else a command needs it stays below 300 MiB."""
_A_LINE = 400
"""Bytes that are kept of a line besides its text (measured)."""


class LineBudget:
    """Counts lines that are kept, and refuses those that are too many."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._left = MOST

    def charge(self, line: bytes) -> None:
        """Count a line. Raises TooMuch where more is to be kept than is checked at once."""
        self._left -= _A_LINE + len(line)
        if self._left < 0:
            raise TooMuch(f"{self._name}: more than goldenhour checks at once, which is some 160,000 items")
