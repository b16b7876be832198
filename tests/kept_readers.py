"""Readers in the sandbox that stay from one test to the next: to start them takes longer than what most tests do.

What reads is the sandbox itself, as it is. A capture that ends, or a report that is made, leaves its readers to the
next one, as the rows of a batch do among themselves. A test of how they start and end has the mark `own_readers`.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from capture.recorder import reading
from exports.report import preview
from hashing.sandbox import Readers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hashing.sandbox.readers import _Reader

_LOCK = threading.Lock()
_KEPT: dict[tuple[str, ...], list[Readers]] = {}
"""Readers whose processes do nothing, by the modules that they have loaded."""


class KeptReaders(Readers):
    """Readers that begin with processes that others have left, and leave theirs when they are closed."""

    def start(self) -> None:
        """Start a process, unless one was left."""
        self._take_over()
        super().start()

    def _borrow(self, function: str) -> _Reader:
        self._take_over()
        return super()._borrow(function)

    def _take_over(self) -> None:
        with self._lock, _LOCK:
            left = _KEPT.get(tuple(self._load))
            if left and not self._idle and not self._closed:
                self._idle = left.pop()._idle

    def close(self) -> None:
        """End what is being read; what does nothing is left to others."""
        with self._lock:
            idle, self._idle = self._idle, []
        super().close()
        if idle:
            left = Readers(load=self._load)
            left._idle = idle
            with _LOCK:
                _KEPT.setdefault(tuple(self._load), []).append(left)


@pytest.fixture(autouse=True)
def _kept_readers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have captures and reports use readers that stay."""
    if request.node.get_closest_marker("own_readers") is None:
        monkeypatch.setattr(reading, "Readers", KeptReaders)
        monkeypatch.setattr(preview, "Readers", KeptReaders)


@pytest.fixture(scope="session", autouse=True)
def _ended_at_last() -> Iterator[None]:
    """End all that stayed."""
    yield
    for left in _KEPT.values():
        while left:
            left.pop().close()


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", "own_readers: captures and reports start and end readers of their own")
