"""Counts of work, for tests that prove a bound: the same on every machine, however slow or busy it is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, SupportsIndex, overload

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from _typeshed import TraceFunction


def steps(work: Callable[[], object]) -> int:
    """Run `work`, and return how many lines of Python ran in this thread.

    What a library in C does within one line is not seen; count its bytes with `CountedBytes`, or its calls.
    """
    ran = 0

    def _count(_frame: FrameType, event: str, _argument: object) -> TraceFunction:
        nonlocal ran
        ran += event == "line"
        return _count

    before = sys.gettrace()
    sys.settrace(_count)
    try:
        work()
    finally:
        sys.settrace(before)
    return ran


def demand_even_growth(work: Callable[[int], Callable[[], object]], size: int, times: int = 4) -> None:
    """Assert that `times` as much work takes about `times` the steps: linear, or n log n, and never a square.

    `work(size)` prepares an input of that size and returns what is to be done with it.
    """
    few, many = steps(work(size)), steps(work(size * times))
    assert many <= 1.5 * times * few, f"{few} steps for {size}, {many} for {times} times as much"


class CountedBytes(bytes):
    """Bytes that count how many of them were copied out of them by slices."""

    copied = 0

    @overload
    def __getitem__(self, key: SupportsIndex, /) -> int: ...
    @overload
    def __getitem__(self, key: slice, /) -> bytes: ...
    def __getitem__(self, key: SupportsIndex | slice, /) -> int | bytes:
        """Return what bytes return, and count a slice's length."""
        part = super().__getitem__(key)
        if isinstance(part, bytes):
            self.copied += len(part)
        return part


class CountedText(str):  # noqa: SLOT000 - the count is an attribute of each
    """Text that counts how many of its characters were copied out of it by slices."""

    copied = 0

    def __getitem__(self, key: SupportsIndex | slice, /) -> str:
        """Return what str returns, and count its length."""
        part = super().__getitem__(key)
        self.copied += len(part)
        return part
