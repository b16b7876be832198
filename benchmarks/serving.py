"""A benchmark's server, in a process of its own, so that it does not share our interpreter's lock."""

from __future__ import annotations

import subprocess
import sys


class SceneProcess:
    """Runs a module that prints its address and serves until its standard input ends; a context manager."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._command = [sys.executable, "-m", module, *arguments]

    def __enter__(self) -> str:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def __exit__(self, *_: object) -> None:
        self._process.communicate("")
