"""Measuring the clock beside a capture, which neither waits for it nor fails for want of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from capture.clock.measure import WHOLE_PATIENCE, measure_clock, not_measured
from capture.clock.time_server import TimeServer
from hashing.case.events import ClockMeasured
from hashing.times import Clock

if TYPE_CHECKING:
    from capture.recorder.address_guard import AddressGuard

_LOOK_UP = 1.0  # Seconds for the look-up of the server's name, on top of those for its answers.


class MeasuredBeside:
    """One measurement in a thread of its own; `record` is given what came of it once, from there or from `end`.

    `failed` is told where that raised, or anything else in the thread.
    """

    def __init__(
        self,
        server: TimeServer,
        guard: AddressGuard,
        *,
        record: Callable[[ClockMeasured], None],
        failed: Callable[[BaseException], None],
        clock: Clock,
    ) -> None:
        self._failed = failed
        self._server = server
        self._guard = guard
        self._record = record
        self._clock = clock
        self._lock = threading.Lock()
        self._over = False
        self._done = threading.Event()
        self._hurried = False
        self._deadline = time.monotonic() + WHOLE_PATIENCE + _LOOK_UP
        # Not a pool's thread: those are waited for when the program ends, and a resolver may hang for minutes.
        threading.Thread(target=self._run, name="clock", daemon=True).start()

    def end(self, *, wait: bool = True) -> None:
        """Wait until it is recorded, but not for long; what is not there by then is recorded as not had.

        Raises what `record` raises.
        """
        self._done.wait(max(self._deadline - time.monotonic(), 0.0) if wait else 0.0)
        if not self._over:
            in_time = wait and not self._hurried
            reason = "did not answer in time" if in_time else "had not answered when the capture was stopped"
            self._say(not_measured(self._server, reason, self._clock))

    def hurry(self, _reason: str = "") -> None:
        """Let `end`, which may be waiting in another thread, wait no longer."""
        self._hurried = True
        self._done.set()

    def drop(self) -> None:
        """Record nothing from now on."""
        with self._lock:
            self._over = True

    def _run(self) -> None:
        try:
            self._say(measure_clock(self._server, self._guard, clock=self._clock))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it ends the capture
            self.drop()
            self._failed(error)
        self._done.set()

    def _say(self, measured: ClockMeasured) -> None:
        with self._lock:
            if not self._over:
                self._over = True
                self._record(measured)
