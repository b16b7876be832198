"""A folder for one run of a browser, a check or the like: this user's alone, outside of every case, gone after the run.

A process that is killed leaves its folder behind; the lock on it is then free, and the next command that makes such a
folder removes it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Self

from hashing.files.lock import try_lock
from hashing.files.own_folder import made_own_folder
from hashing.files.user_folders import cache_folder

_RUNS = "browser-runs"
_LOCK = "lock"


def runs_folders() -> tuple[Path, Path]:
    """Return what holds the folders of runs: in memory, where the system has such a place for the user; and on disk."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    disk = cache_folder()
    # Whoever became another user by `su` may have the runtime folder of the first still.
    own = bool(runtime) and Path(runtime).is_dir() and Path(runtime).stat().st_uid == os.geteuid()
    memory = Path(runtime) / "goldenhour" if own else disk
    return memory / _RUNS, disk / _RUNS


def made_runs_folders() -> tuple[Path, Path]:
    """Return the same, made where they were not there. Raises OSError, also where one is another user's."""
    memory, disk = map(made_own_folder, runs_folders())
    return memory, disk


class RunFolder:
    """A fresh folder, locked while this process lives; `large` is for what would fill the memory. Raises OSError."""

    def __init__(self, *, large: bool = False) -> None:
        folders = made_runs_folders()
        for each in {*folders}:
            remove_left(each)
        self.path = Path(tempfile.mkdtemp(dir=folders[large]))
        # Locked before it has its name: another process that looks for what was left finds no free lock here.
        making = self.path / f"{_LOCK}.new"
        self._lock = os.open(making, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try_lock(self._lock)
        making.rename(self.path / _LOCK)

    def close(self) -> None:
        """Remove it, and all that is in it."""
        _remove(self.path)
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def remove_left(folder: Path) -> int:
    """Remove the folders of processes that died; return how many there were."""
    removed = 0
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            lock = os.open(path / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            continue  # it is just being made, or goes
        try:
            if try_lock(lock):
                _remove(path)
                removed += 1
        finally:
            with suppress(OSError):
                os.close(lock)
    return removed


def _remove(folder: Path) -> None:
    """Remove a folder, its lock last: what cannot be removed now, the next command finds by it, and tries again."""
    with suppress(OSError):
        for path in list(folder.iterdir()):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != _LOCK:
                path.unlink(missing_ok=True)
        if [path.name for path in folder.iterdir()] == [_LOCK]:
            shutil.rmtree(folder)
