"""A worker that proves evidence at rest whole: it takes targets that are due, has each checked, reports the receipt.

It speaks with the database and holds neither evidence nor key: who checks and signs is a process of its own, which is
made while no connection is open.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from contextlib import suppress

from fleet.database import Database
from fleet.errors import BadJob, DatabaseGone
from fleet.evidence import Due, EvidenceSchedule, RecheckReport, Target
from fleet.queue import Queue
from fleet.worker import BEAT, clock_fault, pause_of
from hashing.times import Clock, system_clock

_LOOK_AGAIN = 10.0  # Seconds after which targets that are due are looked for again.
_LEASE = 300.0  # Seconds without a sign of life after which its target goes to another.


class Verifier:
    """Checks targets until it is interrupted, or with `once` until none is due that it has. For the main thread.

    `has` says whether a target can be checked here; `check` does it, calls the function that it is given now and then,
    and returns what came of it; `says` is told why no target is taken, and "" once some are again.
    """

    def __init__(
        self,
        database: Database,
        operation: str,
        key: str,
        *,
        has: Callable[[Target], bool],
        check: Callable[[Target, str, Callable[[], None]], RecheckReport],
        refused: Callable[[Due, RecheckReport], None],
        says: Callable[[str], None],
        clock: Clock = system_clock,
        pause: Callable[[float], object] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._queue = Queue(database, operation)
        self._schedule = EvidenceSchedule(database, operation)
        self._key = key
        self._has, self._check, self._refused, self._says = has, check, refused, says
        self._clock, self._pause, self._monotonic = clock, pause, monotonic
        self._run = os.urandom(16).hex()
        self._said = ""
        self._next_beat = 0.0
        self._unreported = list[tuple[Due, RecheckReport]]()

    def run(self, *, once: bool) -> None:
        """Check what is due, again and again. Raises BadDatabase; KeyboardInterrupt, when the database was told."""
        failures, process = 0, os.getpid()
        try:
            while True:
                try:
                    fit = self._beat()
                    self._report()
                    done = self._checked_all() if fit else 0
                except DatabaseGone as error:
                    failures += 1
                    self._say(str(error))
                    self._pause(pause_of(failures))
                    continue
                failures = 0
                if once and not done:
                    return
                self._pause(0.0 if done else _LOOK_AGAIN)
        finally:
            # A process that checks, and holds the key, ends through here as well: it never speaks with the database.
            if os.getpid() == process:
                with suppress(DatabaseGone):
                    self._report()
                    self._queue.end(self._run)

    def _beat(self) -> bool:
        """Give a sign of life; return whether targets may be taken, by the database's clock."""
        self._next_beat = self._monotonic() + BEAT
        before = self._clock()
        heard = self._queue.beat(self._run, self._key, platform.node()[:100], self._said, _LEASE)
        self._say(fault := clock_fault(before, heard.now, self._clock()))
        return not fault

    def _say(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self._says(text)

    def _checked_all(self) -> int:
        """Check every target that is due and that is here; return how many."""
        count = 0
        for due in self._schedule.due():
            try:
                target = Target(due.name, due.kind)
            except BadJob as error:
                if self._schedule.take(self._run, due) is not None:
                    self._refuse(due, str(error))
                continue
            if not self._has(target):
                continue  # another worker may have it; where none has, it is told as overdue
            proof = self._schedule.take(self._run, due)
            if proof is None:
                continue
            self._database.close()  # a process that is made now must not have the connection as well
            self._unreported.append((due, self._check(target, proof, self._alive)))
            count += 1
            self._report()
        return count

    def _refuse(self, due: Due, reason: str) -> None:
        done = RecheckReport(verdict="unchecked", reason=reason)
        self._refused(due, done)
        self._unreported.append((due, done))
        self._report()

    def _alive(self) -> None:
        """Give a sign of life where one is due, while a target is being checked."""
        if self._monotonic() >= self._next_beat:
            with suppress(DatabaseGone):
                self._beat()

    def _report(self) -> None:
        while self._unreported:
            self._schedule.report(self._run, *self._unreported[0])
            # Taken off only when the database has it: a report that fails is made again.
            self._unreported.pop(0)
