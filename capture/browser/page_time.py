"""The time of one page: what it is waited for, scrolled, pictured and kept in, all together."""

from __future__ import annotations

import time
from collections.abc import Callable

_PATIENCE = 30.0


class PageTime:
    """So many seconds from now on; `now` is a clock that only goes forward.

    Waits get a quarter of them at the most, scrolling half of what is left then, and each thing that takes long half of
    what is left at that moment: nothing takes the time of all that follows it.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self.now = now
        self._ends = now() + seconds
        self._waits = seconds / 4
        self.patience = min(_PATIENCE, seconds / 4)  # Seconds in which a page has to answer, or its scripts are ended.

    @property
    def left(self) -> float:
        """Seconds that are left for all; 0 where it is over."""
        return max(self._ends - self.now(), 0.0)

    @property
    def for_waits(self) -> float:
        """Seconds that are left for waiting."""
        return min(self._waits, self.left)

    @property
    def for_one(self) -> float:
        """Seconds for one thing that takes long."""
        return self.left / 2

    def waited(self, seconds: float) -> None:
        """Hear how long was waited."""
        self._waits = max(self._waits - seconds, 0.0)
