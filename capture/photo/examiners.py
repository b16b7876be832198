"""Examiners for many captures, one after the other: starting one costs more than most scenes."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from capture.photo.examiner import Examiner

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_CAPTURES = 100
"""After so many a new process takes over, whatever the old one may hold by then."""


class Examiners:
    """Lends examiners, each to one capture at a time. Safe for several threads; close it when done."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[tuple[Examiner, int]] = []
        """With the number of captures that each has served."""
        self._closed = False

    @contextmanager
    def lend(self) -> Iterator[Examiner]:
        """Lend one that is idle, or a new one."""
        with self._lock:
            examiner, served = self._idle.pop() if self._idle else (Examiner(), 0)
        try:
            yield examiner
        finally:
            self._take_back(examiner, served + 1)

    def close(self) -> None:
        """End those that are idle; one that is lent ends when it comes back."""
        with self._lock:
            idle, self._idle = self._idle, []
            self._closed = True
        for examiner, _ in idle:
            examiner.close()

    def _take_back(self, examiner: Examiner, served: int) -> None:
        with self._lock:
            kept = served < _MOST_CAPTURES and not self._closed
            if kept:
                self._idle.append((examiner, served))
        if not kept:
            examiner.close()
