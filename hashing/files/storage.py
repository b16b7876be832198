"""Files that appear whole or not at all, and are never overwritten.

Order is the point: bytes reach the disk (fsync) before the name that announces them, and the name before any
ledger line that speaks of it.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from hashing.errors import HashingError, StorageFull, Unreadable, Unwritable, WouldOverwrite
from hashing.files import inside
from hashing.files.inside import Root

# Evidence is its owner's alone, also on a computer that several people use; originals cannot be written by mistake.
OWNER_FOLDER = 0o700
OWNER_WRITES = 0o600
OWNER_READS = 0o400

PART = ".part"  # Ending of a file that is still being written.
SMALL = 16 << 20  # Bytes; no file that is read whole comes near it.

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

_FREE, _FAILING = "free some space, then run the command again", "check the disk, and copy the case to another one"
_FILES = (
    "close other programs, raise the limit (ulimit -n), or fetch less side by side (--jobs, and --scenes of a batch)"
)
_GONE, _ALLOWED = "connect the disk again, then run the command again", "choose a folder that you may write to"
# What the system's errors mean to a person, and what to do.
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


# The name of something until it is whole, which says nothing to whoever asked for it.
_DRAFT = re.compile(r"\.(.+?)(\.[0-9a-f-]+)+\.part")


def storage_error(path: Path | str, error: OSError) -> HashingError:
    """Say in plain words what the system refused at `path`, and what to do; of a draft, by the name it is made for."""
    words, hint = system_words(error), _WORDS.get(error.errno or 0, ("", ""))[1]
    path = Path(path)
    if draft := _DRAFT.fullmatch(path.name):
        path = path.with_name(draft[1])
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


def read_small(path: Path, limit: int = SMALL, *, root: Root = None) -> bytes:
    """Read a small file of a case or a bundle whole; see `hashing.files.inside` for `root`.

    Raises Unreadable, also for a link or a pipe, and for a file larger than `limit` bytes.
    """
    with reading(path), open(inside.open_file(path, root=root), "rb") as file:  # noqa: PTH123 - a descriptor
        return _all_of(file, path, limit)


def read_named(path: Path, limit: int = SMALL) -> bytes:
    """Read a small file that the user named, through links, and from a pipe where it is one. Raises Unreadable."""
    with reading(path), path.open("rb") as file:
        return _all_of(file, path, limit)


def _all_of(file: BinaryIO, path: Path, limit: int) -> bytes:
    data = file.read(limit + 1)
    if len(data) > limit:
        raise Unreadable(f"{path}: larger than {limit} bytes, which no file of its kind is")
    return data


def make_folder(path: Path, *, root: Root = None) -> None:
    """Create a folder for its owner alone. Raises WouldOverwrite where it exists, Unwritable."""
    with storing(path), inside.reach(path, root) as (name, folder):
        os.mkdir(name, OWNER_FOLDER, dir_fd=folder)


def create(path: Path, *, root: Root = None) -> int:
    """Create a file exclusively for writing and return its descriptor. Raises WouldOverwrite, Unwritable."""
    with storing(path):
        return inside.create_file(path, os.O_RDWR, OWNER_WRITES, root)


def write_all(descriptor: int, data: bytes | bytearray | memoryview) -> None:
    """Write every byte, however many calls it takes. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def close_synced(descriptor: int, path: Path | str) -> None:
    """Close a file once what it holds is on disk. Raises Unwritable."""
    with storing(path):
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_file(path: Path, *, root: Root = None) -> None:
    """Wait until what is in a file is on disk, also where a process wrote it that died. Raises Unwritable."""
    with storing(path):
        descriptor = inside.open_file(path, root=root)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_folder(path: Path, *, root: Root = None) -> None:
    """Make the names in a folder survive a power cut; `root` is a folder above it."""
    with storing(path):
        if isinstance(root, inside.KeptFolder):
            os.fsync(root.folder(path.relative_to(root.path).parts))
            return
        if root is None or path == root:
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        else:
            with inside.reach(path, root) as (name, folder):
                flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
                descriptor = os.open(name, flags, dir_fd=folder)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def settle(part: Path, final: Path, *, root: Root = None) -> None:
    """Give a finished file its final name, read-only. Raises WouldOverwrite where the name is taken.

    Call it when the file's bytes are on disk; call `sync_folder` after it.
    """
    with storing(final):
        inside.settle(part, final, OWNER_READS, root)


def settle_for_good(part: Path, final: Path, *, root: Root = None) -> None:
    """Do what `settle` does, and make the name survive a power cut; a name that may not is taken back.

    Raises WouldOverwrite, Unwritable.
    """
    settle(part, final, root=root)
    with removed_on_failure(final, root):
        sync_folder(final.parent, root=root)


def write_new(path: Path, data: bytes, *, root: Root = None) -> None:
    """Create a read-only file with these bytes, whole or not at all. Raises WouldOverwrite, Unwritable."""
    write_file(path, data, root=root)
    with removed_on_failure(path, root):
        sync_folder(path.parent, root=root)


def write_exclusively(path: Path, data: bytes) -> None:
    """Create a file that the user named, and touch nothing beside it. Raises WouldOverwrite, Unwritable."""
    descriptor = create(path)
    with storing(path), removed_on_failure(path, None):
        try:
            write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    sync_folder(path.parent)


def write_file(path: Path, data: bytes, *, root: Root = None) -> None:
    """Do what `write_new` does but for the name, which survives a power cut only after `sync_folder`."""
    part = write_part(path, data, root=root)
    with removed_on_failure(part, root):
        settle(part, path, root=root)


def write_part(path: Path, data: bytes, *, root: Root = None) -> Path:
    """Write these bytes to disk under the temporary name for `path`, and return that. Raises Unwritable."""
    part = path.with_name(path.name + PART)
    with storing(path):
        inside.unlink(part, root, missing_ok=True)  # left by a process that died here: it was never announced
        descriptor = create(part, root=root)
        with removed_on_failure(part, root):
            try:
                write_all(descriptor, data)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    return part


@contextmanager
def removed_on_failure(path: Path, root: Root) -> Iterator[None]:
    """Remove a file that is in part only, or that no record will speak of."""
    try:
        yield
    except BaseException:
        with suppress(OSError):  # the failure that is raised says more
            inside.unlink(path, root)
        raise
