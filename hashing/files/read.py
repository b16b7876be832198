"""One file, hashed at speed: one read for all algorithms.

Files are read, never mapped: a read error in a mapped file, or one that is cut short meanwhile, kills the process.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hashing.errors import BadFormat, Unreadable
from hashing.files import inside
from hashing.files.deep_path import reach
from hashing.files.digest import SHA256, Digest, Hasher, new_hash
from hashing.files.inside import kind_of
from hashing.files.read_ahead import PIECE, ReadAhead

LARGE = 8 << 20  # From this size on a second thread that reads ahead gains more than it costs (measured).

HOLLOW = 1 << 30  # Bytes from which on a file counts as hollow of which the disk holds less than a 16th.
_UNNAMED = Path()
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class FileDigests:
    """What was read of one file: `size` in bytes, and a digest for each algorithm in the order asked for."""

    path: Path
    size: int
    digests: tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class UnreadFile:
    """A file or folder that was not read to its end, and why; `missing` where there is no such thing.

    `hollow` is the size of a file that was left because it is nearly all hole.
    """

    path: Path
    reason: str
    missing: bool = False
    hollow: int = 0


class FileUnreadable(Unreadable):
    """A file could not be read to its end; `unread` says the same as a value."""

    def __init__(self, unread: UnreadFile) -> None:
        super().__init__(f"{unread.path}: {unread.reason}")
        self.unread = unread


def refused(path: Path, error: OSError) -> UnreadFile:
    """Say in plain words what the system refused at `path`."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    missing = isinstance(error, FileNotFoundError | NotADirectoryError)
    return UnreadFile(path, reason[:1].lower() + reason[1:], missing)


def digest_file(
    path: Path,
    algorithms: Sequence[str] = (SHA256,),
    *,
    follow_symlinks: bool = True,
    root: Path | None = None,
    hollow: bool = True,
    buffer: bytearray | None = None,
    progress: Callable[[int], None] | None = None,
) -> FileDigests:
    """Read a regular file once, and hash it with every algorithm named.

    `progress` is told the number of bytes after each piece hashed, in the calling thread; what it raises (never an
    OSError) stops the reading. `buffer` is memory to read into, used again and again by a caller with many small files.
    Raises Unreadable, which names the path and the reason: also for folders, pipes and devices, which are not opened,
    and for a file whose size or time changed while it was read. A writer that leaves both as they were is not seen.
    `root` is the folder of a case or a bundle that the file is in: nothing below it is reached through a link, whatever
    `follow_symlinks` says. Without `hollow`, FileUnreadable is raised too for terabytes of which the disk holds next to
    nothing. Raises BadFormat for an unknown algorithm.
    """
    hashers = [new_hash(name) for name in algorithms]
    if not hashers:
        raise BadFormat(f"{path}: no hash algorithm was named to read it with")
    try:
        descriptor = _open(path, follow_symlinks=follow_symlinks, root=root)
        try:
            if not hollow:
                _demand_solid(path, os.fstat(descriptor))
            _hash_open(path, descriptor, hashers, buffer, progress)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise FileUnreadable(refused(path, error)) from error
    return FileDigests(path, hashers[0].size, tuple([hasher.digest() for hasher in hashers]))


def sha256_of(
    folders: inside.Folders, name: bytes, buffer: bytearray, progress: Callable[[int], None]
) -> tuple[int, bytes]:
    """Read a regular file below an open folder once; return its size, and its SHA-256 as 32 bytes.

    `progress` is told the number of bytes after each piece. Raises OSError; FileUnreadable, also for a hollow file.
    """
    descriptor, before = folders.open_file(name)
    try:
        if 0 < before.st_size <= len(buffer):  # in one piece: of each step in between there would be a million
            size = os.readv(descriptor, [buffer])
            sha256 = hashlib.sha256(memoryview(buffer)[:size], usedforsecurity=False).digest()
            _demand_unchanged(_UNNAMED, before, os.fstat(descriptor), size)
            progress(size)
            return size, sha256
        _demand_solid(_UNNAMED, before)
        hasher = new_hash()
        _hash_open(_UNNAMED, descriptor, [hasher], buffer, progress)
        return hasher.size, bytes.fromhex(hasher.hexdigest())
    finally:
        os.close(descriptor)


def _hash_open(
    path: Path,
    descriptor: int,
    hashers: Sequence[Hasher],
    buffer: bytearray | None,
    progress: Callable[[int], None] | None,
) -> None:
    """Feed an open file to every hasher. Raises OSError, FileUnreadable."""
    before = os.fstat(descriptor)
    _demand_regular(path, before)  # it may have been replaced since it was looked at
    if before.st_size >= LARGE:
        ReadAhead(descriptor, before.st_size, hashers).run(progress)
    else:
        buffer = buffer or bytearray(min(before.st_size or PIECE, PIECE))
        _hash_in_turn(descriptor, before.st_size, hashers, buffer, progress)
    _demand_unchanged(path, before, os.fstat(descriptor), hashers[0].size)


def _open(path: Path, *, follow_symlinks: bool, root: Path | None) -> int:
    if root is not None:
        with inside.reach(path, root) as (name, folder):
            return _open_at(path, name, folder, follow_symlinks=False)
    try:
        return _open_at(path, path, None, follow_symlinks=follow_symlinks)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
    with reach(path) as (name, folder):
        return _open_at(path, name, folder, follow_symlinks=follow_symlinks)


def _open_at(path: Path, name: Path | str | bytes, folder: int | None, *, follow_symlinks: bool) -> int:
    # Looked at before it is opened, since opening some devices has an effect (a tape winds back, a watchdog starts).
    _demand_regular(path, os.stat(name, dir_fd=folder, follow_symlinks=follow_symlinks))
    return os.open(name, _READ if follow_symlinks else _READ | os.O_NOFOLLOW, dir_fd=folder)


def _demand_regular(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise FileUnreadable(UnreadFile(path, f"{kind_of(status.st_mode)}, not a regular file"))


def _demand_solid(path: Path, status: os.stat_result) -> None:
    size, held = status.st_size, status.st_blocks * 512  # the unit of stat(2), whatever the disk's is
    if size >= HOLLOW and held < size >> 4:
        raise FileUnreadable(UnreadFile(path, f"{size} bytes, of which the disk holds {held}", hollow=size))


def _demand_unchanged(path: Path, before: os.stat_result, after: os.stat_result, size: int) -> None:
    """Raise Unreadable unless the file was the same throughout, and `size` bytes are all of it."""
    if before.st_size != after.st_size or before.st_mtime_ns != after.st_mtime_ns:
        raise FileUnreadable(UnreadFile(path, "changed while it was read"))
    # A size of 0 is also what the kernel's own files (/proc) state, whatever they hold.
    if before.st_size not in (0, size):
        raise FileUnreadable(UnreadFile(path, f"only {size} of its {before.st_size} bytes could be read"))


def _hash_in_turn(
    descriptor: int, size: int, hashers: Iterable[Hasher], buffer: bytearray, progress: Callable[[int], None] | None
) -> None:
    view = memoryview(buffer)
    done = 0
    while count := os.readv(descriptor, [view]):
        for hasher in hashers:
            hasher.update(view[:count])
        if progress:
            progress(count)
        done += count
        if 0 < size <= done:
            return  # without going after a file that grows: it is known by its size afterwards
