"""Servers that others wrote, each in a process of its own that cannot outlive the tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from tests.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    T = TypeVar("T")

_LIFELINE = Path(__file__).with_name("lifeline.py")
_TOLD = 4000  # bytes of what a program said, in the message that it failed


class ToolMissing(Exception):
    """A server needs a program that is not on this machine; the message says which, and how to have it."""


class Program:
    """A program, as a context manager: `with Program(["redis-server"]) as program: program.wait_for(answers)`.

    It works in `folder`, a temporary one that holds `files` (by name), and is alone there: `HOME` and `TMPDIR` lead to
    it. On exit it is asked to end by the signal `stop`, killed if it does not, and the folder goes. The same happens
    when the process of the tests dies, even of SIGKILL. A `user` other than the present one takes root.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        files: Mapping[str, bytes] | None = None,
        environment: Mapping[str, str] | None = None,
        user: str = "",
        stop: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.folder = Path()
        """Known once the program is entered."""
        self._command = tuple(command)
        self._files = dict(files or {})
        self._environment = dict(environment or {})
        self._user = user
        self._stop = stop

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="goldenhour-server-"))
        for name, data in self._files.items():
            (self.folder / name).write_bytes(data)
        if self._user:
            for each in (self.folder, *self.folder.iterdir()):
                shutil.chown(each, self._user)
        place = str(self.folder)
        self._said = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(_LIFELINE), self._user, str(int(self._stop)), place, *self._command],
            env=os.environ | {"HOME": place, "TMPDIR": place} | self._environment,
            stdin=subprocess.PIPE,
            stdout=self._said,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # an interrupt at the terminal is for the tests, which then end this in order
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate(timeout=PATIENCE)
        self._said.close()

    @property
    def said(self) -> str:
        """The end of what it wrote to its standard output and error so far."""
        size = os.fstat(self._said.fileno()).st_size
        return os.pread(self._said.fileno(), _TOLD, max(0, size - _TOLD)).decode("utf-8", "replace")

    def wait_for(self, probe: Callable[[], T | None], seconds: float = PATIENCE) -> T:
        """Return the first answer of `probe` that is not None.

        Raises RuntimeError, with what the program said, where it has ended or the time is over.
        """
        deadline = time.monotonic() + seconds
        while (found := probe()) is None:
            ended = self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                how = "ended" if ended else f"was not ready after {seconds:g} s"
                raise RuntimeError(f"{self._command[0]}: {how}, and said: {self.said}")
            time.sleep(0.02)
        return found


def free_port() -> int:
    """Return a port of loopback that nobody listens on. It is not held: another program may be quicker."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def unprivileged_user() -> str:
    """Return whom servers run as that refuse to be root: empty for the present user."""
    return "nobody" if os.geteuid() == 0 else ""


def find_tool(name: str, *places: Path, package: str) -> str:
    """Return the path of a program, sought in `places` first, then on PATH. Raises ToolMissing."""
    path = os.pathsep.join([*map(str, places), os.environ.get("PATH", os.defpath)])
    found = shutil.which(name, path=path)
    if found is None:
        raise ToolMissing(f"{name} is not installed (Debian: apt-get install {package})")
    return found
