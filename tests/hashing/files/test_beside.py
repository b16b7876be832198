"""Work in a copy of this process: the same result, or the same error, whatever becomes of the copy."""

from __future__ import annotations

import os
import signal
from types import NoneType
from typing import TYPE_CHECKING

import pytest

from hashing.files.beside import Beside

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_result_is_that_of_the_work() -> None:
    """What the copy finds is handed over, also where a pipe does not hold it; what it changes here is lost."""
    changed: list[int] = []

    def _work() -> dict[str, list[str]]:
        changed.append(1)
        return {str(os.getpid()): ["x" * 300_000]}

    found = Beside(_work, dict[str, list[str]]).result()
    assert list(found.values()) == [["x" * 300_000]]
    assert str(os.getpid()) not in found
    assert not changed


def test_a_copy_that_dies_is_no_loss() -> None:
    """Where the copy is killed, or fails, this process does the work, and raises what it raises."""
    here = os.getpid()

    def _work() -> int:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return here

    assert Beside(_work, int).result() == here
    with pytest.raises(ZeroDivisionError):
        Beside(lambda: 1 // 0, int).result()


def test_an_end_that_the_system_does_not_tell_of() -> None:
    """Started by a program that has it ignore SIGCHLD, as some services do, this process does the work itself."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert Beside(os.getpid, int).result() == os.getpid()
        ended = Beside(os.getpid, int)
        while not ended.has_ended(1):
            pass
        ended.close()
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_a_request_to_end_while_the_copy_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever begins it never gets hold of the copy then, so it is ended at once."""
    begun, here = list[int](), os.getpid()

    def _told() -> None:
        if os.getpid() == here:
            raise KeyboardInterrupt

    def _forked() -> tuple[int, Callable[[], None]]:
        begun.append(os.fork())
        return begun[0], _told

    monkeypatch.setattr("hashing.files.beside.fork_undisturbed", _forked)
    with pytest.raises(KeyboardInterrupt):
        Beside(signal.pause, NoneType)
    with pytest.raises(ProcessLookupError):
        os.kill(begun[0], 0)


def test_what_nobody_asks_for_is_let_go() -> None:
    """A copy that would never end is ended, once; no process and no descriptor is left."""
    open_before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - its own descriptor counts both times

    def _work() -> int:
        signal.pause()
        return 0

    copy = Beside(_work, int)
    number = copy._copy
    copy.close()
    copy.close()
    assert len(os.listdir("/proc/self/fd")) == open_before  # noqa: PTH208
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
