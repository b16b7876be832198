"""The files below what the user named, in an order that depends on their names alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hashing.files.deep_path import reach
from hashing.files.inside import kind_of
from hashing.files.read import UnreadFile, refused

_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to be read; `given` when the user named it, not only a folder above it.

    `name` is spelt as the user spelt the beginning of it: `./a` stays `./a`, as with `find` and `hashdeep`.
    """

    name: str
    given: bool = False

    @property
    def path(self) -> Path:
        """The same as a path, in the one spelling that paths have."""
        return Path(self.name)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """What stands in a folder and is left alone by rule: a symbolic link, a named pipe, a socket, a device."""

    path: Path
    reason: str


def walk(paths: Iterable[Path | str]) -> Iterator[FoundFile | PassedOver | UnreadFile]:
    """Yield every file that `paths` name or hold, each folder's names sorted by their bytes.

    A symbolic link that was named is followed; one in a folder never is, so there are no loops and nothing outside is
    reached. Names need not be UTF-8, and folders may nest deeper than the system takes in one path. A path that does
    not exist and a folder that cannot be listed are UnreadFile. A pipe or device that was named is a FoundFile
    all the same: whoever reads it refuses it.
    """
    for path in paths:
        try:
            with reach(path) as (name, folder):
                mode = os.stat(name, dir_fd=folder).st_mode
        except OSError as error:
            yield refused(Path(path), error)
            continue
        if stat.S_ISDIR(mode):
            yield from _below(str(path))
        else:
            yield FoundFile(str(path), given=True)


def _below(top: str) -> Iterator[FoundFile | PassedOver | UnreadFile]:
    # A list in place of recursion, the next to come at its end: only memory bounds how deep folders may nest.
    pending = [(top, stat.S_IFDIR)]
    flags = _LIST
    while pending:
        path, mode = pending.pop()
        if stat.S_ISREG(mode):
            yield FoundFile(path)
        elif not stat.S_ISDIR(mode):
            yield PassedOver(Path(path), kind_of(mode))
        else:
            try:
                pending += _list(path, flags)
            except OSError as error:
                yield refused(Path(path), error)
            flags = _LIST | os.O_NOFOLLOW  # a folder that has been replaced by a link meanwhile is not entered


def _list(folder: str, flags: int) -> list[tuple[str, int]]:
    """Return path and kind of everything in a folder, the last name first. Raises OSError."""
    with reach(folder) as (name, parent):
        descriptor = os.open(name, flags, dir_fd=parent)
    try:
        with os.scandir(descriptor) as entries:
            kinds = {entry.name: _kind(entry) for entry in entries}
    finally:
        os.close(descriptor)
    return [(os.path.join(folder, name), kinds[name]) for name in sorted(kinds, key=os.fsencode, reverse=True)]  # noqa: PTH118 - a Path at each step costs more than the walk


def _kind(entry: os.DirEntry[str]) -> int:
    """Return the file type bits of an entry, asking the system only where the folder itself does not say."""
    if entry.is_symlink():
        return stat.S_IFLNK
    if entry.is_file(follow_symlinks=False):
        return stat.S_IFREG
    if entry.is_dir(follow_symlinks=False):
        return stat.S_IFDIR
    try:
        return stat.S_IFMT(entry.stat(follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return stat.S_IFREG  # gone since the folder was listed: whoever reads it will say so
