"""The folder of the case: whether a capture can be written there, whole and for good."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from capture.doctor.finding import Finding, Setup, fault, ok, warning
from hashing.case.case import CASE_FILE, Case
from hashing.errors import HashingError
from hashing.files.as_typed import as_typed
from hashing.files.lock import try_lock
from hashing.files.real_path import real_path
from hashing.files.storage import OWNER_READS, storing, sync_folder

# Bytes without which nothing can be captured, and with which a few videos fill the disk.
_LEAST, _LITTLE = 64 << 20, 5 << 30
# Inodes: a disk can be full of small files while bytes are left.
_LEAST_FILES, _FEW_FILES = 500, 20_000
_BLOCK = bytes(4096)
_ALL_MODES = 0o777


def check_folder(setup: Setup) -> Iterator[Finding]:
    """Yield what file system it is on and whether it takes what a capture does to it, the room left, and the case."""
    folder = _existing(setup.folder)
    if not os.path.isdir(folder):  # noqa: PTH112 - one that may not be looked into is as good as none
        yield fault("folder", f"{folder}: not a folder", "name the folder of the case, or where it shall be made")
        return
    yield _writable(folder)
    yield _room(folder)
    if os.path.exists(setup.folder / CASE_FILE):  # noqa: PTH110 - as above
        yield _case(setup.folder)


def _existing(path: Path) -> Path:
    """Return the folder itself, or the nearest one above it, in which it would be made."""
    path = path.absolute()
    while not os.path.lexists(path) and path != path.parent:
        path = path.parent
    return path


def _writable(folder: Path) -> Finding:
    where = f"{folder}, {file_system(folder) or 'a file system of unknown kind'}"
    hint = "choose a folder that you may write to, on a disk of this computer"
    try:
        # What a capture relies on, tried for real: writing, syncing, locks, and permissions that stay as they are set.
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            return fault("folder", f"{where}: read-only", hint)
        # A file without a name, where the system has such: nothing is left of it whatever happens.
        with storing(folder), tempfile.TemporaryFile(dir=folder) as file:
            file.write(_BLOCK)
            file.flush()
            os.fsync(file.fileno())
            locks = _locks(file.fileno())
            os.fchmod(file.fileno(), OWNER_READS)
            keeps_modes = os.fstat(file.fileno()).st_mode & _ALL_MODES == OWNER_READS
        sync_folder(folder)
    except OSError as error:
        return fault("folder", f"{where}: cannot be written: {(error.strerror or str(error)).lower()}", hint)
    except HashingError as error:
        says = f"{where}: cannot be written: {str(error).removeprefix(f'{folder}: ')}"
        return fault("folder", says, error.hint or hint)
    if not locks:
        return fault("folder", f"{where}: gives no locks, so that two commands could write at once", hint)
    if not keeps_modes:
        says = f"{where}: keeps no permissions, so that others on this computer can read and change what is captured"
        return warning("folder", says, hint)
    return ok("folder", f"{where}: can be written, and what is written reaches the disk")


def _locks(descriptor: int) -> bool:
    with suppress(OSError):
        return try_lock(descriptor)
    return False


def _room(folder: Path) -> Finding:
    try:
        found = os.statvfs(folder)
    except OSError as error:
        return fault("room", f"{folder}: {(error.strerror or str(error)).lower()}", "check the disk")
    free, files = found.f_bavail * found.f_frsize, found.f_favail
    counted = bool(found.f_files)  # some file systems have as many files as fit
    says = f"{_gib(free)} free" + (f", {files:,} more files" if counted else "")
    hint = "free some space, or choose another disk for the case"
    if free < _LEAST or (counted and files < _LEAST_FILES):
        return fault("room", f"{says}: too little for a capture", hint)
    if free < _LITTLE or (counted and files < _FEW_FILES):
        return warning("room", f"{says}: little for videos", hint)
    return ok("room", says)


def _gib(size: int) -> str:
    return f"{size / (1 << 30):,.1f} GiB" if size >= 1 << 30 else f"{size / (1 << 20):,.1f} MiB"


def _case(path: Path) -> Finding:
    """Look at the case as far as that costs nothing; whether it is as it was sealed, `goldenhour verify` says."""
    try:
        case = Case.open(path)
        case.demand_as_signed()
        left, captures = len(case.unsealed()), len(case.captures())
    except OSError as error:
        hint = "run as the user to whom the case belongs"
        return fault("case", f"{path}: {(error.strerror or str(error)).lower()}", hint)
    except HashingError as error:
        return fault("case", str(error), error.hint or f"see what is wrong with it: goldenhour verify {as_typed(path)}")
    if left:
        says = f"{path}: {left:,} of its captures are not sealed: they are at work, or were interrupted"
        return warning("case", says, f"where none is at work, run: goldenhour recover {as_typed(path)}")
    return ok("case", f"{path}: {captures:,} capture{'s' * (captures != 1)}, all sealed")


_MOUNTS = Path("/proc/self/mountinfo")
# proc_pid_mountinfo(5): blanks and backslashes in octal.
_ESCAPE = re.compile(r"\\([0-7]{3})", re.ASCII)


def file_system(path: Path) -> str:
    """Return a kind such as `ext4`, `nfs4` or `vfat`, as Linux names it (proc_pid_mountinfo(5)); "" where unknown."""
    try:
        mounts = _MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
        wanted = real_path(path)
    except OSError:
        return ""
    # The mount whose point is the longest beginning of the path.
    longest, kind = -1, ""
    for line in mounts:
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:  # noqa: PLR2004 - the fifth field is the mount point
            continue
        point = Path(_ESCAPE.sub(lambda match: chr(int(match[1], 8)), fields[4]))
        # Of two mounts on one point the later one hides the earlier.
        if wanted.is_relative_to(point) and len(point.parts) >= longest:
            longest, kind = len(point.parts), after.split(" ")[0]
    return kind
