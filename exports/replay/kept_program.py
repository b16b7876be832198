"""A program that ends when this process does, in whatever way: nobody leaves a window on evidence open."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_PATIENCE = 10
# Waits at the end of a pipe, which the system closes when this process dies, even of SIGKILL. It leads a session of
# its own: Ctrl-C at the terminal is for goldenhour, which then ends the program in order. What the program started
# goes with it, and is gone before its folders are removed.
_KEEPER = f"""
import contextlib, os, signal, subprocess, sys, threading, time
try:
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, process_group=0 if os.name == "posix" else None)
except OSError:
    sys.exit(127)
def end():
    os.read(0, 1)
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait({_PATIENCE})
    child.kill()
threading.Thread(target=end, daemon=True).start()
code = child.wait()
until = time.monotonic() + 1
with contextlib.suppress(AttributeError, ProcessLookupError, PermissionError):
    while time.monotonic() < until:
        os.killpg(child.pid, signal.SIGKILL)
        time.sleep(0.02)
os._exit(code if 0 <= code < 256 else 1)
"""


class KeptProgram:
    """A running program, which says nothing and hears nothing; what it writes goes to `told`, where that is given."""

    def __init__(self, command: Sequence[str], *, folder: Path | None = None, told: Path | None = None) -> None:
        held, self._lifeline = os.pipe()
        try:
            with (told or Path(os.devnull)).open("wb") as out:
                self._keeper = subprocess.Popen(  # noqa: S603 - a program that the user has or named
                    [sys.executable, "-I", "-S", "-c", _KEEPER, *command],
                    stdin=held, stdout=out, stderr=out, cwd=folder, start_new_session=True,
                )  # fmt: skip
        finally:
            os.close(held)

    def wait(self, seconds: float | None) -> int | None:
        """Wait until it has ended, or so long; return its exit code where it has (127 where it could not start)."""
        with suppress(subprocess.TimeoutExpired):
            return self._keeper.wait(seconds)
        return None

    def end(self) -> None:
        """End it, with whatever it started."""
        os.close(self._lifeline)
        if self.wait(3 * _PATIENCE) is None:
            self._keeper.kill()
            self._keeper.wait()
