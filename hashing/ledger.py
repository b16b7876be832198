"""The ledger: an append-only file of lines over which a Merkle tree grows (RFC 6962).

A line is on disk before `append` returns. The tree's leaf is the line without its newline.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hashing.errors import BadFormat, InUse
from hashing.lock import wait_for_lock
from hashing.merkle import Tree
from hashing.storage import create, read_error, storing, sync_folder, write_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import BinaryIO, Self

LEDGER = "ledger.jsonl"
LONGEST_LINE = 4 << 20
"""Bytes; no event comes near it, so a longer line is not ours."""


class Ledger:
    """A ledger open for appending, locked against every other process.

    `torn` is the number of bytes of an unfinished last line that were cut off when it was opened: a line that was
    never announced, because its writer died while writing it.
    """

    def __init__(self, path: Path, descriptor: int, tree: Tree, length: int, torn: bytes = b"") -> None:
        self.path = path
        self.torn = torn
        self._descriptor = descriptor
        self._tree = tree
        self._length = length

    @classmethod
    def create(cls, path: Path) -> Self:
        """Begin a ledger. Raises WouldOverwrite, Unwritable."""
        descriptor = create(path)
        if not wait_for_lock(descriptor, 0):
            os.close(descriptor)
            raise InUse(f"{path}: another process took the new ledger")
        sync_folder(path.parent)
        return cls(path, descriptor, Tree(), 0)

    @classmethod
    def open(cls, path: Path, *, wait: float = 0) -> Self:
        """Go on with a ledger, after waiting up to `wait` seconds for its lock. Raises InUse, Unwritable, BadFormat."""
        with storing(path):
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            if not wait_for_lock(descriptor, wait):
                raise InUse(f"{path}: in use by another process", hint="wait until it has finished")
            tree, length, torn = Tree(), 0, b""
            with os.fdopen(os.dup(descriptor), "rb") as file:
                for line in _raw_lines(file, path):
                    if line.endswith(b"\n"):
                        tree.append(line[:-1])
                        length += len(line)
                    else:
                        torn = line
            if torn:
                with storing(path):
                    os.ftruncate(descriptor, length)
                    os.fsync(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(path, descriptor, tree, length, torn)

    @property
    def size(self) -> int:
        """Number of lines."""
        return self._tree.size

    def root(self) -> bytes:
        """Return the root hash over all lines: 32 bytes."""
        return self._tree.root()

    def append(self, lines: Iterable[bytes]) -> None:
        """Add lines and wait until they are on disk. All of them or none. Raises StorageFull, Unwritable."""
        batch = list(lines)
        data = b"".join(line + b"\n" for line in batch)
        try:
            with storing(self.path):
                os.lseek(self._descriptor, self._length, os.SEEK_SET)
                write_all(self._descriptor, data)
                os.fsync(self._descriptor)
        except BaseException:
            os.ftruncate(self._descriptor, self._length)  # half a line must not stay where the next one goes
            raise
        self._length += len(data)
        for line in batch:
            self._tree.append(line)

    def close(self) -> None:
        """Let go of the file and its lock. More than once does no harm."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _raw_lines(file: BinaryIO, path: Path) -> Iterator[bytes]:
    try:
        while line := file.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise BadFormat(f"{path}: a line is longer than any that goldenhour writes")
            yield line
    except OSError as error:
        raise read_error(path, error) from error


def read_lines(file: BinaryIO, path: Path) -> Iterator[bytes]:
    """Yield each finished line without its newline; a torn last line is none. Raises Unreadable, BadFormat."""
    for line in _raw_lines(file, path):
        if line.endswith(b"\n"):
            yield line[:-1]


def ledger_lines(path: Path) -> Iterator[bytes]:
    """Yield the finished lines of the ledger at `path`. Raises Unreadable, BadFormat."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise read_error(path, error) from error
    with file:
        yield from read_lines(file, path)
