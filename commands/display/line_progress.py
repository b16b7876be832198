"""Progress as plain lines, where there is no terminal: one a stored item and one a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.request.progress import LineWriter, Progress

if TYPE_CHECKING:
    from hashing.case.events import CaptureStarted, Failed, Item


class LineProgress(LineWriter, Progress):
    """Writes lines to a stream; `clean` makes text from the network harmless to show."""

    def started(self, capture: CaptureStarted) -> None:
        """Name the scene and the exhibit."""
        self._line(f"capturing {capture.scene} as {capture.exhibit}")

    def stored(self, item: Item) -> None:
        """Name the item that is safe."""
        self._line(f"stored {item.ref} {item.kind} {item.size} bytes sha256:{item.sha256[:12]}… {item.url}")

    def failed(self, failure: Failed) -> None:
        """Name what was not got, and why."""
        self._line(f"not captured: {failure.url}: {failure.reason}")

    def waiting(self, host: str, seconds: float, before: str = "") -> None:
        """Say why nothing goes on."""
        self._line(f"{host} wants to be left alone: waiting {seconds:.0f} s{f' {before}' if before else ''}")

    def sealing(self) -> None:
        """Say that the fetching is over."""
        self._line("sealing")
