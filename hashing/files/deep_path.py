"""Paths longer than the system takes in one call.

Linux takes 4,095 bytes in one call and macOS 1,023, but folders nest as deep as anyone likes. What lies below that is a
hiding place from programs that give up there, so such a path is walked piece by piece.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST = 1000  # Bytes of a path given to the system in one call; below the limit of every system we run on.

_THROUGH = os.O_DIRECTORY | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)


@contextmanager
def reach(path: Path | str) -> Iterator[tuple[bytes, int | None]]:
    """Yield a name short enough for one call, and the open folder it is relative to (None: as the path says).

    Use both in calls that take `dir_fd`, inside the `with`. Raises OSError where a folder on the way does not open.
    """
    rest = os.fsencode(path)
    folder: int | None = None
    try:
        while len(rest) > LONGEST:
            cut = rest.rfind(b"/", 1, LONGEST)
            if cut < 0:
                break  # one name of that length: the system refuses it in its own words
            deeper = os.open(rest[:cut], _THROUGH, dir_fd=folder)
            if folder is not None:
                os.close(folder)
            folder, rest = deeper, rest[cut:].lstrip(b"/")
        yield rest, folder
    finally:
        if folder is not None:
            os.close(folder)
