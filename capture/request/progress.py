"""What a capture tells whoever watches it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from hashing.case.events import CaptureStarted, Failed, Item


class Progress:
    """Hears of what happens as it happens, from several threads at once; this one says nothing of it.

    Nothing that it does can fail a capture.
    """

    def started(self, capture: CaptureStarted) -> None:
        """Hear that a capture begins."""

    def found(self, url: str) -> None:
        """Hear that something is to be fetched."""

    def fetching(self, url: str) -> None:
        """Hear that a fetch is under way."""

    def received(self, count: int) -> None:
        """Hear that bytes came in."""

    def stored(self, item: Item) -> None:
        """Hear that an item is on disk and in the ledger."""

    def failed(self, failure: Failed) -> None:
        """Hear that something was not got, or not whole."""

    def passed_over(self, url: str) -> None:
        """Hear that nothing came of something, and that this is no failure."""

    def waiting(self, host: str, seconds: float, before: str = "") -> None:
        """Hear that a host wants to be left alone for so long."""

    def sealing(self) -> None:
        """Hear that nothing more is fetched."""


class LineWriter:
    """Writes lines to a stream; `clean` makes text from the network harmless to show. For several threads."""

    def __init__(self, stream: TextIO, clean: Callable[[str], str]) -> None:
        self._stream = stream
        self._clean = clean
        self._lock = threading.Lock()

    def _line(self, text: str) -> None:
        # Lines are a courtesy: where nobody reads them any more (a closed pipe, a full disk), the capture goes on.
        with self._lock, suppress(OSError, ValueError):
            print(self._clean(text), file=self._stream, flush=True)
