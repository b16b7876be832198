"""How much a stranger may fill memory with: names of files in a verification, lines of a ledger."""

from __future__ import annotations

import sys

from exports.errors import TooMuch

MOST_NAMES = 180 << 20
"""Bytes for all that is kept of the names; with what else a verification needs it stays below 300 MiB."""
_A_NAME = 420
"""Bytes that are kept for a file besides its name: its entry, its digest, their places in tables (measured)."""
_COPIES = 3
"""The name as it is in the zip, below its top folder, and in the ledger that speaks of it."""
_SHALLOW = 8
"""Folders on the way to a file of a bundle or a case, at most. Of deeper ones, each can be another."""

MOST_LINES = 160 << 20
"""Bytes; with what else a command needs it stays below 300 MiB."""
_A_LINE = 400
"""Bytes that are kept of a line besides its text (measured)."""


class NameBudget:
    """Counts what names take, and refuses those that are too many."""

    def __init__(self, most: int = MOST_NAMES) -> None:
        self._left = most

    def charge(self, name: str) -> None:
        """Count a file. Raises TooMuch where there are more than are verified at once."""
        # Names are what a tree of files costs in memory, and each folder above a name is kept as a name, too.
        size, depth = sys.getsizeof(name), name.count("/")
        self._left -= _A_NAME + _COPIES * size
        if depth > _SHALLOW:
            self._left -= depth * size // 2
        if self._left < 0:
            raise TooMuch(
                "more files than goldenhour verifies at once, which is some 250,000",
                hint="verify the captures of a case one by one (goldenhour verify CASE/captures/…), and export its "
                "exhibits one by one",
            )


class LineBudget:
    """Counts lines that are kept, and refuses those that are too many."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._left = MOST_LINES

    def charge(self, line: bytes) -> None:
        """Count a line. Raises TooMuch where more is to be kept than is checked at once."""
        self._left -= _A_LINE + len(line)
        if self._left < 0:
            raise TooMuch(f"{self._name}: more than goldenhour checks at once, which is some 160,000 items")
