"""Such a process from outside: given its task, answered, and ended when it hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from typing import Generic, Self, TypeVar

import msgspec

from capture.extractors.child.messages import LARGEST, ChildMessage, Ended, ExtractionTrouble, FetchAnswer
from capture.request.extractor import Answer, StoredItem
from hashing.sandbox import Confinement, NotRead, SandboxProcess, handed_over

PATIENCE = 600.0  # Seconds that it may think between two messages, the last line; fetching is not counted.
_LOOK_AGAIN = 0.2


Said = TypeVar("Said", bound=ChildMessage)


class ExtractionProcess(Generic[Said]):
    """One task for such a process: it reaches no network, no file and no other program. Close it when done.

    `name` is that of the extractors, for people, `url` what they look at; `said` decodes what the process says.
    """

    def __init__(
        self,
        process: SandboxProcess,
        name: str,
        task: ChildMessage,
        url: str,
        said: msgspec.json.Decoder[Said],
        *,
        pause: Callable[[float], None],
        patience: float,
    ) -> None:
        """`pause` raises CancelledError where the capture is stopped: the process is then ended at once."""
        self._process = process
        self._name = name
        self._url = url
        self._task = msgspec.json.encode(task)
        self._decoder = said
        self._pause = pause
        self._patience = patience
        self._stopped = False
        threading.Thread(target=self._watch, name=name, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def said(self) -> Iterator[Said | ExtractionTrouble | Ended]:
        """Yield what the process says, until its end; each `FetchQuestion` is to be answered with `tell`.

        A process that hangs or dies has thereby said that it is in trouble.
        """
        try:
            msgspec.msgpack.decode(self._process.receive(LARGEST, self._patience), type=Confinement)
            self._process.send(self._task)
            while not isinstance(said := self._next(), Ended):
                yield said
        except NotRead as error:
            yield ExtractionTrouble(url=self._url, words="the capture was stopped" if self._stopped else str(error))
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
            return self._decoder.decode(self._process.receive(LARGEST, self._patience))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NotRead(f"what {self._name} said is not understood") from error


def fetch_answer(answer: Answer, stored: StoredItem | None) -> FetchAnswer:
    """Return what the process is told of an answer, with the item that it may read; one in part is none."""
    # A part is not given as an answer: the program would parse it, and find less than the page says.
    whole = stored is not None and not stored.item.partial
    return FetchAnswer(
        url=answer.url,
        status=answer.status,
        headers=dict(answer.headers),
        body=str(stored.body) if stored is not None else "",
        coding=stored.item.content_encoding if stored is not None else "",
        sample=answer.sample,
        reason="" if whole else answer.reason,
    )
