"""Photo facts from a process of their own: photos are hostile, and this process holds the key that signs."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

import msgspec

from capture.photo import names
from capture.photo.text import escaped
from hashing.case.facts import Fact
from hashing.sandbox.child_process import ChildProcess

if TYPE_CHECKING:
    from pathlib import Path

_START_DEADLINE = 30.0
_LONGEST_ANSWER = 4 << 20
_MOST_FACTS = 300
_LONGEST_TEXT = 12_000
_LARGEST_NUMBER = 1 << 53
"""Beyond this, numbers are not exact in JSON (RFC 8785)."""
_PROGRAM = "from capture.photo.examiner_child import main; main()"


class _Answer(msgspec.Struct, frozen=True):
    facts: tuple[Fact, ...]


class Examiner:
    """Examines photos one at a time in a child process, which is replaced when it hangs or dies. Thread-safe.

    The child has a memory limit, writes no files, and gets neither the key nor the environment. It is no prison: it
    runs as the same user, so a photo that took it over could read what the user can read.
    """

    def __init__(self, *, deadline: float = 10.0) -> None:
        self._deadline = deadline
        """Seconds that one photo may take."""
        self._one_at_a_time = threading.Lock()
        self._starting = threading.Lock()
        self._child: _Child | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the child without waiting for it, so that its start-up costs no time later."""
        with suppress(OSError):  # examine() tries again and says why
            self._running()

    def examine(self, path: Path) -> tuple[Fact, ...]:
        """Return what a photo states about itself; a reader that hangs or dies is a fact as well."""
        with self._one_at_a_time:
            try:
                child = self._running()
            except OSError as error:
                return _unread(f"the reader could not be started: {error.strerror}")
            if child is None:
                return _unread("the examination was stopped")
            try:
                return child.ask(path, self._deadline)
            except _Stopped as error:
                self._discard(child)
                return _unread("the examination was stopped" if self._closed else str(error))

    def close(self) -> None:
        """End the child at once: it writes nothing, so nothing is lost. An examination under way is given up."""
        with self._starting:
            self._closed = True
            child, self._child = self._child, None
        if child is not None:
            child.end()

    def _running(self) -> _Child | None:
        """Return the child, started if need be; None once the examiner is closed. Raises OSError."""
        with self._starting:
            if self._child is not None and self._child.dead:
                self._child.end()
                self._child = None
            if self._child is None and not self._closed:
                self._child = _Child()
            return self._child

    def _discard(self, child: _Child) -> None:
        child.end()
        with self._starting:
            if self._child is child:
                self._child = None


class _Stopped(Exception):
    """The child gave no usable answer; the message is the reason, for a fact."""


class _Child:
    """One reading process."""

    def __init__(self) -> None:
        self._ready = False
        self._process = ChildProcess(_PROGRAM, "the reader")

    @property
    def dead(self) -> bool:
        """Whether the process has ended by itself, or was ended from outside."""
        return self._process.dead

    def ask(self, path: Path, deadline: float) -> tuple[Fact, ...]:
        """Return the facts of a photo. Raises _Stopped."""
        if not self._ready:
            self._line(_START_DEADLINE, "the reader did not start")
            self._ready = True
        absolute = os.fsencode(path.absolute())
        request = json.dumps({"path": absolute.hex(), "seconds": deadline}).encode()
        try:
            self._process.write(request)
        except OSError as error:
            raise _Stopped(self._process.fate()) from error
        return _facts(self._line(deadline, f"the examination took longer than {deadline:g} s"))

    def end(self) -> None:
        """Kill the process and wait until it is gone."""
        self._process.close()

    def _line(self, deadline: float, too_late: str) -> bytes:
        """Return the next line that the child writes within the deadline. Raises _Stopped."""
        late = threading.Event()

        def _give_up() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(deadline, _give_up)
        timer.daemon = True
        timer.start()
        try:
            line = self._process.read(_LONGEST_ANSWER)
        except (OSError, ValueError) as error:  # closed by another thread
            raise _Stopped(self._process.fate()) from error
        finally:
            timer.cancel()
        if late.is_set():
            raise _Stopped(too_late)
        if not line.endswith(b"\n"):
            raise _Stopped(self._process.fate())
        return line


def _facts(line: bytes) -> tuple[Fact, ...]:
    """Return the facts of an answer, trusting it no more than the photo. Raises _Stopped."""
    try:
        facts = msgspec.json.decode(line, type=_Answer).facts
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _Stopped("the reader's answer is not understood") from error
    if len(facts) > _MOST_FACTS or not all(map(_bounded, facts)):
        raise _Stopped("the reader's answer is out of bounds")
    return tuple(
        Fact(escaped(fact.name), escaped(fact.value) if isinstance(fact.value, str) else fact.value, escaped(fact.tag))
        for fact in facts
    )


def _bounded(fact: Fact) -> bool:
    short = max(len(fact.name), len(fact.tag)) <= 200  # noqa: PLR2004 - ours are far shorter
    return short and (
        len(fact.value) <= _LONGEST_TEXT if isinstance(fact.value, str) else abs(fact.value) <= _LARGEST_NUMBER
    )


def _unread(reason: str) -> tuple[Fact, ...]:
    return (Fact(names.PHOTO, f"{names.COULD_NOT_BE_READ}{reason}", "examination"),)
