"""The process that runs yt-dlp, from outside: started, answered, and ended when it hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from typing import Self

import msgspec

from capture.extractors.video.messages import LARGEST, Ended, ExtractionTrouble, FetchAnswer, Said, Task
from hashing.sandbox import Confinement, NotRead, SandboxProcess, handed_over

_PATIENCE = 600.0
"""Seconds that yt-dlp may think between two messages, the last line; fetching is not counted."""
_LOOK_AGAIN = 0.2
_MEMORY = 256 << 20
_CHILD = "capture.extractors.video.extraction_child:extract"
_LOAD = ("capture.extractors.video.door", "yt_dlp.extractor.generic")
_decoder = msgspec.json.Decoder(Said)


class Extraction:
    """One task for yt-dlp, in a sandbox: it reaches no network, no file and no other program. Close it when done."""

    def __init__(self, task: Task, *, pause: Callable[[float], None] = time.sleep, patience: float = _PATIENCE) -> None:
        """`pause` raises CancelledError where the capture is stopped: the process is then ended at once."""
        self._task = task
        self._pause = pause
        self._patience = patience
        self._stopped = False
        self._process = SandboxProcess(
            _CHILD, "yt-dlp", memory=_MEMORY, load=_LOAD, environment={"YTDLP_NO_PLUGINS": "1"}
        )
        threading.Thread(target=self._watch, name="yt-dlp", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def said(self) -> Iterator[Said]:
        """Yield what the process says, until its end; each `FetchQuestion` is to be answered with `tell`.

        A process that hangs or dies has thereby said that it is in trouble.
        """
        try:
            msgspec.msgpack.decode(self._process.receive(LARGEST, self._patience), type=Confinement)
            self._process.send(msgspec.json.encode(self._task))
            while not isinstance(said := self._next(), Ended):
                yield said
        except NotRead as error:
            yield ExtractionTrouble(
                url=self._task.url, words="the capture was stopped" if self._stopped else str(error)
            )
        yield Ended()

    def tell(self, answered: FetchAnswer) -> None:
        """Answer the question that was read last; the file of an answer's body is handed over, open."""
        with suppress(NotRead):  # what became of the process, the next reading says
            if answered.body:
                try:
                    with handed_over(Path(answered.body)) as file:
                        nameless = msgspec.structs.replace(answered, body="handed over")
                        self._process.send(msgspec.json.encode(nameless), [file])
                        return
                except NotRead as error:
                    answered = FetchAnswer(url=answered.url, reason=str(error))
            self._process.send(msgspec.json.encode(answered))

    def close(self) -> None:
        """End the process: it writes nothing, so nothing is lost."""
        self._process.close()

    def _watch(self) -> None:
        """End the process where the capture is stopped while it thinks."""
        try:
            while not self._process.dead:
                self._pause(_LOOK_AGAIN)
        except CancelledError:
            self._stopped = True
        except BaseException:  # noqa: BLE001 - whatever it is, nobody would end the process any more
            self._stopped = True
        if self._stopped:
            self._process.kill()

    def _next(self) -> Said:
        """Return the next thing said. Raises NotRead."""
        try:
            said: Said = _decoder.decode(self._process.receive(LARGEST, self._patience))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NotRead("what yt-dlp said is not understood") from error
        return said
