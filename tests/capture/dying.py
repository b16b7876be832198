"""A program that captures a scene and kills itself (SIGKILL) at the n-th call that makes something durable.

usage: python -m tests.capture.dying CASE KEY SCENE POINT
The points are the calls of fsync, rename, unlink and write, before and after each. Prints the number of points
that were passed if it gets to the end.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_CALLS = ("fsync", "rename", "unlink", "write", "truncate", "ftruncate")


def die_at(point: int) -> itertools.count[int]:
    """Replace the system's calls by ones that count, and die at the count given; return the counter."""
    passed = itertools.count(1)

    def _count() -> None:
        if next(passed) == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def _counting(call: Callable[..., Any]) -> Callable[..., Any]:
        def _called(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the system's own signatures
            _count()
            result = call(*args, **kwargs)
            _count()
            return result

        return _called

    for name in _CALLS:
        setattr(os, name, _counting(getattr(os, name)))
    return passed


def main(case_path: str, key_path: str, scene: str, point: str) -> None:
    """Capture and die."""
    from capture.options import CaptureOptions
    from capture.recorder.settings import NetworkSettings
    from capture.run import capture
    from hashing.case import Case
    from hashing.keys import load_signing_key

    key = load_signing_key(Path(key_path))
    case = Case.open(Path(case_path))
    network = NetworkSettings(allow_private=True, timeout=5, in_memory=200_000, attempts=1)
    options = CaptureOptions(officer="Mary Price", initials="MP", network=network)
    passed = die_at(int(point))
    capture(scene, case, options, key=key)
    print(next(passed))


if __name__ == "__main__":
    main(*sys.argv[1:])
