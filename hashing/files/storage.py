"""Files that appear whole or not at all, and are never overwritten.

Order is the point: bytes reach the disk (fsync) before the name that announces them, and the name before any
ledger line that speaks of it.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from hashing.errors import HashingError, StorageFull, Unreadable, Unwritable, WouldOverwrite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWNER_FOLDER = 0o700
OWNER_WRITES = 0o600
OWNER_READS = 0o400

PART = ".part"
"""Ending of a file that is still being written."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

_FREE, _FAILING = "free some space, then run the command again", "check the disk, and copy the case to another one"
_FILES = "close other programs, raise the limit (ulimit -n), or fetch less side by side (--jobs)"
_GONE, _ALLOWED = "connect the disk again, then run the command again", "choose a folder that you may write to"
_WORDS = {
    errno.ENOSPC: ("the disk is full", _FREE),
    errno.EDQUOT: ("your share of the disk is used up", _FREE),
    errno.EFBIG: ("the file is larger than this disk or your limits allow", "use another disk, then run it again"),
    errno.EIO: ("the disk reported an input/output error", _FAILING),
    errno.EROFS: ("read-only file system", _ALLOWED),
    errno.EACCES: ("permission denied", _ALLOWED),
    errno.EPERM: ("operation not permitted", _ALLOWED),
    errno.EMFILE: ("this program has too many files open", _FILES),
    errno.ENFILE: ("this computer has too many files open", _FILES),
    errno.ENOMEM: ("this computer has no memory left", "close other programs, then run the command again"),
    errno.ESTALE: ("the disk's server no longer knows the file", _GONE),
    errno.ENODEV: ("the disk is gone", _GONE),
    errno.ENXIO: ("the disk is gone", _GONE),
}
"""What the system's errors mean to a person, and what to do."""


def storage_error(path: Path | str, error: OSError) -> HashingError:
    """Say in plain words what the system refused at `path`, and what to do."""
    words, hint = system_words(error), _WORDS.get(error.errno or 0, ("", ""))[1]
    if error.errno == errno.EEXIST:
        return WouldOverwrite(f"{path}: exists already", hint="choose another name; nothing is overwritten")
    kind = StorageFull if error.errno in _FULL else Unwritable
    return kind(f"{path}: {words}", hint=hint, reason=words)


def read_error(path: Path | str, error: OSError) -> Unreadable:
    """Say in plain words why `path` could not be read, and what to do."""
    hint = _WORDS.get(error.errno or 0, ("", ""))[1]
    words = system_words(error)
    return Unreadable(f"{path}: {words}", hint="" if hint == _ALLOWED else hint, reason=words)


def system_words(error: OSError) -> str:
    """Return what an error of the system means, in plain words."""
    if error.errno in _WORDS:
        return _WORDS[error.errno][0]
    text = os.strerror(error.errno) if error.errno else str(error)
    return text[:1].lower() + text[1:]


@contextmanager
def storing(path: Path | str) -> Iterator[None]:
    """Turn what the system refuses at `path` into an error of ours. Raises Unwritable, WouldOverwrite."""
    try:
        yield
    except OSError as error:
        raise storage_error(path, error) from error


@contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Turn what the system refuses to show at `path` into an error of ours. Raises Unreadable."""
    try:
        yield
    except OSError as error:
        raise read_error(path, error) from error


def read_small(path: Path, limit: int = 16 << 20) -> bytes:
    """Read a small file whole. Raises Unreadable, also where it is larger than `limit` bytes."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise read_error(path, error) from error
    if len(data) > limit:
        raise Unreadable(f"{path}: larger than {limit} bytes, which no file of its kind is")
    return data


def make_folder(path: Path) -> None:
    """Create a folder for its owner alone. Raises WouldOverwrite where it exists, Unwritable."""
    with storing(path):
        path.mkdir(mode=OWNER_FOLDER)


def create(path: Path) -> int:
    """Create a file exclusively for writing and return its descriptor. Raises WouldOverwrite, Unwritable."""
    with storing(path):
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, OWNER_WRITES)


def write_all(descriptor: int, data: bytes | bytearray | memoryview) -> None:
    """Write every byte, however many calls it takes. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def sync_folder(path: Path) -> None:
    """Make the names in a folder survive a power cut."""
    with storing(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def settle(part: Path, final: Path) -> None:
    """Give a finished file its final name, read-only. Raises WouldOverwrite where the name is taken.

    Call it when the file's bytes are on disk; call `sync_folder` after it.
    """
    with storing(final):
        part.chmod(OWNER_READS)
        # The folder is ours and locked, so that looking first is enough; one rename has no half-way state to mend.
        if final.exists() or final.is_symlink():
            raise FileExistsError(errno.EEXIST, "exists", str(final))
        part.rename(final)


def write_new(path: Path, data: bytes) -> None:
    """Create a read-only file with these bytes, whole or not at all. Raises WouldOverwrite, Unwritable."""
    write_file(path, data)
    sync_folder(path.parent)


def write_exclusively(path: Path, data: bytes) -> None:
    """Create a file that the user named, and touch nothing beside it. Raises WouldOverwrite, Unwritable."""
    descriptor = create(path)
    with storing(path), _removed_on_failure(path):
        try:
            write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    sync_folder(path.parent)


def write_file(path: Path, data: bytes) -> None:
    """Do what `write_new` does but for the name, which survives a power cut only after `sync_folder`."""
    part = path.with_name(path.name + PART)
    with storing(path):
        with suppress(FileNotFoundError):
            part.unlink()  # left by a process that died here: its name was never announced
        descriptor = create(part)
        with _removed_on_failure(part):
            try:
                write_all(descriptor, data)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            settle(part, path)


@contextmanager
def _removed_on_failure(path: Path) -> Iterator[None]:
    """Leave no file behind that is not whole."""
    try:
        yield
    except BaseException:
        with suppress(OSError):  # the failure that is raised says more
            path.unlink()
        raise
