"""Room on the disk: a capture ends, sealed, before the disk is full, and not because it is."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from hashing.errors import StorageFull
from hashing.files.storage import storing
from hashing.printable import human_size

_LOOK_AFTER_BYTES = 8 << 20
_LOOK_AFTER_SECONDS = 0.2  # The system is asked whenever so much has come in, or so long has passed.


class DiskRoom:
    """Watches that so many bytes of a folder's disk stay free; 0 for none. Safe for several threads."""

    def __init__(self, folder: Path, min_free: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.min_free = min_free
        self._folder = folder
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._arrived = 0
        self._looked = 0.0

    def demand(self) -> None:
        """Raise StorageFull where too little is free to begin anything."""
        if self.is_short():
            raise StorageFull(
                f"{self._folder}: {self.shortage}", hint="free some space, or lower --min-free; then run it again"
            )

    @property
    def shortage(self) -> str:
        """What there is to say when too little is free."""
        return f"the disk is nearly full: less than {human_size(self.min_free)} are left (--min-free)"

    def free(self) -> int:
        """Return the bytes that are free. Raises Unwritable where the folder is gone."""
        with storing(self._folder):
            status = os.statvfs(self._folder)
        return status.f_bavail * status.f_frsize

    def is_short(self) -> bool:
        """Say whether too little is free."""
        return self.min_free > 0 and self.free() < self.min_free

    def is_short_after(self, count: int) -> bool:
        """Hear that bytes came in, and say whether too little is free now; the system is asked now and then only."""
        if not self.min_free:
            return False
        now = self._monotonic()
        with self._lock:
            self._arrived += count
            if self._arrived < _LOOK_AFTER_BYTES and now - self._looked < _LOOK_AFTER_SECONDS:
                return False
            self._arrived, self._looked = 0, now
        return self.is_short()
