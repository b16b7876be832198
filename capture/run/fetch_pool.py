"""The threads that fetch: what vanishes first is fetched first.

Posts and pages go before photos, photos before videos, whoever asked first. While sources still look for more, one
thread is kept for what they ask, so that no post ever waits behind a video.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from capture.recorder.stopping import Stop

T = TypeVar("T")

_ORDER = {"photo": 1, "document": 2, "audio": 3, "video": 4, "segment": 4}
_FIRST = 0
"""Everything that is not media: posts, lists of posts, pages, proofs."""


class FetchPool:
    """A fixed number of threads that take the most urgent work first. Close it when done."""

    def __init__(self, threads: int, stop: Stop) -> None:
        self._stop = stop
        self._waiting: list[tuple[int, int, Future[Any], Callable[[], Any]]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._searching = True
        self._busy_with_media = 0
        self._threads = [
            threading.Thread(target=self._run, name=f"fetch-{number}", daemon=True)
            # A single job means one fetch at a time, which is then also the one for what sources ask.
            for number in range(max(threads, 1))
        ]
        for thread in self._threads:
            thread.start()
        stop.heed(lambda _: self._take_no_more())

    def submit(self, kind: str, work: Callable[[], T]) -> Future[T]:
        """Queue work on something of this kind; raises RuntimeError when the pool takes no more."""
        future: Future[T] = Future()
        with self._changed:
            if self._closed:
                raise RuntimeError("the pool is closed")
            heapq.heappush(self._waiting, (_ORDER.get(kind, _FIRST), next(self._numbers), future, work))
            self._changed.notify()
        return future

    def search_ended(self) -> None:
        """Hear that no source will ask for more: every thread may now take media."""
        with self._changed:
            self._searching = False
            self._changed.notify_all()

    def close(self) -> None:
        """End the threads when what they have in hand is done; what still waits is cancelled."""
        self._take_no_more()
        for thread in self._threads:
            thread.join()

    def _take_no_more(self) -> None:
        with self._changed:
            self._closed = True
            waiting = [future for _, _, future, _ in self._waiting]
            self._waiting.clear()
            self._changed.notify_all()
        for future in waiting:
            future.cancel()
            future.set_running_or_notify_cancel()  # else `wait` would not hear of it

    def _run(self) -> None:
        while True:
            with self._changed:
                while not (self._closed or self._may_take()):
                    self._changed.wait()
                if not self._waiting:
                    return
                order, _, future, work = heapq.heappop(self._waiting)
                self._busy_with_media += order > _FIRST
            try:
                if future.set_running_or_notify_cancel():
                    _complete(future, work, self._stop)
            finally:
                with self._changed:
                    self._busy_with_media -= order > _FIRST
                    self._changed.notify()

    def _may_take(self) -> bool:
        if not self._waiting:
            return False
        for_media = len(self._threads) - (1 if self._searching and len(self._threads) > 1 else 0)
        return self._waiting[0][0] == _FIRST or self._busy_with_media < for_media


def _complete(future: Future[T], work: Callable[[], T], stop: Stop) -> None:
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 - whatever it is, it ends the capture
        stop.fail(error)
        future.set_exception(error)
    else:
        future.set_result(result)
