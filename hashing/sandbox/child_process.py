"""A Python process of our own in which hostile material is read: this one holds the key that signs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ROOT = Path(__file__).resolve().parents[2]
_KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
"""What an interpreter may need to start. Nothing else of the environment is passed on: it may hold secrets."""


class ChildProcess:
    """An interpreter of its own that runs a short program, and the two pipes to it; `name` stands in its fate.

    It gets no environment but the variables `kept` and `environment`, and looks for modules where this one does. It is
    no prison: it runs as the same user. Raises OSError where it cannot be started.
    """

    def __init__(
        self,
        program: str,
        name: str,
        *,
        kept: Sequence[str] = (),
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._name = name
        root = str(_ROOT)
        paths = [root, *(entry for entry in sys.path if entry != root and Path(entry).is_absolute())]
        passed_on = {each: os.environ[each] for each in (*_KEPT_ENVIRONMENT, *kept) if each in os.environ}
        program = f"import json, sys; sys.path[:] = json.loads(sys.argv[1])\n{program}"
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own program
            [sys.executable, "-I", "-B", "-X", "utf8", "-W", "ignore", "-c", program, json.dumps(paths)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**passed_on, **environment},
            cwd=_ROOT.anchor,
            process_group=0 if os.name == "posix" else None,  # the terminal's Ctrl-C is for the parent
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("the process was started with pipes")
        self._input, self._output = self._process.stdin, self._process.stdout

    @property
    def dead(self) -> bool:
        """Whether the process has ended by itself, or was ended from outside."""
        return self._process.poll() is not None

    def write(self, line: bytes) -> None:
        """Write a line without its newline. Raises OSError where the process reads no more."""
        self._input.write(line + b"\n")
        self._input.flush()

    def read(self, longest: int) -> bytes:
        """Return its next line, cut where it is longer; what has no newline at its end is no whole one.

        Raises OSError or ValueError where another thread closes the process meanwhile.
        """
        return self._output.readline(longest)

    def kill(self) -> None:
        """Kill the process, and whatever it has started, unless it has ended by itself."""
        with suppress(ProcessLookupError, PermissionError):
            if not self.dead:
                os.killpg(self._process.pid, signal.SIGKILL) if os.name == "posix" else self._process.kill()

    def close(self) -> None:
        """Kill the process, wait until it is gone, and close the pipes."""
        self.kill()
        self._process.wait()
        for pipe in (self._input, self._output):
            with suppress(OSError):  # what was not yet written cannot be
                pipe.close()

    def fate(self) -> str:
        """Say how the process ended; waits a moment for its end."""
        try:
            status = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return f"{self._name} stopped answering"
        if status >= 0:
            return f"{self._name} stopped: exit status {status}"
        try:
            return f"{self._name} stopped: killed by {signal.Signals(-status).name}"
        except ValueError:
            return f"{self._name} stopped: killed by signal {-status}"
