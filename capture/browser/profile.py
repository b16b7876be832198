"""The folder that a browser keeps its profile in: this user's alone, outside of every case, and gone after the run.

A process that is killed leaves its folder behind; the lock on it is then free, and the next command that starts a
browser removes it. What a session of the officer's needs (a profile that stays) will stand beside `RUNS`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Self

from hashing.files.lock import try_lock

RUNS = "browser-runs"
_LOCK = "lock"


def runs_folder() -> Path:
    """Return the folder that holds the profiles of runs: in memory, where the system has such a place for the user."""
    import platformdirs

    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    base = (
        Path(runtime) / "goldenhour"
        if runtime and Path(runtime).is_dir()
        else platformdirs.user_cache_path("goldenhour")
    )
    return base / RUNS


class RunProfile:
    """A fresh profile for one run of a browser, locked while this process lives. Raises OSError."""

    def __init__(self) -> None:
        folder = runs_folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        remove_left(folder)
        self.path = Path(tempfile.mkdtemp(dir=folder))
        # Locked before it has its name: another process that looks for what was left finds no free lock here.
        making = self.path / f"{_LOCK}.new"
        self._lock = os.open(making, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try_lock(self._lock)
        making.rename(self.path / _LOCK)

    def close(self) -> None:
        """Remove it, and all that the browser wrote."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def remove_left(folder: Path) -> int:
    """Remove the profiles of processes that died; return how many there were."""
    removed = 0
    for path in folder.iterdir():
        try:
            lock = os.open(path / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue  # it is just being made
        except OSError:
            continue
        try:
            if try_lock(lock):
                shutil.rmtree(path, ignore_errors=True)
                removed += 1
        finally:
            with suppress(OSError):
                os.close(lock)
    return removed
