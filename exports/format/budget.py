"""How much a stranger may fill memory with: folders in a verification, lines of a ledger that are kept."""

from __future__ import annotations

import sys

from exports.errors import TooMuch

MOST_NAMES = 180 << 20  # Bytes for what is kept of folders; with what else a verification needs it stays below 300 MiB.
_A_FOLDER = 100  # Bytes that are kept for a folder besides its name (measured).
_SHALLOW = 8  # Folders on the way to a file of a bundle or a case, at most. Of deeper ones, each can be another.
MOST_LINES = 160 << 20  # Bytes; with what else a command needs it stays below 300 MiB.
_A_LINE = 400  # Bytes that are kept of a line besides its text (measured).


class NameBudget:
    """Counts what folders take, and refuses those that are too many or too deep."""

    def __init__(self, most: int = MOST_NAMES) -> None:
        self._left = most

    def charge(self, name: str, *, folder: bool = False) -> None:
        """Count a folder, or those on the way to a file. Raises TooMuch beyond those that are verified at once."""
        # Names are what a tree of files costs in memory, and each folder above a name is kept as a name, too.
        size, depth = sys.getsizeof(name), name.count("/")
        if folder:
            self._left -= _A_FOLDER + size
        if depth > _SHALLOW:
            self._left -= depth * size // 2
        if self._left < 0:
            raise TooMuch(
                "more folders, or deeper ones, than goldenhour verifies at once",
                hint="verify the captures of a case one by one (goldenhour verify CASE/captures/…), and export its "
                "exhibits one by one",
            )


class LineBudget:
    """Counts lines that are kept, and refuses those that are too many."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._left = MOST_LINES

    def charge(self, line: bytes | memoryview) -> None:
        """Count a line. Raises TooMuch where more is to be kept than is checked at once."""
        self._left -= _A_LINE + len(line)
        if self._left < 0:
            raise TooMuch(f"{self._name}: more than goldenhour keeps at once, which is some 160,000 lines")
