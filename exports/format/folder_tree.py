"""A folder on disk, to be verified."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from exports.errors import NotCheckable
from exports.format.budget import NameBudget
from exports.format.lookup import Lookup
from exports.format.tree import FILE, LINK, OTHER, FileReading, T, refusal
from hashing.files import inside
from hashing.files.read import FileDigests, FileUnreadable, UnreadFile, digest_file
from hashing.printable import printable

if TYPE_CHECKING:
    from hashing.files.beside import Beside
    from hashing.files.hash_processes import HashProcesses

# Files that are worth further processes: starting one takes the work of some hundred small ones (measured).
FEWEST = 1_000
_LARGE = 64 << 20  # Bytes in fewer files that are worth it too.
# Files, and bytes in fewer of them, that are worth starting threads.
_FEWEST_FOR_THREADS, _LARGE_FOR_THREADS = 200, 4 << 20
_KINDS = {stat.S_IFREG: FILE, stat.S_IFLNK: LINK}
_LARGE_BESIDE = 1 << 20  # Bytes of a ledger that are worth a copy of this process.
# Bytes: a folder below this one, with any name, is still within the 4,095 that Linux takes in one call.
_LONGEST_PATH = 3000  # Bytes. Each folder is reached from the top, so that none of those on the way is a link.


class FolderTree:
    """A folder on disk. Symbolic links are seen and never followed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.top = ""
        self._empty: Lookup[str, str] = Lookup(str)
        self._kinds = Lookup[str, str](str)
        for name, kind in self._walk():
            self._kinds[name] = kind
        self._begun: Callable[[str], bool] = lambda _name: False
        self._processes: HashProcesses | None = None
        self._copies: list[Beside[Any]] = []

    def close(self) -> None:
        """Let go of further processes, if there are any."""
        for copy in self._copies:
            copy.close()
        if self._processes is not None:
            self._processes.close()

    def kinds(self) -> Lookup[str, str]:
        """Return every path that is not a folder, with what it is."""
        return self._kinds

    def open(self, name: str) -> BinaryIO:
        """Open a file. Raises NotCheckable."""
        try:
            return inside.opened(self.path / name, self.path)
        except OSError as error:
            raise NotCheckable(f"{printable(name)}: {refusal(error)}") from error

    def begin(self, wanted: Callable[[str], bool]) -> None:
        """Begin to hash files in further processes, where there is work and processors enough for them."""

        def _names() -> Iterator[str]:
            return filter(wanted, self._files())

        # Only where it pays: processes take time to start. What they find comes back through memory without a name
        # (memfd_create(2), Linux).
        if self._processes is None and hasattr(os, "memfd_create") and self._are_many(_names(), FEWEST, _LARGE):
            from hashing.files.digest_files import processors
            from hashing.files.hash_processes import HashProcesses

            if others := processors() - 1:
                count = sum(1 for _ in _names())
                with suppress(OSError):  # no room for what they share: this process hashes all by itself
                    self._processes, self._begun = HashProcesses(self.path, _names(), count, others), wanted

    def beside(self, work: Callable[[], T], kind: type[T], size: int) -> Callable[[], T]:
        """Do work on so many bytes: meanwhile, where further processes are worth it, and else at once."""
        if self._processes is None or size < _LARGE_BESIDE:
            result = work()
            return lambda: result
        from hashing.files.beside import Beside

        copy = Beside(work, kind)
        self._copies.append(copy)
        return copy.result

    def _are_many(self, names: Iterator[str], count: int, size: int) -> bool:
        """Say whether there are so many files, or so many bytes in them."""
        # The count first, which needs no look at the files; their sizes only where they are few.
        first = list(islice(names, count))
        if len(first) >= count:
            return True
        found = 0
        for name in first:
            with suppress(OSError):  # gone by now, which is said when it is hashed
                found += inside.size(self.path / name, self.path)
            if found >= size:
                return True
        return False

    def size(self, name: str) -> int:
        """Return how many bytes a file has. Raises NotCheckable."""
        try:
            return inside.size(self.path / name, self.path)
        except OSError as error:
            raise NotCheckable(f"{printable(name)}: {refusal(error)}") from error

    def hash(self, progress: Callable[[int], None]) -> Iterator[FileReading]:
        """Hash all files, on all cores, in the order of their names."""
        if self._processes is not None:
            self._processes.finish(progress)
        return self._readings(progress)

    def _files(self) -> Iterator[str]:
        return (name for name, kind in self._kinds.pairs() if kind == FILE)

    def _readings(self, progress: Callable[[int], None]) -> Iterator[FileReading]:
        others = self._read(lambda: (name for name, known in self._known() if known is None), progress)
        for name, known in self._known():
            if known is not None:
                yield FileReading(name, *known)
                continue
            result = next(others)
            if isinstance(result, UnreadFile):
                yield FileReading(name, reason=result.reason, hollow=result.hollow)
            else:
                yield FileReading(name, result.digests[0].hex, result.size)

    def _read(
        self, names: Callable[[], Iterator[str]], progress: Callable[[int], None]
    ) -> Iterator[FileDigests | UnreadFile]:
        """Hash files in this process, in threads where there is work for them."""
        paths = (self.path / name for name in names())
        # Threads cost their start: few and small files are read sooner without.
        if self._are_many(names(), _FEWEST_FOR_THREADS, _LARGE_FOR_THREADS):
            from hashing.files.digest_files import digest_many

            yield from digest_many(paths, root=self.path, hollow=False, progress=progress)
        for path in paths:
            try:
                yield digest_file(path, root=self.path, hollow=False, progress=progress)
            except FileUnreadable as error:
                yield error.unread

    def _known(self) -> Iterator[tuple[str, tuple[str, int] | None]]:
        """Yield the name of each file, with SHA-256 and size where further processes have hashed it."""
        found = self._processes.found() if self._processes is not None else iter(())
        for name in self._files():
            yield name, next(found) if self._begun(name) else None

    def empty_folders(self) -> Collection[str]:
        """Return the folders that hold nothing."""
        return self._empty

    def _walk(self) -> Iterator[tuple[str, str]]:
        # 1. A stack in place of recursion, which may stand on the disk: a stranger's folder may nest as deep, and hold
        # as many, as its file system allows, and a case holds some for each capture.
        waiting, height, budget = Lookup[int, str](int), 1, NameBudget()
        waiting[0] = ""
        while height:
            height -= 1
            folder = waiting[height]
            # 2. Each folder is read to its end before the next: one is open at a time.
            try:
                empty = True
                for each, kind in inside.scan(self.path / folder, self.path):
                    empty, name = False, f"{folder}{each}"
                    budget.charge(name)
                    if kind == stat.S_IFDIR:
                        if len(os.fsencode(name)) > _LONGEST_PATH:
                            raise NotCheckable(f"{self.path}: folders that nest deeper than those of any bundle")
                        waiting[height] = f"{name}/"
                        height += 1
                    else:
                        yield name, _KINDS.get(kind, OTHER)
            except OSError as error:
                raise NotCheckable(f"{self.path / folder}: {refusal(error)}") from error
            if empty and folder:
                self._empty[folder.removesuffix("/")] = ""
