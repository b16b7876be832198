"""The process that runs yt-dlp, from outside: started, answered, and ended when it hangs."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec

from capture.sources.video.messages import Ended, Said, Task, Told, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

_PATIENCE = 120.0
"""Seconds that yt-dlp may think between two messages; fetching is not counted."""
_LOOK_AGAIN = 0.2
_LONGEST = 64 << 20
_KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
"""What an interpreter, and a JavaScript runtime, may need to start. The rest may hold secrets, or settings."""
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from capture.sources.video.extraction_child import main; main()"
)
_decoder = msgspec.json.Decoder(Said)


class Extraction:
    """One task for yt-dlp, in a child process that has neither network nor files to write. Close it when done."""

    def __init__(
        self, task: Task, home: Path, *, pause: Callable[[float], None] = time.sleep, patience: float = _PATIENCE
    ) -> None:
        """`pause` raises CancelledError where the capture is stopped: the process is then ended at once."""
        self._task = task
        self._pause = pause
        self._patience = patience
        self._deadline = math.inf
        self._ended_for = ""
        root = str(Path(__file__).resolve().parents[3])
        paths = [root, *(entry for entry in sys.path if entry != root and Path(entry).is_absolute())]
        environment = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
        environment |= {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "DENO_DIR": str(home), "YTDLP_NO_PLUGINS": "1"}
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own program
            [sys.executable, "-I", "-B", "-X", "utf8", "-W", "ignore", "-c", _PROGRAM, json.dumps(paths)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=Path(root).anchor,
            process_group=0 if os.name == "posix" else None,  # the terminal's Ctrl-C is for the parent
        )
        threading.Thread(target=self._watch, name="yt-dlp", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def said(self) -> Iterator[Said]:
        """Yield what the process says, until its end; each `Ask` is to be answered with `tell`.

        A process that hangs or dies has thereby said that it is in trouble.
        """
        self._write(msgspec.json.encode(self._task))
        try:
            while not isinstance(said := self._next(), Ended):
                yield said
        except _Stopped as error:
            yield Trouble(url=self._task.url, words=str(error))
        yield Ended()

    def tell(self, told: Told) -> None:
        """Answer the question that was read last."""
        self._write(msgspec.json.encode(told))

    def close(self) -> None:
        """End the process: it writes nothing, so nothing is lost."""
        self._kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # what was not yet written cannot be
                _open(pipe).close()

    def _kill(self) -> None:
        """Kill the process, and a JavaScript runtime that it started, unless it has ended by itself."""
        with suppress(ProcessLookupError, PermissionError):
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL) if os.name == "posix" else self._process.kill()

    def _watch(self) -> None:
        """End the process where it thinks for too long, and where the capture is stopped while it thinks."""
        try:
            while self._process.poll() is None and not self._ended_for:
                self._pause(_LOOK_AGAIN)
                if time.monotonic() > self._deadline:
                    self._ended_for = f"yt-dlp was still at work after {self._patience:g} s and was ended"
        except CancelledError:
            self._ended_for = "the capture was stopped"
        if self._ended_for:
            self._kill()

    def _write(self, data: bytes) -> None:
        with suppress(OSError):  # what became of the process, the next reading says
            _open(self._process.stdin).write(data + b"\n")
            _open(self._process.stdin).flush()

    def _next(self) -> Said:
        """Return the next thing said. Raises _Stopped."""
        self._deadline = time.monotonic() + self._patience
        line = _open(self._process.stdout).readline(_LONGEST)
        self._deadline = math.inf
        if self._ended_for:
            raise _Stopped(self._ended_for)
        if not line:
            raise _Stopped(self._fate())
        try:
            said: Said = _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _Stopped("what yt-dlp said is not understood") from error
        return said

    def _fate(self) -> str:
        status = self._process.wait()
        if status >= 0:
            return f"yt-dlp stopped: exit status {status}"
        try:
            return f"yt-dlp stopped: killed by {signal.Signals(-status).name}"
        except ValueError:
            return f"yt-dlp stopped: killed by signal {-status}"


class _Stopped(Exception):
    """The process says nothing more; the message is the reason."""


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise AssertionError("the process was started with pipes")
    return pipe
