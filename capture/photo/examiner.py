"""Photo facts from a process of their own: photos are hostile, and this process holds the key that signs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec

from capture.photo import names
from capture.photo.text import escaped
from hashing.facts import Fact

if TYPE_CHECKING:
    from typing import IO

_START_DEADLINE = 30.0
_LONGEST_ANSWER = 4 << 20
_MOST_FACTS = 300
_LONGEST_TEXT = 12_000
_LARGEST_NUMBER = 1 << 53
"""Beyond this, numbers are not exact in JSON (RFC 8785)."""
_KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
"""What an interpreter may need to start. Nothing else of the environment is passed on: it may hold secrets."""
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from capture.photo.examiner_child import main; main()"
)


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
    """One reading process and the two pipes to it."""

    def __init__(self) -> None:
        root = str(Path(__file__).resolve().parents[2])
        paths = [root, *(entry for entry in sys.path if entry != root and Path(entry).is_absolute())]
        environment = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
        command = [sys.executable, "-I", "-B", "-W", "ignore", "-c", _PROGRAM, json.dumps(paths)]
        self._ready = False
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=Path(root).anchor,
            process_group=0 if os.name == "posix" else None,  # the terminal's Ctrl-C is for the parent
        )

    @property
    def dead(self) -> bool:
        """Whether the process has ended by itself, or was ended from outside."""
        return self._process.poll() is not None

    def ask(self, path: Path, deadline: float) -> tuple[Fact, ...]:
        """Return the facts of a photo. Raises _Stopped."""
        if not self._ready:
            self._line(_START_DEADLINE, "the reader did not start")
            self._ready = True
        absolute = os.fsencode(path.absolute())
        request = json.dumps({"path": absolute.hex(), "seconds": deadline}).encode() + b"\n"
        try:
            _pipe(self._process.stdin).write(request)
            _pipe(self._process.stdin).flush()
        except OSError as error:
            raise _Stopped(self._fate()) from error
        return _facts(self._line(deadline, f"the examination took longer than {deadline:g} s"))

    def end(self) -> None:
        """Kill the process and wait until it is gone."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # what was not yet written cannot be
                _pipe(pipe).close()

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
            line = _pipe(self._process.stdout).readline(_LONGEST_ANSWER)
        except (OSError, ValueError) as error:  # closed by another thread
            raise _Stopped(self._fate()) from error
        finally:
            timer.cancel()
        if late.is_set():
            raise _Stopped(too_late)
        if not line.endswith(b"\n"):
            raise _Stopped(self._fate())
        return line

    def _fate(self) -> str:
        """Say how the process ended."""
        try:
            status = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return "the reader stopped answering"
        if status >= 0:
            return f"the reader stopped: exit status {status}"
        try:
            return f"the reader stopped: killed by {signal.Signals(-status).name}"
        except ValueError:
            return f"the reader stopped: killed by signal {-status}"


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


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise _Stopped("the reader has no pipe")
    return pipe
