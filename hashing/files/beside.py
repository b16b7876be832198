"""Work that a copy of this process does while this one goes on: one part of a large check beside the others.

The copy starts with all that this process knows and shares nothing with it from then on, but for one pipe on which it
gives its result. It is a quicker way to the same result and nothing else: where it dies, this process does the work.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

import msgspec

from hashing.files.forking import fork_undisturbed

T = TypeVar("T")

_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2), Linux.


class Beside(Generic[T]):
    """Begins `work`, whose result is of this `kind`, in a copy of this process; call `result` or `close` in the end.

    The work may open files, and must not use any that was open before: both would move in it.
    """

    def __init__(self, work: Callable[[], T], kind: type[T]) -> None:
        self._work: Callable[[], T] | None = work
        self._kind = kind
        self._reading, writing = os.pipe()
        parent = os.getpid()
        try:
            with warnings.catch_warnings():  # other threads draw progress: the copy shares no lock with them
                warnings.simplefilter("ignore", DeprecationWarning)
                self._copy, let_signals_come = fork_undisturbed()
            if self._copy == 0:
                _serve(work, writing, parent, let_signals_come)
            let_signals_come()
        # No process to be had is no error: the work is then done here, where its result is asked for.
        except OSError:
            self._copy = 0
        except KeyboardInterrupt:  # a request to end that came meanwhile: nobody would let go of the copy
            self.close()
            raise
        finally:
            os.close(writing)

    def result(self) -> T:
        """Wait for the result and return it; once. Raises as the work does."""
        work, self._work = self._work, None  # which may hold much
        assert work is not None, "the result was taken"  # noqa: S101 - tells the type
        said = b""
        if self._copy:
            with os.fdopen(self._reading, "rb", closefd=False) as pipe:
                said = pipe.read()
        return msgspec.msgpack.decode(said, type=self._kind) if self._ended() else work()

    def has_ended(self, seconds: float) -> bool:
        """Wait for so long at most; say whether the copy has given its result, or died."""
        looking = select.poll()  # select.select takes no descriptor beyond the first thousand
        looking.register(self._reading, select.POLLIN)
        return not self._copy or bool(looking.poll(seconds * 1000))

    def close(self) -> None:
        """Let go of the copy, whatever it is doing."""
        if self._copy:
            with suppress(ProcessLookupError):  # see below
                os.kill(self._copy, signal.SIGKILL)
        self._ended()

    def _ended(self) -> bool:
        """Wait for the copy's end; say whether it has given its result."""
        if self._reading < 0:
            return False
        os.close(self._reading)
        copy, self._reading, self._copy = self._copy, -1, 0
        # Where whoever started this process has it ignore the end of its own (SIGCHLD), the system tells of none.
        with suppress(ChildProcessError):
            return bool(copy) and os.waitpid(copy, 0)[1] == 0
        return False


def _serve(work: Callable[[], object], writing: int, parent: int, let_signals_come: Callable[[], None]) -> None:
    """Do the work and write its result: the whole life of the copy."""
    code = 1
    try:
        _end_with(parent)
        let_signals_come()
        gc.freeze()  # a look for cycles would copy all that is shared with the parent
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(msgspec.msgpack.encode(work()))
        code = 0
    finally:
        os._exit(code)  # nothing of what this process would do at its end is the copy's to do


def _end_with(parent: int) -> None:
    """See to it that this process ends when its parent does, by whatever: nobody is left to whom its work is of use."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the call
        os._exit(1)
