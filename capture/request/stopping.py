"""Ending captures from outside: Ctrl-C reaches the main thread alone, and a batch captures in others."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

from contextlib import contextmanager


class Stop:
    """A wish to end, which every capture that heeds it is told of. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heeding: list[Callable[[str], None]] = []
        self.reason = ""
        """Why; "" while nobody wishes so."""

    def ask(self, reason: str) -> None:
        """Have every capture that goes on, or is begun from now on, seal what has arrived and end."""
        with self._lock:
            self.reason = self.reason or reason
            heeding = list(self._heeding)
        for told in heeding:
            told(reason)

    @contextmanager
    def heeded(self, told: Callable[[str], None]) -> Iterator[None]:
        """Have `told` called with the reason, at once where the wish is there already."""
        with self._lock:
            self._heeding.append(told)
            reason = self.reason
        try:
            if reason:
                told(reason)
            yield
        finally:
            with self._lock:
                self._heeding.remove(told)
