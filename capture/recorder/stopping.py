"""The end of a capture before its time: one object that every thread of a capture tells, asks and waits for.

Three things end a capture early: a person (Ctrl-C, or a batch's), a disk without room, and an error in any of its
threads. Whichever comes first is the reason. Whoever waits for a server, a name or the disk hears of it at once.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from pathlib import Path

from capture.errors import CaptureError, Stopped
from hashing.errors import HashingError
from hashing.files.storage import system_words

BY_THE_OFFICER = "interrupted by the officer"  # The reason that Ctrl-C is.

_ROOT = Path(__file__).resolve().parents[2]
_LONGEST = 300


class Stop:
    """A wish to end, which everyone who heeds it is told of. Safe for several threads."""

    def __init__(self) -> None:
        self.event = threading.Event()  # Set once there is a reason.
        self.reason = ""  # Why; "" while there is none.
        self.asked = False  # Whether a person asked for it.
        self.error: BaseException | None = None  # What went wrong, where an error is the reason.
        self._lock = threading.Lock()
        self._heeding: list[Callable[[str], None]] = []

    def ask(self, reason: str) -> None:
        """Have every capture that goes on, or is begun from now on, seal what has arrived and end."""
        self._end(reason, asked=True)

    def end(self, reason: str) -> None:
        """End the capture because there is no room for more of it."""
        self._end(reason)

    def fail(self, error: BaseException) -> None:
        """End the capture because of an error in one of its threads; what a stop itself brings about is none."""
        if not isinstance(error, CancelledError):
            self._end(reason_of(error), error=error)

    def _end(self, reason: str, *, asked: bool = False, error: BaseException | None = None) -> None:
        with self._lock:
            if not self.reason:
                self.reason, self.asked, self.error = reason, asked, error
            heeding = list(self._heeding)
        self.event.set()
        for callback in heeding:
            callback(self.reason)

    def check(self) -> None:
        """Raise Stopped, with the reason, where there is one."""
        if self.event.is_set():
            raise Stopped(f"{self.reason} before it was whole")

    @property
    def faulty(self) -> bool:
        """Whether the reason is a fault in goldenhour, and not what the disk, the system or a person did."""
        return self.error is not None and not isinstance(
            self.error, HashingError | CaptureError | OSError | MemoryError | KeyboardInterrupt
        )

    def heed(self, callback: Callable[[str], None]) -> None:
        """Have `callback` called with the reason from now on, at once where there is one already."""
        with self._lock:
            self._heeding.append(callback)
            reason = self.reason
        if reason:
            callback(reason)

    @contextmanager
    def heeded(self, callback: Callable[[str], None]) -> Iterator[None]:
        """Do the same for a while."""
        self.heed(callback)
        try:
            yield
        finally:
            with self._lock:
                self._heeding.remove(callback)


def reason_of(error: BaseException) -> str:
    """Say in plain words what went wrong, for the ledger: no paths of this computer, no secrets of a request."""
    if isinstance(error, MemoryError):
        return "this computer has no memory left"
    if isinstance(error, OSError):
        return system_words(error)
    if isinstance(error, HashingError | CaptureError):
        return (getattr(error, "reason", "") or str(error))[:_LONGEST]
    # Where in our own code, never the message of a stranger's exception: that may hold what must not be recorded.
    places = [
        frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(_ROOT)
    ]
    where = f" in {Path(places[-1].filename).relative_to(_ROOT)}, line {places[-1].lineno}" if places else ""
    return f"a fault in goldenhour: {type(error).__name__}{where}"
