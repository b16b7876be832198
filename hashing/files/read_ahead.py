"""Reading a large file in one thread while others hash what it has read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queue import SimpleQueue

    from hashing.files.digest import Hasher

CHUNK = 1 << 20  # Bytes read at a time.
# The same where one thread reads and hashes in turn: as much as stays in a core's own cache between the two steps.
PIECE = 128 << 10

# One is filled, one is hashed, and one lets the slower hasher lag a step behind.
_SLOTS = 3


class ReadAhead:
    """A few buffers that one thread fills in turn, while each hasher goes round after it in a thread of its own.

    Reads `size` bytes (or to the end, if that comes first) and whatever more comes with the last of them.
    """

    def __init__(self, descriptor: int, size: int, hashers: Sequence[Hasher]) -> None:
        from queue import SimpleQueue  # which loads what threads need, and most files are small

        self.descriptor = descriptor
        self.size = size
        self.hashers = hashers
        self.buffers = [memoryview(bytearray(CHUNK)) for _ in range(_SLOTS)]
        self.filled: list[SimpleQueue[int]] = [SimpleQueue() for _ in hashers]
        self.free: list[SimpleQueue[None]] = [SimpleQueue() for _ in hashers]
        self.stopped = False

    def run(self, progress: Callable[[int], None] | None) -> None:
        """Read and hash, the first hasher and `progress` in the calling thread. Raises OSError where reading fails."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(len(self.hashers)) as threads, self._all_stop_together():
            others = [threads.submit(self._fill)]
            others += [threads.submit(self._hash, number) for number in range(1, len(self.hashers))]
            self._hash(0, progress)
        for other in others:
            other.result()

    def _fill(self) -> None:
        done = 0
        try:
            for turn, buffer in enumerate(cycle(self.buffers)):
                # A buffer is filled again only when every hasher has given it back.
                if turn >= _SLOTS:
                    for free in self.free:
                        free.get()
                count = 0 if self.stopped or done >= self.size else os.readv(self.descriptor, [buffer])
                if not count:
                    return
                for filled in self.filled:
                    filled.put(count)
                done += count
        finally:
            # The end, also after a failure: a hasher that is never told of one waits for ever.
            for filled in self.filled:
                filled.put(0)

    def _hash(self, number: int, progress: Callable[[int], None] | None = None) -> None:
        hasher, filled, free = self.hashers[number], self.filled[number], self.free[number]
        with self._all_stop_together():
            for buffer in cycle(self.buffers):
                count = filled.get()
                if not count:
                    return
                hasher.update(buffer[:count])
                free.put(None)
                if progress:
                    progress(count)

    @contextmanager
    def _all_stop_together(self) -> Iterator[None]:
        """End the reading on an interrupt or a fault, so that no thread waits for one that is gone."""
        try:
            yield
        except BaseException:
            self.stopped = True
            for free in self.free:
                free.put(None)
            raise
