"""A Python process of our own in which hostile material is read, from outside: this one holds the key that signs."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

from hashing.sandbox import channel
from hashing.sandbox.errors import NotRead

_ROOT = Path(__file__).resolve().parents[2]
# What an interpreter may need to start. Nothing else of the environment is passed on: it may hold secrets.
_KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


class SandboxProcess:
    """An interpreter that runs `module:function` once it is confined, and the socket to it; `name` stands in its fate.

    It gets no environment but `environment`, looks for modules where this one does, and is confined by `enter` before
    it reads anything. `load` are modules that it imports before that, `memory` the bytes that it may take. One that
    serves a socket makes files in the folder `below`. Raises OSError where it cannot be started.
    """

    def __init__(
        self,
        function: str,
        name: str,
        *,
        memory: int,
        load: Sequence[str] = (),
        below: str = "",
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._name = name
        root = str(_ROOT)
        # The parent's own import path, without relative entries: the current folder may be evidence with a `json.py` in
        # it. -I keeps PYTHONPATH and the user's site-packages out for the same reason.
        paths = [root, *(entry for entry in sys.path if entry != root and Path(entry).is_absolute())]
        program = (
            "import json, sys; sys.path[:] = json.loads(sys.argv[1])\n"
            "from hashing.sandbox.enter import enter; enter(*json.loads(sys.argv[2]))"
        )
        arguments = (json.dumps(paths), json.dumps([function, list(load), memory, below]))
        # What is loaded before it is confined is compiled once and kept, as it is for this process: it is our own.
        keeping = ["-B"] if sys.dont_write_bytecode or sys.pycache_prefix else []
        self._channel, inside = socket.socketpair()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own program
                [sys.executable, "-I", *keeping, "-X", "utf8", "-W", "ignore", "-c", program, *arguments],
                stdin=inside.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={each: os.environ[each] for each in _KEPT_ENVIRONMENT if each in os.environ} | dict(environment),
                cwd=_ROOT.anchor,
                process_group=0 if os.name == "posix" else None,  # the terminal's Ctrl-C is for the parent
            )
        except OSError:
            self._channel.close()
            raise
        finally:
            inside.close()

    @property
    def dead(self) -> bool:
        """Whether the process has ended by itself, or was ended from outside."""
        return self._process.poll() is not None

    def send(self, message: bytes, files: Sequence[int] = ()) -> None:
        """Send a message, with descriptors of open files. Raises NotRead where the process takes no more."""
        try:
            self._channel.settimeout(None)
            channel.send(self._channel, message, files)
        except OSError as error:
            raise NotRead(self.fate()) from error

    def receive(self, longest: int, seconds: float | None = None) -> bytes:
        """Return its next message. Raises NotRead where none comes within so many seconds, or the process ends."""
        try:
            message, files = channel.receive(self._channel, longest, seconds)
        except (channel.Hung, TimeoutError) as error:
            raise NotRead(f"given up after {seconds:g} s") from error
        except channel.TooLong as error:
            raise NotRead(f"{self._name} answered more than is taken: {error}") from error
        except OSError as error:
            raise NotRead(self.fate()) from error
        for each in files:  # nothing is handed out of a sandbox
            os.close(each)
        if not message:
            raise NotRead(self.fate())
        return message

    def kill(self) -> None:
        """Kill the process, unless it has ended by itself; whoever waits for its answer is told that it ended."""
        with suppress(ProcessLookupError, PermissionError):
            if not self.dead:
                os.killpg(self._process.pid, signal.SIGKILL) if os.name == "posix" else self._process.kill()
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Kill the process, and wait until it is gone: it writes nothing, so nothing is lost."""
        self.kill()
        self._process.wait()
        self._channel.close()

    def fate(self) -> str:
        """Say how the process ended; waits a moment for its end."""
        try:
            status = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return f"{self._name} stopped answering"
        # The signal tells what ended it: SIGKILL, for instance, is the system's where memory ran out.
        if status >= 0:
            return f"{self._name} stopped: exit status {status}"
        try:
            return f"{self._name} stopped: killed by {signal.Signals(-status).name}"
        except ValueError:
            return f"{self._name} stopped: killed by signal {-status}"
