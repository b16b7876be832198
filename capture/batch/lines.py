"""A batch as plain lines, where there is no terminal: one a row that has ended, and why nothing goes on."""

from __future__ import annotations

from capture.batch.progress import BatchProgress, Counts, RowDone
from capture.request.progress import LineWriter
from hashing.printable import human_size


class BatchLines(LineWriter, BatchProgress):
    """Writes lines to a stream; `clean` makes text from the network harmless to show."""

    def began(self, counts: Counts) -> None:
        """Say how much there is to do."""
        before = f", {counts.before:,} of them captured before" if counts.before else ""
        self._line(f"{counts.total:,} {'row' if counts.total == 1 else 'rows'}{before}")

    def waiting(self, host: str, seconds: float) -> None:
        """Say why a host's rows do not go on."""
        self._line(f"{host} is left alone for {seconds:.0f} s")

    def ended(self, done: RowDone) -> None:
        """Say what became of a row."""
        self._line(row_line(done))

    def stopping(self, reason: str) -> None:
        """Say why no further row is begun."""
        self._line(f"ending, and sealing what has arrived: {reason}")


def row_line(done: RowDone) -> str:
    """Return a row that has ended in one line."""
    parts = [f"{done.exhibit}  " if done.exhibit else "", f"{done.status}  ", done.row.scene]
    outcome = done.outcome
    said = []
    if outcome is not None and outcome.items:
        said.append(f"{outcome.items:,} stored, {human_size(outcome.bytes)}")
    if outcome is not None and outcome.error_pages:
        said.append(f"{outcome.error_pages:,} error page{'s' * (outcome.error_pages != 1)} kept")
    if outcome is not None and outcome.failed:
        said.append(f"{outcome.failed:,} not captured")
    if done.reason:
        said.append(done.reason)
    if done.again:
        said.append("to be tried again")
    return "".join(parts) + (f": {'; '.join(said)}" if said else "")
