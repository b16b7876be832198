"""A folder of receipts: each verification of the same evidence adds one, day after day, and none is ever replaced."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from exports.custody.receipt import write_receipt
from exports.format.outside import demand_no_part
from hashing.errors import InUse
from hashing.files.lock import try_lock
from hashing.files.storage import OWNER_FOLDER, OWNER_WRITES, storing
from hashing.times import Clock, system_clock, time_text

if TYPE_CHECKING:
    from exports.format.result import Verification
    from hashing.ledger.keys import SigningKey

_LOCK = ".lock"
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 60


class ReceiptFolder:
    """The folder, made where it is not there, and held by one process at a time; a context manager.

    Raises ExportError where it is inside of what is verified or of a case; InUse; Unwritable.
    """

    def __init__(self, path: Path, targets: Sequence[Path], *, clock: Clock = system_clock) -> None:
        self.path = path
        self._clock = clock
        demand_no_part(path, path, *targets)
        with storing(path):
            path.mkdir(mode=OWNER_FOLDER, parents=True, exist_ok=True)
            flags = os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
            self._lock = os.open(path / _LOCK, flags, OWNER_WRITES)
        if not try_lock(self._lock):
            os.close(self._lock)
            raise InUse(
                f"{path}: another verification writes its receipts there",
                hint="wait for it to end, or name another folder with --receipts",
            )

    def __enter__(self) -> Self:
        """Hold the folder."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        os.close(self._lock)

    def write(self, found: Verification, number: int, *, key: SigningKey, officer: str) -> Path:
        """Write the receipt of the verification of the target of this number; return its file.

        Names sort by time, to the millisecond. Raises as `write_receipt`.
        """
        moment = self._clock()
        stamp = re.sub(r"[-:.]", "", time_text(moment))
        name = _NOT_IN_A_NAME.sub("_", found.path.resolve().name)[:_LONGEST_NAME]
        path = self.path / f"{stamp}-{number}-{name}.receipt"
        write_receipt(path, found, key=key, officer=officer, clock=lambda: moment)
        return path


def repeated(
    once: Callable[[int], object],
    *,
    every: float,
    length: float | None,
    pause: Callable[[float], object] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Call `once` with the number of the round: so many seconds from the beginning of one to that of the next.

    A round that takes longer is followed by the next at once. It ends when the next would begin `length` seconds after
    the first; without, never by itself.
    """
    begun, number = monotonic(), 0
    while True:
        number += 1
        following = monotonic() + every
        once(number)
        if length is not None and following - begun >= length:
            return
        pause(max(following - monotonic(), 0.0))
