"""The ledger: an append-only file of lines over which a Merkle tree grows (RFC 6962).

A line is on disk before `append` returns. The tree's leaf is the line without its newline.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from hashing.errors import BadFormat, InUse
from hashing.files import inside
from hashing.files.lock import wait_for_lock
from hashing.files.storage import create, read_error, reading, storage_error, storing, sync_folder, write_all
from hashing.ledger.merkle import MerkleTree

LEDGER = "ledger.jsonl"
LONGEST_LINE = 4 << 20  # Bytes; no event comes near it, so a longer line is not ours.
_PIECE = 1 << 20


class _LinesSoFar(msgspec.Struct):
    """What the lines of a ledger come to."""

    length: int = 0  # Bytes of whole lines.
    tree: MerkleTree = msgspec.field(default_factory=MerkleTree)
    digest: hashlib._Hash = msgspec.field(default_factory=hashlib.sha256)  # Over these bytes.

    def add(self, line: bytes) -> None:
        """Take in a further line, with its newline."""
        self.length += len(line)
        self.tree.append(line[:-1])
        self.digest.update(line)

    def copy(self) -> _LinesSoFar:
        """Return the same content, which grows by itself."""
        return _LinesSoFar(self.length, self.tree.copy(), self.digest.copy())


class Remembered(msgspec.Struct, frozen=True):
    """How far a ledger was read before: which file it was, when it was changed last, and what its lines come to."""

    device: int
    inode: int
    modified: int  # Nanoseconds since 1970.
    content: _LinesSoFar

    @property
    def length(self) -> int:
        """Bytes of whole lines."""
        return self.content.length


class Ledger:
    """A ledger open for appending, locked against every other process.

    `torn` is an unfinished last line that was found when it was opened: one that was never announced, because its
    writer died while writing it. The next change cuts it off, as it does what a failed one may have left. `resumed`
    says whether lines were remembered.
    """

    def __init__(
        self, path: Path, descriptor: int, content: _LinesSoFar, torn: bytes = b"", *, resumed: bool = False
    ) -> None:
        self.path = path
        self.torn = torn
        self.resumed = resumed
        self._behind = bool(torn)  # Whether something stands behind the lines.
        self._descriptor = descriptor
        self._content = content

    @classmethod
    def create(cls, path: Path, *, root: Path | None = None) -> Self:
        """Begin a ledger. Raises WouldOverwrite, Unwritable."""
        descriptor = create(path, root=root)
        if not wait_for_lock(descriptor, 0):
            os.close(descriptor)
            raise InUse(f"{path}: another process took the new ledger")
        sync_folder(path.parent, root=root)
        return cls(path, descriptor, _LinesSoFar())

    @classmethod
    def open(
        cls, path: Path, *, wait: float = 0, remembered: Remembered | None = None, root: Path | None = None
    ) -> Self:
        """Go on with a ledger, after waiting up to `wait` seconds for its lock. Raises InUse, Unwritable, BadFormat.

        Lines that are `remembered` are read again only where the file has changed since. Nothing is written yet.
        """
        try:
            descriptor = inside.open_file(path, os.O_RDWR, root, alone=True)
        except OSError as error:
            # What is no file at all cannot be read either: that is not a question of who may write to it.
            not_a_file = error.errno in {None, errno.ELOOP, errno.EISDIR, errno.ENOTDIR}
            raise (read_error if not_a_file else storage_error)(path, error) from error
        try:
            # 1. The lock first: what is read before it is held may be half of another process's group of lines.
            if not wait_for_lock(descriptor, wait):
                raise InUse(f"{path}: in use by another process", hint="wait until it has finished")
            # 2. The tree grows over whole lines. A last one without its newline was never acknowledged: `append` cuts
            # it off.
            content, torn, resumed = _LinesSoFar(), b"", False
            with os.fdopen(os.dup(descriptor), "rb") as file:
                if remembered is not None and _still_there(file, remembered, path):
                    content, resumed = remembered.content.copy(), True
                file.seek(content.length)
                for line in _raw_lines(file, path):
                    if line.endswith(b"\n"):
                        content.add(line)
                    else:
                        torn = line
        except BaseException:
            os.close(descriptor)
            raise
        return cls(path, descriptor, content, torn, resumed=resumed)

    @property
    def size(self) -> int:
        """Number of lines."""
        return self._content.tree.size

    def root(self) -> bytes:
        """Return the root hash over all lines: 32 bytes."""
        return self._content.tree.root()

    def remember(self) -> Remembered:
        """Return how far this ledger is read, for the next one who opens it."""
        status = os.fstat(self._descriptor)
        return Remembered(status.st_dev, status.st_ino, status.st_mtime_ns, self._content.copy())

    def append(self, lines: Iterable[bytes], before: Callable[[int, bytes], None] | None = None) -> None:
        """Add lines and wait until they are on disk. All of them or none. Raises StorageFull, Unwritable.

        `before` is told the length and the root that the ledger will have, before a byte of it is written: for a
        statement that must be on disk first. What it raises leaves the ledger as it is.
        """
        # 1. Compute on a copy what the ledger will be: nothing here is changed if the disk refuses.
        batch, content = [line + b"\n" for line in lines], self._content.copy()
        for line in batch:
            content.add(line)
        if before is not None:
            before(content.tree.size, content.tree.root())
        # 2. Write behind the last whole line, wherever the file ends, and sync: only then may anyone speak of these
        # lines.
        length = self._content.length
        try:
            with storing(self.path):
                if self._behind:
                    os.ftruncate(self._descriptor, length)
                    self.torn, self._behind = b"", False
                os.lseek(self._descriptor, length, os.SEEK_SET)
                write_all(self._descriptor, b"".join(batch))
                os.fsync(self._descriptor)
        except BaseException:
            # 3. All or none. If even the cut fails, it is remembered and made up for before the next line is written.
            self._behind = True
            with suppress(OSError):  # the failure that is raised says more
                os.ftruncate(self._descriptor, length)
                self._behind = False
            raise
        self._content = content

    def roots(self) -> Iterator[tuple[int, bytes]]:
        """Yield every length that the ledger has had, and the root it had then. Raises Unreadable, BadFormat."""
        tree = MerkleTree()
        for line in self._lines(0):
            tree.append(line)
            yield tree.size, tree.root()

    def cut(self, size: int) -> bytes:
        """Cut the ledger back to its first `size` lines, and wait until these are on disk; return what stood behind.

        Raises Unwritable, Unreadable, BadFormat.
        """
        content = _LinesSoFar()
        for line in islice(self._lines(0), size):
            content.add(line + b"\n")
        with reading(self.path), os.fdopen(os.dup(self._descriptor), "rb") as file:
            file.seek(content.length)
            behind = file.read()
        with storing(self.path):
            if behind:
                os.ftruncate(self._descriptor, content.length)
            os.fsync(self._descriptor)  # a process that died may not have come to it
        self._content, self.torn, self._behind = content, b"", False
        return behind

    def _lines(self, start: int) -> Iterator[bytes]:
        """Yield the finished lines from a byte on, of this very file, whatever has its name by now."""
        with os.fdopen(os.dup(self._descriptor), "rb") as file:
            file.seek(start)
            yield from read_lines(file, self.path)

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


def _still_there(file: BinaryIO, remembered: Remembered, path: Path) -> bool:
    """Say whether an open file begins with the lines that were read before, byte for byte. Raises Unreadable."""
    status = os.fstat(file.fileno())
    if (status.st_dev, status.st_ino) != (remembered.device, remembered.inode) or status.st_size < remembered.length:
        return False
    # Size and time can be set back by whoever may write here; the checkpoint over the lines is what they are held
    # against. This only saves reading again what this process read a moment ago.
    if (status.st_size, status.st_mtime_ns) == (remembered.length, remembered.modified):
        return True
    digest, left = hashlib.sha256(), remembered.length
    try:
        while left and (piece := file.read(min(left, _PIECE))):
            digest.update(piece)
            left -= len(piece)
    except OSError as error:
        raise read_error(path, error) from error
    return not left and digest.digest() == remembered.content.digest.digest()


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


def ledger_lines(path: Path, start: int = 0, *, root: Path | None = None) -> Iterator[bytes]:
    """Yield the finished lines of the ledger at `path`, from the byte `start` on. Raises Unreadable, BadFormat."""
    with reading(path):
        descriptor = inside.open_file(path, root=root)
    with os.fdopen(descriptor, "rb") as file:
        file.seek(start)
        yield from read_lines(file, path)
