"""Opening a file that a reader is to read: a regular file that no link leads to, and nothing else.

What is open already, but has no descriptor, such as a file in a zip, is copied apart.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

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
        # By the open descriptor, which cannot turn into something else: what is handed over reads, and does nothing
        # else.
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotRead("it is not a regular file")
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def descriptor_of(file: BinaryIO) -> Iterator[int]:
    """Give the descriptor of an open file, from its start: its own, or that of a copy. Raises OSError."""
    try:
        descriptor = file.fileno()
    except io.UnsupportedOperation:
        descriptor = -1
    if descriptor >= 0:
        yield descriptor
        return
    import shutil
    import tempfile

    with tempfile.TemporaryFile() as apart:
        shutil.copyfileobj(file, apart)
        apart.seek(0)
        yield apart.fileno()
