"""The threads that fetch: what vanishes first is fetched first.

Posts and pages go before photos, photos before videos, whoever asked first. While extractors still look for more, one
thread is kept for what they ask, so that no post ever waits behind a video. Where there is only one thread, media that
no extractor waits for are fetched when the search is over, or while an extractor pauses.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from capture.request.extractor import fetch_order
from hashing.case.kinds import ItemKind

if TYPE_CHECKING:
    from capture.recorder.stopping import Stop

_Waiting = list[tuple[int, int, Future[Any], Callable[[], Any]]]

T = TypeVar("T")


class FetchPool:
    """A fixed number of threads that take the most urgent work first. Close it when done."""

    def __init__(self, threads: int, stop: Stop) -> None:
        self._stop = stop
        self._awaited: _Waiting = []
        self._found: _Waiting = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._searching = True
        self._pausing = 0
        self._busy_with_media = 0
        self._threads = [
            threading.Thread(target=self._run, name=f"fetch-{number}", daemon=True)
            # A single job means one fetch at a time, which is then also the one for what extractors ask.
            for number in range(max(threads, 1))
        ]
        for thread in self._threads:
            thread.start()
        stop.heed(lambda _: self._cancel_waiting())

    def submit(self, kind: ItemKind, work: Callable[[], T], *, awaited: bool = True) -> Future[T]:
        """Queue work on something of this kind; raises RuntimeError when the pool takes no more.

        `awaited` says whether an extractor waits for it and finds nothing before it is there.
        """
        future: Future[T] = Future()
        with self._changed:
            if self._closed:
                raise RuntimeError("the pool is closed")
            waiting = self._awaited if awaited else self._found
            heapq.heappush(waiting, (fetch_order(kind), next(self._numbers), future, work))
            self._changed.notify()
        return future

    def search_begins(self) -> None:
        """Hear that extractors ask, once more."""
        with self._changed:
            self._searching = True

    def search_ended(self) -> None:
        """Hear that no extractor will ask for more: every thread may now take media."""
        with self._changed:
            self._searching = False
            self._changed.notify_all()

    @contextmanager
    def pausing(self) -> Iterator[None]:
        """Know that an extractor asks for nothing meanwhile, and may not for long."""
        with self._changed:
            self._pausing += 1
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._pausing -= 1

    def close(self) -> None:
        """End the threads when what they have in hand is done; what still waits is cancelled."""
        self._cancel_waiting()
        for thread in self._threads:
            thread.join()

    def _cancel_waiting(self) -> None:
        with self._changed:
            self._closed = True
            waiting = [future for _, _, future, _ in (*self._awaited, *self._found)]
            self._awaited.clear()
            self._found.clear()
            self._changed.notify_all()
        for future in waiting:
            future.cancel()
            future.set_running_or_notify_cancel()  # else `wait` would not hear of it

    def _run(self) -> None:
        while True:
            with self._changed:
                # What a thread may take is decided under the lock, each time something changed: one thread is kept for
                # posts while others fetch media.
                while not (ready := self._ready()) and not self._closed:
                    self._changed.wait()
                if not ready:
                    return
                order, _, future, work = heapq.heappop(ready)
                self._busy_with_media += order > 0
            try:
                if future.set_running_or_notify_cancel():
                    _complete(future, work, self._stop)
            finally:
                with self._changed:
                    self._busy_with_media -= order > 0
                    self._changed.notify()

    def _ready(self) -> _Waiting:
        """Return the heap whose first is to be taken now; an empty one where there is none."""
        heaps = [heap for heap in (self._awaited, self._found) if heap and self._may_take(heap)]
        return min(heaps, key=lambda heap: heap[0][:2], default=[])

    def _may_take(self, heap: _Waiting) -> bool:
        """Say whether the first of what waits may be taken now."""
        if heap[0][0] == 0 or not self._searching:
            return True
        if len(self._threads) > 1:
            return self._busy_with_media < len(self._threads) - 1
        return heap is self._awaited or self._pausing > 0


def _complete(future: Future[T], work: Callable[[], T], stop: Stop) -> None:
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 - whatever it is, it ends the capture
        stop.fail(error)
        future.set_exception(error)
    else:
        future.set_result(result)
