"""A folder of receipts: each verification of the same evidence adds one, day after day, and none is ever replaced.

Its newest receipt of a target that found no fault is what the next verification is compared with.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from exports.custody.receipt import KeptReceipt, open_receipt, write_receipt
from exports.format.outside import demand_no_part
from exports.format.result import MISMATCH, Verification
from hashing.case.own_runs import note_receipt, receipt_written_here
from hashing.errors import HashingError, InUse
from hashing.files.lock import try_lock
from hashing.files.real_path import real_path
from hashing.files.storage import OWNER_FOLDER, OWNER_WRITES, read_small, reading, storing
from hashing.ledger.keys import SigningKey
from hashing.ledger.note import LARGEST_NOTE
from hashing.times import Clock, system_clock, time_text

_LOCK = ".lock"
_SUFFIX = ".receipt"
_STAMPED = re.compile(r"^[0-9]{8}T[0-9]{9}Z-")
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

    def write(self, found: Verification, target: str, *, key: SigningKey, officer: str) -> Path:
        """Write the receipt of the verification of a target; return its file. Raises as `write_receipt`.

        Names sort by time, to the millisecond.
        """
        moment = self._clock()
        path = self.path / _file_name(time_text(moment), target)
        write_receipt(path, found, key=key, officer=officer, target=target, clock=lambda: moment)
        note_receipt(self.path, target, path.name)  # it must be there in the next round
        return path

    def last(self, target: str) -> tuple[KeptReceipt | None, list[str]]:
        """Return the newest receipt of a target that tells of no fault and no doubt, and what is wrong with others.

        Whose key signed it is for the caller to judge.
        """
        try:
            names, wrong = self._names(target), list[str]()
        except HashingError as error:
            return None, [str(error)]
        if (before := receipt_written_here(self.path, target)) and before not in names:
            wrong.append(f"{before}: the receipt of the last round is gone")
        for name in reversed(names):
            try:
                receipt = open_receipt(read_small(self.path / name, LARGEST_NOTE))
            except HashingError as error:
                wrong.append(f"{name}: {str(error).removeprefix(f'{self.path / name}: ')}")
                continue
            # An older receipt under a newer name, or another target's under this one's, would hide what has changed.
            if name != _file_name(receipt.time, target) or receipt.target != target:
                wrong.append(f"{name}: is of {receipt.target[:100] or 'no target'} and {receipt.time[:40]}")
            elif receipt.verdict != MISMATCH and receipt.seals and not receipt.doubted:
                return KeptReceipt(name, receipt), wrong
        return None, wrong

    def knows(self, target: str) -> bool:
        """Say whether there is any receipt of a target. Raises Unreadable."""
        return bool(self._names(target))

    def _names(self, target: str) -> list[str]:
        with reading(self.path):
            names = (path.name for path in self.path.iterdir())
            return sorted(name for name in names if _STAMPED.sub("", name) == f"{target}{_SUFFIX}")


def target_names(paths: Sequence[Path]) -> list[str]:
    """Return what targets are called in receipts: by their folder's or file's name, those of one name counted."""
    counts, names = Counter[str](), []
    for path in paths:
        name = _NOT_IN_A_NAME.sub("_", real_path(path).name)[:_LONGEST_NAME]
        counts[name] += 1
        names.append(f"{counts[name]}-{name}")
    return names


def _file_name(time: str, target: str) -> str:
    return f"{re.sub(r'[-:.]', '', time)}-{target}{_SUFFIX}"


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
