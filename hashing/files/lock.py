"""One writer at a time: advisory locks that end with the process that holds them, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from hashing.files import inside


def try_lock(descriptor: int) -> bool:
    """Take the exclusive lock on an open file if it is free; say whether it was."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_locked(path: Path, root: Path) -> bool:
    """Say whether somebody holds the lock on a file below `root`. Raises OSError."""
    descriptor = inside.open_file(path, root=root)
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)


def wait_for_lock(descriptor: int, seconds: float) -> bool:
    """Take the exclusive lock, waiting up to `seconds`; say whether it was had."""
    deadline = time.monotonic() + seconds
    while not try_lock(descriptor):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True
