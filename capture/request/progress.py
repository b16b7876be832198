"""What a capture tells whoever watches it."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
