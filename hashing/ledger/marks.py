"""What authenticates a ledger that is not sealed yet: `ledger.mac` beside it, a line before every group of lines.

Each line states how long the ledger and every exchange file will be when the group is written, and their digests, under
a MAC of the key's owner. It is on disk before the group, so that no line that was acknowledged is without one. What
stands behind the newest mark that holds was not written by the key's owner, or never acknowledged.

This does not protect from being cut back to the state of an earlier mark.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hashing.errors import BadFormat
from hashing.files import inside
from hashing.files.storage import create, read_error, storing, write_all
from hashing.ledger.canonical import canonical_json

if TYPE_CHECKING:
    from hashing.ledger.mac import Mac

MARKS = "ledger.mac"
_LONGEST = 1 << 20  # Bytes of a line; none of ours comes near it.


class Grown(msgspec.Struct, frozen=True, kw_only=True):
    """How many bytes an exchange file has, and their SHA-256."""

    size: int
    sha256: str


class LedgerMark(msgspec.Struct, frozen=True, kw_only=True):
    """A state of the ledger that the key's owner has written: its number of lines, their root, the exchange files."""

    size: int
    root: str
    warcs: dict[str, Grown] = {}


class _MarkLine(msgspec.Struct, frozen=True, kw_only=True):
    mark: LedgerMark
    mac: str


class LedgerMarks:
    """The marks of a ledger that goes on."""

    def __init__(self, path: Path, descriptor: int, mac: Mac, *, torn: bool = False) -> None:
        self._path = path
        self._descriptor = descriptor
        self._mac = mac
        self._torn = torn  # Whether half a line may stand at the end, of a process that died or of a write that failed.

    @classmethod
    def create(cls, folder: Path, mac: Mac, *, root: Path | None = None) -> LedgerMarks:
        """Begin the marks of a new ledger. Raises WouldOverwrite, Unwritable."""
        return cls(folder / MARKS, create(folder / MARKS, root=root), mac)

    @classmethod
    def open(cls, folder: Path, mac: Mac, *, root: Path | None = None) -> LedgerMarks:
        """Go on with the marks of a ledger whose process died. Raises Unwritable."""
        path = folder / MARKS
        with storing(path):
            descriptor = inside.open_file(path, os.O_RDWR | os.O_APPEND, root, alone=True)
        return cls(path, descriptor, mac, torn=True)

    def add(self, size: int, root: bytes, warcs: Mapping[str, Grown] | None = None) -> None:
        """State what the ledger will be, before its lines are written. On disk on return. Raises StorageFull."""
        mark = LedgerMark(size=size, root=root.hex(), warcs=dict(warcs or {}))
        line = canonical_json(_MarkLine(mark=mark, mac=self._mac.of(b"mark", canonical_json(mark)))) + b"\n"
        line, self._torn = b"\n" + line if self._torn else line, True
        with storing(self._path):
            write_all(self._descriptor, line)
            os.fsync(self._descriptor)
        self._torn = False

    def close(self) -> None:
        """Let go of the file. More than once does no harm."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def read_marks(folder: Path, mac: Mac, *, root: Path | None = None) -> dict[int, LedgerMark]:
    """Return the marks that hold, by the length of the ledger; of one length the last. Raises Unreadable."""
    path, found = folder / MARKS, dict[int, LedgerMark]()
    try:
        with open(inside.open_file(path, root=root), "rb") as file:  # noqa: PTH123 - a descriptor
            while data := file.readline(_LONGEST):
                try:
                    line = msgspec.json.decode(data, type=_MarkLine)
                    text = canonical_json(line.mark)
                except (msgspec.DecodeError, UnicodeError, BadFormat):
                    continue  # torn, or not ours
                if mac.holds(line.mac, b"mark", text):
                    found[line.mark.size] = line.mark
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise read_error(path, error) from error
    return found


def newest_mark(marks: Mapping[int, LedgerMark], roots: Iterable[tuple[int, bytes]]) -> LedgerMark | None:
    """Return the longest mark that is of the ledger with these roots by length."""
    newest = None
    for size, root in roots:
        mark = marks.get(size)
        if mark is not None and mark.root == root.hex():
            newest = mark
    return newest
