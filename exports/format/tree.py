"""The files under a path, in a folder or in a zip, read without leaving it and without writing anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

import msgspec

from exports.errors import NotCheckable
from exports.format.lookup import Lookup
from hashing.printable import printable

T = TypeVar("T")

FILE = "file"
LINK = "symbolic link"
OTHER = "special file"

# Files by either of which a WACZ is known, so that it stays one when the other is gone.
WACZ_MARKS = frozenset({"datapackage.json", "datapackage-digest.json"})


class FileReading(msgspec.Struct, frozen=True):
    """What a file's bytes are: SHA-256 in hexadecimal and size, or why it could not be read.

    `fault` says what is wrong with the file although it has these bytes. `hollow` is the size of one that is nearly all
    hole and was not read; `reason` says so.
    """

    name: str
    sha256: str = ""
    size: int = 0
    reason: str = ""
    fault: str = ""
    hollow: int = 0


class EvidenceTree(Protocol):
    """Files by their path below the root, with forward slashes."""

    path: Path
    top: str  # The name of the folder that a zip unpacks to; "" where there is none.

    def kinds(self) -> Lookup[str, str]:
        """Return every path that is not a folder, with what it is."""

    def open(self, name: str) -> BinaryIO:
        """Open a file. Raises NotCheckable."""

    def begin(self, wanted: Callable[[str], bool]) -> None:
        """Begin to hash the files of these names, where that is quicker: only what nobody is writing to."""

    def beside(self, work: Callable[[], T], kind: type[T], size: int) -> Callable[[], T]:
        """Do work that reads files of this tree, of so many bytes; return what returns its result, of this `kind`.

        Where that is quicker it is done meanwhile, by another process, and what it changes in memory is lost.
        """

    def size(self, name: str) -> int:
        """Return how many bytes a file is said to have. Raises NotCheckable."""

    def hash(self, progress: Callable[[int], None]) -> Iterator[FileReading]:
        """Hash all files, on all cores, in the order of their names; what was begun is at its end on return."""

    def empty_folders(self) -> Collection[str]:
        """Return the folders that hold nothing."""


# Paths as nearly all are, which lead nowhere else.
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")


def demand_inside(name: str) -> None:
    """Refuse a path that leads out of where it is. Raises NotCheckable."""
    if _PLAIN.fullmatch(name):
        return
    # Unix's and Windows's ways out of a folder: absolute, `..`, a drive, a backslash, a NUL that ends a name early.
    parts = name.removesuffix("/").split("/")
    if (
        not name
        or name.startswith("/")
        or "\\" in name
        or "\0" in name
        or set(parts) & {"", ".", ".."}
        or ":" in parts[0]
    ):
        raise NotCheckable(f"{printable(name, 200)}: a path that leads out of the bundle")


def refusal(error: OSError) -> str:
    """Say in plain words what the system refused."""
    return (error.strerror or str(error)).lower()
