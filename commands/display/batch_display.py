"""A batch on a terminal, for hours: how far it is, how fast it goes, when it may be over, and the room that is left."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from rich.console import Console, Group
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.text import Text

from capture.batch.lines import row_line
from capture.batch.progress import BatchProgress, Counts, RowDone
from commands.display.live_progress import LiveDisplay
from hashing.case.batch_events import CAPTURED_BEFORE
from hashing.printable import human_size

_PER_SECOND = 4
_SHOWN = 5
_RECENT = 600.0  # Seconds over which the rate is taken: hosts that rest make that of the whole batch say little.
_MOST_RECENT = 10_000
_STEADY = 2.0  # Seconds before which a rate is no more than chance.


class BatchLive(LiveDisplay, BatchProgress):
    """A live display; a context manager. `free` gives the bytes that are free on the disk."""

    def __init__(
        self,
        console: Console,
        clean: Callable[[str], str],
        free: Callable[[], int],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clean = clean
        self._free = free
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._counts = Counts()
        self._bytes = 0
        self._begun = monotonic()
        self._ends: deque[float] = deque(maxlen=_MOST_RECENT)
        self._last: deque[str] = deque(maxlen=_SHOWN)
        self._left_alone: dict[str, float] = {}
        self._stopping = ""
        super().__init__(console, self._shown, _PER_SECOND)

    def began(self, counts: Counts) -> None:
        """Show how many rows there are."""
        with self._lock:
            self._counts = counts

    def received(self, count: int) -> None:
        """Count bytes."""
        with self._lock:
            self._bytes += count

    def waiting(self, host: str, seconds: float) -> None:
        """Show that a host is left alone, for as long as that is so."""
        with self._lock:
            self._left_alone[host] = self._monotonic() + seconds

    def ended(self, done: RowDone) -> None:
        """Show what became of a row."""
        with self._lock:
            if done.status != CAPTURED_BEFORE and not done.again:
                self._ends.append(self._monotonic())
            self._last.append(row_line(done))

    def stopping(self, reason: str) -> None:
        """Show why no further row is begun."""
        with self._lock:
            self._stopping = reason

    def _shown(self) -> Group:
        with self._lock:
            # All numbers of one moment, under the lock: they must add up.
            counts, now = self._counts, self._monotonic()
            rate = self._rate(now)
            done = counts.total - counts.left
            line = (
                f"{counts.done:,} done · {counts.failed:,} failed · {counts.running:,} running · "
                f"{max(counts.left - counts.running, 0):,} waiting"
            )
            line += f" · {counts.before:,} captured before" if counts.before else ""
            known = rate and counts.left and now - self._begun >= _STEADY
            left = f"{_span(counts.left / rate)} left" if known else "time left not known"
            steady = f"{rate * 60:.1f} a minute · " if now - self._begun >= _STEADY else ""
            pace = f"{steady}{left} · {human_size(self._bytes)} · {human_size(self._free())} free"
            alone = [
                f"{host} is left alone: {until - now:.0f} s" for host, until in self._left_alone.items() if until > now
            ]
            last, stopping = list(self._last), self._stopping
        ending = f"ending, and sealing what has arrived: {stopping}" if stopping else "Ctrl-C seals what has arrived"
        lines = [Text(line), Text(pace), *(Text(self._clean(each), style="yellow") for each in alone[:_SHOWN])]
        lines += [Text(f"  {self._clean(each)}", style="dim", no_wrap=True, overflow="ellipsis") for each in last]
        lines.append(Text(self._clean(ending), style="dim"))
        # A bar by itself does not end its line.
        return Group(Padding(ProgressBar(total=max(counts.total, 1), completed=done), 0), *lines)

    def _rate(self, now: float) -> float:
        """Return the rows a second of late; 0 where none has ended."""
        while self._ends and self._ends[0] < now - _RECENT:
            self._ends.popleft()
        since = max(self._begun, now - _RECENT)
        if len(self._ends) == _MOST_RECENT:
            since = self._ends[0]
        return len(self._ends) / max(now - since, 1.0)


def _span(seconds: float) -> str:
    """Write a span of time for people."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return "less than a minute"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"
