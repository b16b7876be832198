"""Readers of hostile documents: a few processes that stay, each reading one document at a time."""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

import msgspec

from hashing.sandbox.confine import Confinement
from hashing.sandbox.errors import Closed, NotRead, NotStarted
from hashing.sandbox.handed_over import handed_over
from hashing.sandbox.process import SandboxProcess
from hashing.sandbox.reader_child import Asked, ReaderAnswer

if TYPE_CHECKING:
    Argument = str | bytes | int | bool | None

T = TypeVar("T")

DEADLINE = 300.0  # Seconds for one document, the last line: what is counted ends far earlier on the slowest machine.
# An interpreter starts in well under a second; this is for a computer that has a hundred other things to do.
_START_DEADLINE = 120.0
_MEMORY = 224 << 20  # Bytes of data; with an interpreter and its libraries less than 300 MiB.
_LONGEST = 48 << 20
_MOST_DOCUMENTS = 2000  # After so many a new process takes over, whatever the old one may hold by then.
_ROOT = Path(__file__).resolve().parents[2]
_CHILD = "hashing.sandbox.reader_child:read_documents"


class Readers:
    """Reads documents in sandboxes, `most` at a time and as many streams. Thread-safe.

    A reader that hangs or dies is replaced. A process starts when it is first needed, or with `start`, and imports the
    modules `load` before it is confined.
    """

    def __init__(self, *, load: Sequence[str] = (), most: int | None = None, deadline: float = DEADLINE) -> None:
        self._load = load
        self._deadline = deadline
        most = most or min(max(os.cpu_count() or 2, 2), 8)
        self._room, self._streams = threading.Semaphore(most), threading.Semaphore(most)
        self._lock = threading.Lock()
        self._idle: list[_Reader] = []
        self._busy: set[_Reader] = set()
        self._closed = False
        self._asked = {"", *load}  # Modules that were asked for, or are loaded from the start.

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

    def start(self) -> None:
        """Start a process without waiting for it, so that its start-up costs no time later."""
        with self._lock:
            if self._closed or self._idle or self._busy:
                return
            try:
                self._idle.append(_Reader(self._load))
            except OSError:  # the first document tries again, and says why
                return

    def ask(self, function: str, *arguments: Argument, files: Sequence[int | Path] = (), answer: type[T]) -> T:
        """Return what `module:function` returns for files, by descriptor or by path, and plain values. Raises NotRead.

        A path is opened as `handed_over` does: a regular file that no link leads to.
        """
        with self._lent(self._room, function) as reader:
            reader.begin(function, arguments, files)
            value = reader.next(answer, self._deadline)
            reader.end(self._deadline)
            return value

    def stream(
        self, function: str, *arguments: Argument, files: Sequence[int | Path] = (), answer: type[T]
    ) -> Iterator[T]:
        """Yield what a generator function yields, as `ask`; the reader is busy until that ends. Raises NotRead.

        Whoever takes what is yielded may ask meanwhile, and wait for others who ask: a stream has a room of its own. He
        may not begin a second stream.
        """
        with self._lent(self._streams, function) as reader:
            reader.begin(function, arguments, files)
            while not reader.at_end(self._deadline):
                yield reader.next(answer, self._deadline)

    def gather(self, function: str, *arguments: Argument, files: Sequence[int | Path] = (), answer: type[T]) -> list[T]:
        """Return all that a generator function yields, as `ask`. Raises NotRead."""
        with self._lent(self._room, function) as reader:
            reader.begin(function, arguments, files)
            found = list[T]()
            while not reader.at_end(self._deadline):
                found.append(reader.next(answer, self._deadline))
            return found

    def confinement(self) -> Confinement:
        """Return what holds the readers on this machine. Raises NotRead."""
        with self._lent(self._room) as reader:
            return reader.confinement(self._deadline)

    def give_up(self, *, but: Collection[str]) -> None:
        """Give up what is being read, except by the functions `but`: nobody wants to know it any more."""
        with self._lock:
            for busy in self._busy:
                if busy.function not in but:
                    busy.given_up = True
                    busy.process.kill()

    def close(self) -> None:
        """End the processes at once: they write nothing, so nothing is lost. What is being read is given up."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            for busy in self._busy:
                busy.process.kill()
        for reader in idle:
            reader.process.close()

    @contextmanager
    def _lent(self, room: threading.Semaphore, function: str = "") -> Iterator[_Reader]:
        with room:
            reader = self._borrow(function)
            try:
                yield reader
            # A process that we ended is no fault of the document: "stopped" and "could not be read" are recorded
            # differently.
            except NotRead as error:
                if self._closed or reader.given_up:
                    raise Closed("the reading was stopped") from error
                raise
            finally:
                self._give_back(reader)

    def _borrow(self, function: str) -> _Reader:
        """Return a reader that is alive. Raises NotStarted, Closed."""
        with self._lock:
            self._have_kept(function.partition(":")[0])
            # One that died while it waited is not lent: the document would be told as unreadable, and it never saw it.
            while self._idle:
                reader = self._idle.pop()
                if not reader.process.dead:
                    break
                reader.process.close()
            else:
                if self._closed:
                    raise Closed("the reading was stopped")
                try:
                    reader = _Reader(self._load)
                except OSError as error:
                    raise NotStarted(f"the reader could not be started: {error.strerror or error}") from error
            self._busy.add(reader)
            return reader

    def _have_kept(self, module: str) -> None:
        """See to it that a module whose compiled form is not kept is loaded by readers before they are confined.

        Behind that they may keep nothing, and would compile it again in every capture.
        """
        if module in self._asked:
            return
        self._asked.add(module)
        if not _kept(module):
            self._load = (*self._load, module)
            while self._idle:
                self._idle.pop().process.close()

    def _give_back(self, reader: _Reader) -> None:
        with self._lock:
            self._busy.discard(reader)
            if reader.reusable and not self._closed:
                self._idle.append(reader)
                return
        reader.process.close()


class _Reader:
    """One process, and how far it is in a document."""

    def __init__(self, load: Sequence[str]) -> None:
        self.process = SandboxProcess(_CHILD, "the reader", memory=_MEMORY, load=load)
        self._confinement: Confinement | None = None
        self._read = 0
        self._answer: ReaderAnswer | None = None
        self._under_way = False
        self.function = ""  # What it is reading with.
        self.given_up = False

    @property
    def reusable(self) -> bool:
        """Whether it has read its last document to the end, and may read another."""
        grown = self._answer is not None and self._answer.grown
        return not (self._under_way or self.given_up or grown) and self._read < _MOST_DOCUMENTS

    def confinement(self, deadline: float) -> Confinement:
        """Wait until the process is confined. Raises NotStarted."""
        if self._confinement is None:
            self._under_way = True
            try:
                said = self.process.receive(_LONGEST, max(_START_DEADLINE, deadline))
            except NotRead as error:
                raise NotStarted(f"the reader could not be started: {error}") from error
            self._confinement = _decoded(said, Confinement)
            self._under_way = False
        return self._confinement

    def begin(self, function: str, arguments: Sequence[Argument], files: Sequence[int | Path]) -> None:
        """Hand over a document. Raises NotRead, NotStarted."""
        self.function = function
        # Never a document before the process has said that it is confined.
        self.confinement(0)
        with ExitStack() as opened:
            open_files = [each if isinstance(each, int) else opened.enter_context(handed_over(each)) for each in files]
            self._under_way, self._answer = True, None
            self._read += 1
            asked = Asked(function=function, arguments=tuple(arguments))
            self.process.send(msgspec.msgpack.encode(asked), open_files)

    def at_end(self, deadline: float) -> bool:
        """Say whether there is no further answer. Raises NotRead."""
        if self._answer is None:
            self._answer = _decoded(self.process.receive(_LONGEST, deadline), ReaderAnswer)
            if self._answer.failed:
                self._under_way = not self._answer.goes_on
                raise NotRead(self._answer.failed)
        if self._answer.ended:
            self._under_way = False
        return self._answer.ended

    def next(self, answer: type[T], deadline: float) -> T:
        """Return the next answer. Raises NotRead."""
        if self.at_end(deadline) or self._answer is None:
            raise NotRead("the reader gave no answer")
        value = _decoded(self._answer.value, answer)
        self._answer = None
        return value

    def end(self, deadline: float) -> None:
        """Hear that there is no further answer. Raises NotRead."""
        if not self.at_end(deadline):
            raise NotRead("the reader gave more than one answer")


def _kept(module: str) -> bool:
    """Say whether Python has the compiled form of a module of ours, or cannot keep it."""
    source = _ROOT / (module.replace(".", "/") + ".py")
    compiled = Path(importlib.util.cache_from_source(str(source)))
    if sys.dont_write_bytecode or sys.pycache_prefix or not os.access(source.parent, os.W_OK):
        return True
    try:
        return compiled.stat().st_mtime >= source.stat().st_mtime
    except OSError:  # not compiled; or no source stands there, and then nothing can be
        return not source.exists()


def _decoded(message: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Return what a reader says, which is trusted no more than the document that it read. Raises NotRead."""
    try:
        return msgspec.msgpack.decode(message, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise NotRead("the reader's answer is not understood") from error
