"""A bundle while it is being written, under a name that nobody looks for; it gets its own name when it is whole."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

from exports.format.lookup import Lookup
from exports.format.sealed_file import Fault, SealedFile, SealedFiles, fault_of

WORKERS = 3  # Threads that copy: two cores can hash while a third thread waits for a disk.
_AHEAD = WORKERS + 2
_BATCH_FILES = 100
_BATCH_BYTES = 8 << 20

T = TypeVar("T")
R = TypeVar("R")


class Draft(Protocol):
    """A folder or a zip file in the making. `sha256` and `sizes` hold, by name, what has been written so far."""

    path: Path
    sha256: Lookup[str, str]
    sizes: Lookup[str, int]

    def copy(self, files: SealedFiles, progress: ByteProgress) -> list[Fault]:
        """Copy files in; return every one that is not as recorded. Raises Unreadable, StorageFull, Unwritable."""

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write one file from its pieces. Raises StorageFull, Unwritable."""

    def finish(self) -> None:
        """Wait until every byte is on disk. Raises StorageFull, Unwritable."""

    def place(self, final: Path) -> None:
        """Give the bundle its own name. Raises WouldOverwrite where it is taken meanwhile."""

    def discard(self) -> None:
        """Remove whatever was written; does no harm after `place`."""


class ByteProgress:
    """Counts bytes for several threads and tells `callback` (bytes done, bytes in all), one call at a time."""

    def __init__(self, total: int, callback: Callable[[int, int], None] | None) -> None:
        self._total = total
        self._done = 0
        self._callback = callback
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        """Count bytes that are done."""
        if self._callback is not None:
            with self._lock:
                self._done += count
                self._callback(self._done, self._total)


def batches(files: Iterable[SealedFile]) -> Iterator[list[SealedFile]]:
    """Group files so that a thread has a worthwhile amount to do at a time and little is held in memory."""
    batch: list[SealedFile] = []
    held = 0
    for file in files:
        if batch and (held + file.size > _BATCH_BYTES or len(batch) == _BATCH_FILES):
            yield batch
            batch, held = [], 0
        batch.append(file)
        held += file.size
    if batch:
        yield batch


def ahead(pool: Executor, work: Callable[[T], R], parts: Iterable[T]) -> Iterator[R]:
    """Yield what the work on each part returns, in their order; never more than a few of them are held."""
    waiting: deque[Future[R]] = deque()
    for part in parts:
        waiting.append(pool.submit(work, part))
        if len(waiting) > _AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def check_only(files: SealedFiles) -> list[Fault]:
    """Read files without copying them; return every one that is not as recorded. Raises Unreadable."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return [fault for faults in ahead(pool, _faults, batches(files)) for fault in faults]


def _faults(batch: Sequence[SealedFile]) -> list[Fault]:
    return [fault for file in batch if (fault := fault_of(file)) is not None]
