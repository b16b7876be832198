"""The process that runs yt-dlp, from outside: started, answered, and ended when it hangs."""

from __future__ import annotations

import math
import threading
import time
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import TYPE_CHECKING, Self

import msgspec

from capture.extractors.video.messages import LARGEST, Ended, ExtractionTrouble, Said, Task, Told
from hashing.sandbox.child_process import ChildProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_PATIENCE = 120.0
"""Seconds that yt-dlp may think between two messages; fetching is not counted."""
_LOOK_AGAIN = 0.2
_PROGRAM = "from capture.extractors.video.extraction_child import main; main()"
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
        room = str(home)
        self._process = ChildProcess(
            _PROGRAM,
            "yt-dlp",
            kept=("PATH",),  # a JavaScript runtime is found by it
            environment={"HOME": room, "XDG_CONFIG_HOME": room, "DENO_DIR": room, "YTDLP_NO_PLUGINS": "1"},
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
            yield ExtractionTrouble(url=self._task.url, words=str(error))
        yield Ended()

    def tell(self, told: Told) -> None:
        """Answer the question that was read last."""
        self._write(msgspec.json.encode(told))

    def close(self) -> None:
        """End the process: it writes nothing, so nothing is lost."""
        self._process.close()

    def _watch(self) -> None:
        """End the process where it thinks for too long, and where the capture is stopped while it thinks."""
        try:
            while not self._process.dead and not self._ended_for:
                self._pause(_LOOK_AGAIN)
                if time.monotonic() > self._deadline:
                    self._ended_for = f"yt-dlp was still at work after {self._patience:g} s and was ended"
        except CancelledError:
            self._ended_for = "the capture was stopped"
        except BaseException as error:  # noqa: BLE001 - whatever it is, nobody would end the process any more
            self._ended_for = f"it could not be watched ({type(error).__name__})"
        if self._ended_for:
            self._process.kill()

    def _write(self, data: bytes) -> None:
        with suppress(OSError):  # what became of the process, the next reading says
            self._process.write(data)

    def _next(self) -> Said:
        """Return the next thing said. Raises _Stopped."""
        self._deadline = time.monotonic() + self._patience
        line = self._process.read(LARGEST)
        self._deadline = math.inf
        if self._ended_for:
            raise _Stopped(self._ended_for)
        if not line:
            raise _Stopped(self._process.fate())
        try:
            said: Said = _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _Stopped("what yt-dlp said is not understood") from error
        return said


class _Stopped(Exception):
    """The process says nothing more; the message is the reason."""
