"""Kills operations at points of one's choice, from within a test."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.patience import PATIENCE

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

ROOT = Path(__file__).parents[2]
KILLED = "killed"


class Killer:
    """Runs an operation (see operations.py) again and again, while it is entered."""

    def __init__(self, operation: str) -> None:
        self._copies = itertools.count(1)
        self._command = [sys.executable, "-m", "tests.faults.doomed", operation]

    def __enter__(self) -> Self:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(self._command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.said = self._process.communicate(timeout=PATIENCE)[1]

    def run(self, point: int, folder: Path) -> str:
        """Run it in a folder, to be killed at a point; return `killed`, `failed`, or the number of points passed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{point} {folder}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def kill(self, point: int, before: Path) -> Path:
        """Kill it at a point in a fresh copy of `before`, and return that copy.

        The order of threads varies, and with it the number of points: where this run has fewer, the last is taken.
        """
        while True:
            folder = shutil.copytree(before, before.with_name(f"killed-{next(self._copies)}"))
            ended = self.run(point, folder)
            if ended == KILLED:
                return folder
            assert ended.isdecimal(), ended
            assert 0 < int(ended) < point, f"came to its end behind {ended} points, and was to die at {point}"
            point = int(ended)
            shutil.rmtree(folder)

    def count(self, folder: Path) -> int:
        """Run it to its end in a folder, and return how many points it has."""
        return int(self.run(0, folder))
