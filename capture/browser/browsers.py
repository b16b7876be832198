"""Browsers that wait for the next page, shared by the threads of a batch; none is started before a page is there."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from capture.browser.program import BrowserProgram
    from capture.browser.warm import RunningBrowser
    from capture.recorder.stopping import Stop

_MOST_PAGES = 100  # Pages that a browser shows before it is started anew: its memory is given back.


class Browsers:
    """Browsers that wait for the next page; a context manager, which ends them. For several threads."""

    def __init__(self) -> None:
        self._waiting: list[RunningBrowser] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.close()

    def acquire(self, program: BrowserProgram, stop: Stop, *, insecure: bool) -> RunningBrowser:
        """Return one that waits, or a new one. Raises NotRendered, OSError."""
        with self._lock:
            while self._waiting:
                found = self._waiting.pop()
                if not found.browser.ended.is_set():
                    return found
                found.close()
        from capture.browser.warm import RunningBrowser

        return RunningBrowser(program, insecure=insecure, stop=stop)

    def release(self, running: RunningBrowser) -> None:
        """Have it wait for the next page, or end it once it has shown many."""
        if running.pages >= _MOST_PAGES or running.browser.ended.is_set():
            running.close()
            return
        with self._lock:
            self._waiting.append(running)
