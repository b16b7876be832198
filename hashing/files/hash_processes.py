"""Copies of this process that hash the files of a folder with SHA-256, while this one is at other work.

Opening a file, and every other step between two pieces of it, is done under the interpreter's lock: many files are
hashed on all cores by as many interpreters. They are a quicker way to the same digests and nothing else. What they do
not deliver (a file that cannot be read; what a process had in hand that was killed) is left to the caller.

A copy uses three descriptors, opens nothing but the files below the first, and writes to the third alone:

1. the folder;
2. a pipe of claims. Whoever takes one, this process too, sees to the files that it names, and nobody else does;
3. a file in memory, of very many files one on disk: how many bytes each process has hashed, a record for each file,
   and the names of the files.
"""

from __future__ import annotations

import os
import struct
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from types import NoneType

from hashing.files import inside
from hashing.files.beside import Beside
from hashing.files.read import LARGE, FileUnreadable, sha256_of
from hashing.files.read_ahead import PIECE
from hashing.files.scratch import made_scratch_folder

# Files: enough that taking a claim (one read of a pipe) costs nothing beside hashing them.
_FEWEST_IN_A_CLAIM = 32
_MOST_CLAIMS = 2000  # A pipe holds as many without a reader; what it does not take is left to this process.
# With this one eight: each costs its memory.
_MOST_PROCESSES = 7
_MOST_IN_MEMORY = 100_000
# Number of the first file, and where the names of this and those behind it begin and end.
_CLAIM = struct.Struct("<QQQ")
_COUNT = struct.Struct("<Q")
_RECORD = struct.Struct("<?Q32s")  # Whether the file was read, its size in bytes and its SHA-256.
_NOT_READ = _RECORD.pack(False, 0, b"")
_PATIENCE = 0.1  # Seconds between two looks at how far the others are.


class HashProcesses:
    """Hashes so many files by their names below a folder, beginning at once, in `count` processes. No link is followed.

    Call `finish` before `found`, and `close` at the end. Raises OSError where the folder cannot be opened.
    """

    def __init__(self, root: Path, names: Iterable[str], files: int, count: int) -> None:
        self._work = _Work.planned(root, names, files, min(count, _MOST_PROCESSES))
        self._copies: list[Beside[None]] = []
        try:
            for slot in range(1, self._work.processes):
                self._copies.append(Beside(partial(self._work.help, slot), NoneType))
        except BaseException:
            self.close()
            raise

    def finish(self, progress: Callable[[int], None]) -> None:
        """Hash together with the others until all is done; `progress` is told bytes hashed since it was last told."""
        told = 0

        def _tell() -> None:
            nonlocal told
            done = self._work.done()
            progress(done - told)
            told = done

        # 1. Take part until the pipe of claims is empty: with no other process at all this alone does the whole work.
        self._work.run(0, _tell)
        for copy in self._copies:
            while not copy.has_ended(_PATIENCE):
                _tell()
        _tell()

    def found(self) -> Iterator[tuple[str, int] | None]:
        """Yield SHA-256 in hexadecimal and size of each file, in the order of the names; None for one not read."""
        return self._work.records()

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        for copy in self._copies:
            copy.close()
        self._work.close()


class _Work:
    """What is to be done and what is done, as each of the processes sees it."""

    def __init__(self, root: int, claims: int, memory: int, files: int, processes: int) -> None:
        self._root = root
        self._claims = claims
        self._memory = memory
        self._files = files
        self.processes = processes  # This one is number 0.
        self._own: deque[bytes] = deque()  # Claims that did not find room in the pipe.

    @classmethod
    def planned(cls, root: Path, names: Iterable[str], files: int, others: int) -> _Work:
        """Lay out what is to be done."""
        folder, claims, memory = inside.open_root(root), -1, -1
        try:
            claims, writing = os.pipe()
            try:
                memory = _file_of(files, others + 1)
                work = cls(folder, claims, memory, files, others + 1)
                os.set_blocking(writing, False)
                work._plan(names, writing)
            finally:
                os.close(writing)  # so that an empty pipe is the end of it
        except BaseException:
            for each in (folder, claims, memory):
                if each >= 0:
                    os.close(each)
            raise
        return work

    def _plan(self, names: Iterable[str], writing: int) -> None:
        step = max(_FEWEST_IN_A_CLAIM, -(-self._files // _MOST_CLAIMS))
        place, left = self._place(self._files), iter(names)
        for first in range(0, self._files, step):
            written = b"\0".join(map(os.fsencode, islice(left, step)))
            _write_at(self._memory, written, place)
            claim = _CLAIM.pack(first, place, place + len(written))
            place += len(written)
            try:
                os.write(writing, claim)  # whole or not at all, since it is short
            except BlockingIOError:
                self._own.append(claim)

    def close(self) -> None:
        """Let go of all of it."""
        for each in (self._root, self._claims, self._memory):
            os.close(each)

    def help(self, slot: int) -> None:
        """Hash what is taken from the pipe: the whole work of a copy."""
        self._own.clear()
        self.run(slot, lambda: None)

    def run(self, slot: int, told: Callable[[], None]) -> None:
        """Hash until nothing is left to take; `told` is called whenever more bytes are counted."""
        buffer, done, counted = bytearray(PIECE), 0, 0

        def _hashed(size: int) -> None:
            nonlocal done
            done += size
            if done - counted >= LARGE:
                _count()

        def _count() -> None:
            nonlocal counted
            counted = done
            _write_at(self._memory, _COUNT.pack(done), slot * _COUNT.size)
            told()

        with inside.Folders(self._root) as folders:
            # A claim is read whole: all were written before anyone reads, and the kernel serves one reader of a pipe at
            # a time. Each process writes to records that no other claim names, so no lock is needed.
            while claim := self._own.popleft() if self._own else os.read(self._claims, _CLAIM.size):
                first, begin, end = _CLAIM.unpack(claim)
                # A record that is never written stays zero, which says "not read".
                records = bytearray()
                for name in os.pread(self._memory, end - begin, begin).split(b"\0"):
                    record = _NOT_READ
                    with suppress(FileUnreadable, OSError):
                        record = _RECORD.pack(True, *sha256_of(folders, name, buffer, _hashed))
                    records += record
                _write_at(self._memory, records, self._place(first))
                _count()

    def done(self) -> int:
        """Return how many bytes all of them have hashed."""
        counts = os.pread(self._memory, self.processes * _COUNT.size, 0)
        return sum(each for (each,) in _COUNT.iter_unpack(counts.ljust(self.processes * _COUNT.size, b"\0")))

    def records(self) -> Iterator[tuple[str, int] | None]:
        """Yield what was found of each file."""
        step = PIECE // _RECORD.size
        for first in range(0, self._files, step):
            count = min(step, self._files - first)
            data = os.pread(self._memory, count * _RECORD.size, self._place(first))
            for read, size, digest in _RECORD.iter_unpack(data.ljust(count * _RECORD.size, b"\0")):
                yield (digest.hex(), size) if read else None

    def _place(self, number: int) -> int:
        """Return where the record of a file stands; the names stand behind the last."""
        return self.processes * _COUNT.size + number * _RECORD.size


def _file_of(files: int, processes: int) -> int:
    """Make a file without a name that holds the records and names of so many files; return its descriptor."""
    if files <= _MOST_IN_MEMORY:
        return os.memfd_create("goldenhour")
    import tempfile

    with tempfile.TemporaryFile(dir=made_scratch_folder()) as file:
        # The room for all records is taken at once: a disk that fills up later would cut a record, and a cut digest
        # looks like that of an altered file.
        os.posix_fallocate(file.fileno(), 0, processes * _COUNT.size + files * _RECORD.size)
        return os.dup(file.fileno())


def _write_at(descriptor: int, data: bytes | bytearray, place: int) -> None:
    with memoryview(data) as view:
        done = 0
        while done < len(view):
            done += os.pwrite(descriptor, view[done:], place + done)
