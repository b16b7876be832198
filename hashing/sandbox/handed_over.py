"""Opening a file that a reader is to read: a regular file that no link leads to, and nothing else."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hashing.sandbox.errors import NotRead

# A pipe would make its reader wait for ever.
_READ = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)


@contextmanager
def handed_over(path: Path) -> Iterator[int]:
    """Open a regular file to read, and give its descriptor. Raises NotRead."""
    try:
        descriptor = os.open(path, _READ)
    except (OSError, ValueError) as error:
        raise NotRead(getattr(error, "strerror", None) or "no such file") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotRead("it is not a regular file")
        yield descriptor
    finally:
        os.close(descriptor)
