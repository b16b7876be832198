"""Files in a folder of evidence, which may be a stranger's: reached by descriptors, and never through a link.

`root` is the folder that the user named, a case or a bundle: links may lead to it; or a folder in one, kept open. No
name below it is followed if it is a link, and nothing is opened but regular files and folders. All functions raise
OSError where the system refuses or something else stands there; `hashing.files.storage` turns that into a sentence.

This does not protect from hard links: a file with a second name is a regular file. Those that are changed, moved or
made read-only are therefore demanded to have one name.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import BinaryIO, Self, TypeAlias

# O_PATH (Linux): a folder that may be passed through but not listed opens, too.
_ROOT = os.O_DIRECTORY | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)
_THROUGH = _ROOT | os.O_NOFOLLOW
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: opening a named pipe that a stranger put there must not wait for its writer.
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class KeptFolder:
    """A folder that stays open, and the folders in it once they were reached: where many files come and go.

    What is renamed meanwhile is found where it was. Safe for several threads: the last that holds it closes it, unless
    `close` is called when no other is at work there.
    """

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self._open: dict[tuple[str, ...], int] = {}
        self._lock = threading.Lock()
        with reach(path, root) as (name, above):
            self._open[()] = os.open(name, _LIST, dir_fd=above)

    def reach(self, path: Path) -> tuple[str, int]:
        """Return the last name of a path and the open folder that holds it. Raises OSError."""
        *folders, name = _below(path, self.path)
        return name, self.folder(tuple(folders))

    def folder(self, names: tuple[str, ...]) -> int:
        """Return the descriptor of the folder that these names lead to. Raises OSError."""
        with self._lock:
            if names not in self._open:
                if ".." in names or () not in self._open:
                    raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
                descriptor = os.dup(self._open[()])
                for name in names:
                    try:
                        deeper = os.open(name, _LIST, dir_fd=descriptor)
                    finally:
                        os.close(descriptor)
                    descriptor = deeper
                self._open[names] = descriptor
            return self._open[names]

    def close(self) -> None:
        """Let go of the folders. More than once does no harm."""
        while self._open:
            os.close(self._open.popitem()[1])

    def __del__(self) -> None:
        self.close()


Root: TypeAlias = "Path | KeptFolder | None"


@contextmanager
def reach(path: Path, root: Root = None) -> Iterator[tuple[str, int]]:
    """Yield the last name of a path and the open folder that holds it, for calls that take `dir_fd`.

    `root` defaults to the folder that the file stands in. Raises OSError, also where a folder on the way is a link.
    """
    if isinstance(root, KeptFolder):
        yield root.reach(path)
        return
    *folders, name = parts = _below(path, path.parent if root is None else root)
    if ".." in parts:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    descriptor = os.open(path.parent if root is None else root, _ROOT)
    try:
        for folder in folders:
            # One name at a time: O_NOFOLLOW judges the last name of a path alone, and links before it would be
            # followed.
            deeper = os.open(folder, _THROUGH, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = deeper
        yield name, descriptor
    finally:
        os.close(descriptor)


def _below(path: Path, root: Path) -> Sequence[str]:
    """Return the names that lead from a folder to what is in it; ".." stands for what is elsewhere."""
    text, above = str(path), f"{root}{os.sep}"
    if text.startswith(above):  # a case's own paths: a dozen for each item
        return text[len(above) :].split(os.sep)  # noqa: PTH206 - a third of the time of pathlib
    if path.is_absolute() != root.is_absolute():
        path, root = path.absolute(), root.absolute()
    return (path.relative_to(root).parts or (".",)) if path.is_relative_to(root) else ("..",)


def open_file(path: Path, flags: int = os.O_RDONLY, root: Root = None, *, alone: bool = False) -> int:
    """Open a regular file that is there, and return its descriptor; `alone` demands that it has no second name."""
    with reach(path, root) as (name, folder):
        return _open_regular(name, flags, folder, alone=alone)[0]


def _open_regular(name: str | bytes, flags: int, folder: int, *, alone: bool) -> tuple[int, os.stat_result]:
    """Return the descriptor, and what was found when it was open."""
    # Looked at before it is opened: opening some devices has an effect.
    _demand_regular(os.stat(name, dir_fd=folder, follow_symlinks=False), alone=alone)
    descriptor = os.open(name, flags | _FILE, dir_fd=folder)
    try:
        status = os.fstat(descriptor)
        _demand_regular(status, alone=alone)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, status


def open_root(root: Path) -> int:
    """Open the folder that the user named, through links, and return its descriptor: for `Folders`."""
    return os.open(root, _ROOT)


class Folders:
    """Opens many files below a folder that is open: the folder of the last one is kept for the next.

    A context manager; what is renamed meanwhile is found where it was.
    """

    def __init__(self, root: int) -> None:
        self._root = root
        self._path = b""  # Of the folder that is kept, below the root.
        self._kept = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._let_go()

    def open_file(self, name: bytes) -> tuple[int, os.stat_result]:
        """Open a regular file by its path below the root, to read; return its descriptor, and its status by then."""
        path, _, last = name.rpartition(b"/")
        if path != self._path:
            self._let_go()
            if path:
                self._kept, self._path = self._reach(path), path
        return _open_regular(last, os.O_RDONLY, self._kept if path else self._root, alone=False)

    def _reach(self, path: bytes) -> int:
        parts, descriptor = path.split(b"/"), self._root
        if b".." in parts:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        for part in parts:
            try:
                deeper = os.open(part, _THROUGH, dir_fd=descriptor)
            finally:
                if descriptor != self._root:
                    os.close(descriptor)
            descriptor = deeper
        return descriptor

    def _let_go(self) -> None:
        if self._kept >= 0:
            os.close(self._kept)
        self._kept, self._path = -1, b""


def opened(path: Path, root: Root = None) -> BinaryIO:
    """Open a regular file that is there, to read."""
    return os.fdopen(open_file(path, root=root), "rb")


def kind_of(mode: int) -> str:
    """Say what a file's mode shows it to be, when it is not a regular file."""
    return next((kind for is_kind, kind in _KINDS if is_kind(mode)), "of an unknown kind")


def create_file(path: Path, flags: int, mode: int, root: Root = None) -> int:
    """Create a file that is not there yet, and return its descriptor."""
    with reach(path, root) as (name, folder):
        return os.open(name, flags | os.O_CREAT | os.O_EXCL | _FILE, mode, dir_fd=folder)


def kind(path: Path, root: Root = None) -> int:
    """Return the file type bits of what stands there (`stat.S_IFREG` …); 0 where nothing does, or behind a link."""
    try:
        with reach(path, root) as (name, folder):
            return _there(name, folder)
    except (FileNotFoundError, NotADirectoryError):
        return 0


def size(path: Path, root: Root = None) -> int:
    """Return how many bytes a file has; of a link, the link."""
    with reach(path, root) as (name, folder):
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_size


def is_file(path: Path, root: Root = None) -> bool:
    """Say whether a regular file stands there."""
    return kind(path, root) == stat.S_IFREG


def is_folder(path: Path, root: Root = None) -> bool:
    """Say whether a real folder stands there."""
    return kind(path, root) == stat.S_IFDIR


def scan(folder: Path, root: Root = None) -> Iterator[tuple[str, int]]:
    """Yield the names in a folder, in no order, each with its file type bits."""
    with reach(folder, root) as (name, above):
        descriptor = os.open(name, _LIST, dir_fd=above)
    try:
        with os.scandir(descriptor) as entries:
            for entry in entries:
                yield entry.name, stat.S_IFMT(_mode(entry))
    finally:
        os.close(descriptor)


def names(folder: Path, root: Root = None) -> list[str]:
    """Return the names in a folder, sorted; nothing where there is no such folder."""
    try:
        with reach(folder, root) as (name, above):
            descriptor = os.open(name, _LIST, dir_fd=above)
    except FileNotFoundError:
        return []
    try:
        with os.scandir(descriptor) as entries:
            return sorted((entry.name for entry in entries), key=os.fsencode)
    finally:
        os.close(descriptor)


def rename(path: Path, to: Path, root: Root = None) -> None:
    """Move what stands there, link or not, to a name that is free, below the same root."""
    if kind(to, root):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    with reach(path, root) as (name, folder), reach(to, root) as (new, target):
        os.rename(name, new, src_dir_fd=folder, dst_dir_fd=target)


def settle(path: Path, to: Path, mode: int, root: Root = None) -> None:
    """Give a regular file with one name this mode, and move it to a name that is free, below the same root."""
    with reach(path, root) as (name, folder), reach(to, root) as (new, target):
        # The folder is ours and locked, so that looking first is enough; one rename has no half-way state to mend.
        if _there(new, target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        descriptor, _ = _open_regular(name, os.O_RDONLY, folder, alone=True)
        try:
            os.fchmod(descriptor, mode)
        finally:
            os.close(descriptor)
        os.rename(name, new, src_dir_fd=folder, dst_dir_fd=target)


def unlink(path: Path, root: Root = None, *, missing_ok: bool = False) -> None:
    """Remove a name; of a link, the link."""
    unlink_all([path], root, missing_ok=missing_ok)


def unlink_all(paths: Sequence[Path], root: Root = None, *, missing_ok: bool = False) -> None:
    """Remove names that stand in one folder, in this order."""
    with suppress(FileNotFoundError) if missing_ok else nullcontext(), reach(paths[0], root) as (_, folder):
        for path in paths:
            with suppress(FileNotFoundError) if missing_ok else nullcontext():
                os.unlink(path.name, dir_fd=folder)


def set_mode(path: Path, mode: int, root: Root = None) -> None:
    """Give a regular file with one name this mode."""
    descriptor = open_file(path, root=root, alone=True)
    try:
        os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)


def _there(name: str, folder: int) -> int:
    """Return the file type bits of what stands in a folder under a name; 0 where nothing does."""
    try:
        return stat.S_IFMT(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return 0


def _mode(entry: os.DirEntry[str]) -> int:
    """Return what an entry is, of a file or folder without asking the system again."""
    if entry.is_file(follow_symlinks=False):
        return stat.S_IFREG
    if entry.is_dir(follow_symlinks=False):
        return stat.S_IFDIR
    return entry.stat(follow_symlinks=False).st_mode


def _demand_regular(status: os.stat_result, *, alone: bool) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(f"{kind_of(status.st_mode)}, not a regular file")
    if alone and status.st_nlink != 1:
        raise OSError("a file with a second name elsewhere, which goldenhour never makes")
