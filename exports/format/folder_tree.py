"""A folder on disk, to be verified."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from exports.errors import NotCheckable
from exports.format.name_budget import NameBudget
from exports.format.printable import printable
from exports.format.tree import FILE, LINK, OTHER, FileReading, refusal
from hashing.files import inside
from hashing.files.digest_files import default_workers, digest_many
from hashing.files.read import UnreadFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from hashing.files.second_reader import SecondReader

FEWEST = 2_000
"""Files that are worth a second process: starting it takes the work of some thousand small ones (measured)."""
_KINDS = {stat.S_IFREG: FILE, stat.S_IFLNK: LINK}
_LONGEST_PATH = 3000
_MOST_IN_A_FOLDER = 1_000_000
"""Bytes. Each folder is reached from the top, so that none of those on the way is a link."""
_WORKERS_OF_ONE = 2
"""Threads where there is one processor: a second process would only take turns with the first."""


class FolderTree:
    """A folder on disk. Symbolic links are seen and never followed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.top = ""
        self._empty: list[str] = []
        self._kinds = dict(self._walk())
        self._second: SecondReader | None = None

    def close(self) -> None:
        """Let go of a second process, if there is one."""
        if self._second is not None:
            self._second.close()

    def kinds(self) -> dict[str, str]:
        """Return every path that is not a folder, with what it is."""
        return self._kinds

    def open(self, name: str) -> BinaryIO:
        """Open a file. Raises NotCheckable."""
        if self._kinds.get(name) == OTHER:  # opening a pipe or a device has an effect
            raise NotCheckable(f"{printable(name)}: not a regular file")
        try:
            with inside.reach(self.path / name, self.path) as (last, folder):
                descriptor = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        except OSError as error:
            raise NotCheckable(f"{printable(name)}: {refusal(error)}") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise NotCheckable(f"{printable(name)}: not a regular file")
        return os.fdopen(descriptor, "rb")

    def begin(self) -> None:
        """Begin to hash in a second process, where there are files and processors enough for it."""
        names = sorted(name for name, kind in self._kinds.items() if kind == FILE)
        if len(names) >= FEWEST and default_workers() > _WORKERS_OF_ONE:
            from hashing.files.second_reader import SecondReader

            self._second = SecondReader(str(self.path), [f"{self.path}/{name}" for name in names])

    def size(self, name: str) -> int:
        """Return how many bytes a file has. Raises NotCheckable."""
        try:
            return inside.size(self.path / name, self.path)
        except OSError as error:
            raise NotCheckable(f"{printable(name)}: {refusal(error)}") from error

    def hash(self, names: Sequence[str], progress: Callable[[int], None]) -> Iterator[FileReading]:
        """Hash files, on all cores, in the order given."""
        known = self._begun(progress)
        paths = (self.path / name for name in names if f"{self.path}/{name}" not in known)
        found = digest_many(paths, root=self.path, progress=progress)
        for name in names:
            if digest := known.get(f"{self.path}/{name}"):
                yield FileReading(name, *digest)
                continue
            result = next(found)
            if isinstance(result, UnreadFile):
                yield FileReading(name, reason=result.reason)
            else:
                yield FileReading(name, result.digests[0].hex, result.size)

    def _begun(self, progress: Callable[[int], None]) -> dict[str, tuple[str, int]]:
        """Finish what was begun, together with the second process; return SHA-256 and size by path."""
        if self._second is None:
            return {}
        here: dict[str, tuple[str, int]] = {}

        def _read(paths: Sequence[str]) -> None:
            found = digest_many(map(Path, paths), root=self.path, progress=progress)
            for path, result in zip(paths, found, strict=True):
                if not isinstance(result, UnreadFile):
                    here[path] = result.digests[0].hex, result.size

        there = self._second.finish(_read)
        progress(sum(size for _, size in there.values()))
        return {**there, **here}

    def empty_folders(self) -> Sequence[str]:
        """Return the folders that hold nothing."""
        return self._empty

    def _walk(self) -> Iterator[tuple[str, str]]:
        waiting, budget = [""], NameBudget()
        while waiting:
            folder = waiting.pop()
            try:
                entries = inside.kinds(self.path / folder, self.path, _MOST_IN_A_FOLDER)
            except OSError as error:
                raise NotCheckable(f"{self.path / folder}: {refusal(error)}") from error
            if not entries and folder:
                self._empty.append(folder.removesuffix("/"))
            for each, kind in entries:
                name = f"{folder}{each}"
                budget.take(name)
                if kind == stat.S_IFDIR:
                    if len(os.fsencode(name)) > _LONGEST_PATH:
                        raise NotCheckable(f"{self.path}: folders that nest deeper than those of any bundle")
                    waiting.append(f"{name}/")
                else:
                    yield name, _KINDS.get(kind, OTHER)
