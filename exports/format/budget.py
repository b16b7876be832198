"""How much a stranger may fill memory with: names of deep folders, lines of a ledger that are kept."""

from __future__ import annotations

import sys

from exports.errors import TooMuch

MOST_NAMES = 180 << 20  # Bytes of names of deep folders.
_SHALLOW = 8  # Folders on the way to a file of a bundle or a case, at most. Of deeper ones, each can be another.
MOST_LINES = 160 << 20  # Bytes; with what else a command needs it stays below 300 MiB.
_A_LINE = 400  # Bytes that are kept of a line besides its text (measured).


class NameBudget:
    """Counts the folders on the way to what is named, and refuses more deep ones than any case or bundle has."""

    def __init__(self, most: int = MOST_NAMES) -> None:
        self._left = most

    def charge(self, name: str) -> None:
        """Count the folders on the way to a file or a folder. Raises TooMuch beyond those that are verified at once."""
        # Each of them is looked up as a name, and a few bytes of a zip can name thousands.
        size, depth = sys.getsizeof(name), name.count("/")
        if depth > _SHALLOW:
            self._left -= depth * size // 2
        if self._left < 0:
            raise TooMuch(
                "more deep folders than goldenhour verifies at once: no case, capture or bundle has any",
                hint="verify the case, the capture or the bundle by itself",
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
