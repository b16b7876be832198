"""Many files, hashed side by side, their results in the order in which the files were named."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Self

from hashing.files.digest import SHA256, known_algorithms
from hashing.files.read import FileDigests, FileUnreadable, UnreadFile, digest_file
from hashing.files.read_ahead import PIECE

if TYPE_CHECKING:
    from concurrent.futures import Future

# Files handed over to the threads at once, since handing over costs more than hashing a small one (measured).
_BATCH = 100

_AHEAD = 64  # Batches under way or waiting to be asked for: the bound on memory, whatever the number of files.

_TELL_SECONDS = 0.1
_MOST_WORKERS = 16


@dataclass(frozen=True, slots=True)
class HashReading:
    """A file to be read, and the algorithms to hash it with."""

    path: Path
    algorithms: tuple[str, ...] = (SHA256,)
    follow_symlinks: bool = True
    root: Path | None = None  # The folder of a case or a bundle: nothing below it is reached through a link.
    hollow: bool = True  # Whether a file that is nearly all hole is read too.


def digest_many(
    paths: Iterable[Path],
    algorithms: Sequence[str] = (SHA256,),
    *,
    workers: int | None = None,
    follow_symlinks: bool = True,
    root: Path | None = None,
    hollow: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Iterator[FileDigests | UnreadFile]:
    """Hash files with the same algorithms; yield a result for each path, in the order given.

    `paths` may be endless: they are taken a bounded number ahead of what the caller has been given. A file that
    cannot be read is an UnreadFile among the others. `progress` is told the bytes read since it was last told, ten
    times a second, in the caller's thread. `workers` is the number of threads, by default two for each processor.
    Raises BadFormat for an unknown algorithm.
    """
    names = known_algorithms(algorithms)
    readings = (HashReading(path, names, follow_symlinks, root, hollow) for path in paths)
    return digest_readings(readings, workers=workers, progress=progress)


def digest_readings(
    readings: Iterable[HashReading], *, workers: int | None = None, progress: Callable[[int], None] | None = None
) -> Iterator[FileDigests | UnreadFile]:
    """Hash files, each with algorithms of its own; otherwise as `digest_many`."""
    batches = _batches(readings)
    waiting: deque[_Batch] = deque()
    with _Crew(workers or default_workers()) as crew:
        while True:
            # 1. Hand out ahead, but only until the oldest batch is done: its results are worth more to the caller than
            # a longer queue.
            while len(waiting) < _AHEAD and not (waiting and waiting[0].done()) and (batch := next(batches, None)):
                crew.start(batch)
                waiting.append(batch)
            if not waiting:
                return
            # 2. Ask whether it is done before taking its results: what finishes in between is taken in the next round,
            # whereas the other order would drop a batch whose last results were still missing.
            done = waiting[0].done(_TELL_SECONDS)
            if progress:
                progress(crew.pop_count())
            yield from waiting[0].pop_finished()
            if done:
                waiting.popleft().demand_whole()


def default_workers() -> int:
    """Return two threads for each processor that this process may use: one reads while the other hashes."""
    return min(2 * processors(), _MOST_WORKERS)


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _batches(readings: Iterable[HashReading]) -> Iterator[_Batch]:
    source = iter(readings)
    while batch := list(islice(source, _BATCH)):
        yield _Batch(batch)


class _Batch:
    """Files handed out together. Every thread takes from them what it can, so that huge ones spread over all."""

    def __init__(self, readings: list[HashReading]) -> None:
        self._todo = deque(enumerate(readings))
        self._results: dict[int, FileDigests | UnreadFile] = {}
        self._taken = 0
        self.parts: list[Future[None]] = []

    def work(self, crew: _Crew) -> None:
        """Hash files until none is left to take; run by every thread of the crew."""
        buffer = crew.buffer()
        while self._todo:
            try:
                place, reading = self._todo.popleft()
            except IndexError:
                return  # another thread was quicker
            self._results[place] = _digest(reading, buffer, crew.count)

    def done(self, seconds: float = 0) -> bool:
        """Say whether all is hashed, after waiting so many seconds at most."""
        from concurrent.futures import wait

        return not wait(self.parts, seconds).not_done

    def pop_finished(self) -> Iterator[FileDigests | UnreadFile]:
        """Yield the results that are there and have not been taken yet, up to the first that is not there."""
        while self._taken in self._results:
            yield self._results.pop(self._taken)
            self._taken += 1

    def demand_whole(self) -> None:
        """Raise what ended a thread early."""
        for part in self.parts:
            part.result()


def _digest(reading: HashReading, buffer: bytearray, count: Callable[[int], None]) -> FileDigests | UnreadFile:
    try:
        return digest_file(
            reading.path,
            reading.algorithms,
            follow_symlinks=reading.follow_symlinks,
            root=reading.root,
            hollow=reading.hollow,
            buffer=buffer,
            progress=count,
        )
    except FileUnreadable as error:
        return error.unread


class _HashingStopped(Exception):
    """The caller has gone; ends a thread whose results nobody waits for."""


class _Crew:
    """The threads, what they have read so far, and the word that ends them."""

    def __init__(self, workers: int) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self._workers = workers
        self._threads = ThreadPoolExecutor(workers)
        self._own = threading.local()
        self._counts: deque[int] = deque()
        self._stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        self._threads.shutdown(cancel_futures=True)

    def start(self, batch: _Batch) -> None:
        """Give every thread a part in a batch."""
        batch.parts = [self._threads.submit(batch.work, self) for _ in range(self._workers)]

    def buffer(self) -> bytearray:
        """Return the memory that the calling thread reads into."""
        if not hasattr(self._own, "buffer"):
            self._own.buffer = bytearray(PIECE)
        buffer: bytearray = self._own.buffer
        return buffer

    def count(self, size: int) -> None:
        """Add to the bytes read. Raises _Stopped once the caller has gone."""
        self._counts.append(size)  # a deque, since a lock here holds up all threads
        if self._stopped:
            raise _HashingStopped

    def pop_count(self) -> int:
        """Return the bytes read since this was last asked."""
        return sum(self._counts.popleft() for _ in range(len(self._counts)))
