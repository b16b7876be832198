"""A folder on disk, to be verified."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from exports.errors import NotCheckable
from exports.printable import printable
from exports.verification.tree import FILE, LINK, OTHER, Read, refusal
from hashing.digest_files import digest_many
from hashing.read import Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO


class FolderTree:
    """A folder on disk. Symbolic links are seen and never followed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kinds = dict(self._walk())

    def kinds(self) -> dict[str, str]:
        """Return every path that is not a folder, with what it is."""
        return self._kinds

    def open(self, name: str) -> BinaryIO:
        """Open a file. Raises NotCheckable."""
        try:
            descriptor = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise NotCheckable(f"{printable(name)}: {refusal(error)}") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise NotCheckable(f"{printable(name)}: not a regular file")
        return os.fdopen(descriptor, "rb")

    def size(self, name: str) -> int:
        """Return how many bytes a file has. Raises NotCheckable."""
        try:
            return (self.path / name).lstat().st_size
        except OSError as error:
            raise NotCheckable(f"{printable(name)}: {refusal(error)}") from error

    def hash(self, names: Sequence[str], progress: Callable[[int], None]) -> Iterator[Read]:
        """Hash files, on all cores, in the order given."""
        found = digest_many((self.path / name for name in names), follow_symlinks=False, progress=progress)
        for name, result in zip(names, found, strict=True):
            if isinstance(result, Unread):
                yield Read(name, reason=result.reason)
            else:
                yield Read(name, result.digests[0].hex, result.size)

    def strays(self) -> Sequence[str]:
        """Return nothing: all that a folder holds is files and folders."""
        return ()

    def _walk(self) -> Iterator[tuple[str, str]]:
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            try:
                entries = list(os.scandir(self.path / folder))
            except OSError as error:
                raise NotCheckable(f"{self.path / folder}: {refusal(error)}") from error
            for entry in entries:
                name = f"{folder}{entry.name}"
                if entry.is_symlink():
                    yield name, LINK
                elif entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{name}/")
                else:
                    yield name, FILE if entry.is_file(follow_symlinks=False) else OTHER
