"""A process that starts one operation after another, each in a child that dies at a point of its choice.

usage: python -m tests.faults.doomed OPERATION
Each line on stdin is a point (0: do not die) and a folder. Answers on stdout with the number of points passed where
the child came to its end, or with what ended it: `killed`, or `failed`. Everything is imported once, and each child is
a fork of this process: a kill costs milliseconds, not the start of a Python.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path

from tests.faults.operations import OPERATIONS
from tests.faults.points import Points


def main(name: str) -> None:
    """Do as told until stdin ends."""
    for line in sys.stdin:
        point, _, folder = line.strip().partition(" ")
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            os._exit(_run(name, int(point), Path(folder), writing))
        os.close(writing)
        with open(reading, encoding="ascii") as pipe:  # noqa: PTH123 - a descriptor
            passed = pipe.read()
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        print(passed or ("killed" if killed else "failed"), flush=True)


def _run(name: str, point: int, folder: Path, writing: int) -> int:
    write, points = os.write, Points(point)
    try:
        OPERATIONS[name](folder)
    except BaseException:  # noqa: BLE001 - whatever it is, it is printed, and fails the test
        traceback.print_exc()
        return 1
    write(writing, str(points.passed).encode())
    return 0


if __name__ == "__main__":
    main(*sys.argv[1:])
