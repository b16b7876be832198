"""Progress on a terminal: items, bytes, rate, and what is under way, in a few lines that renew themselves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from capture.request.progress import Progress
from hashing.printable import human_size

if TYPE_CHECKING:
    from commands.display.watch_display import WatchTable
    from hashing.case.events import CaptureStarted, Failed, Item

_SHOWN = 4
_PER_SECOND = 8
_STEADY = 2.0  # Seconds before which a rate is no more than chance.


class LiveDisplay:
    """A few lines that renew themselves, while it is entered."""

    def __init__(self, console: Console, shown: Callable[[], Group], per_second: int) -> None:
        self._live = Live(console=console, refresh_per_second=per_second, transient=True, get_renderable=shown)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()


class LiveProgress(LiveDisplay, Progress):
    """A live display; a context manager. `clean` makes text from the network harmless to show.

    `watched` is a table that stands above it, where captures follow each other in a watch.
    """

    def __init__(
        self,
        console: Console,
        clean: Callable[[str], str],
        watched: WatchTable | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clean = clean
        self._monotonic = monotonic
        self._watched = watched
        self._lock = threading.Lock()
        self._scene = ""
        self._stored = self._failed = self._bytes = 0
        self._to_come: set[str] = set()
        self._under_way: dict[str, None] = {}
        self._left_alone: dict[str, tuple[float, str]] = {}
        self._begun = self._monotonic()
        self._phase = "fetching"
        super().__init__(console, self._shown, _PER_SECOND)

    def started(self, capture: CaptureStarted) -> None:
        """Begin a scene: every count starts again."""
        if self._watched is not None:
            self._watched.began()
        with self._lock:
            self._scene = f"{capture.exhibit}  {capture.scene}"
            self._stored = self._failed = self._bytes = 0
            self._to_come.clear()
            self._under_way.clear()
            self._begun, self._phase = self._monotonic(), "fetching"

    def found(self, url: str) -> None:
        """Count something that will be fetched."""
        with self._lock:
            self._to_come.add(url)

    def fetching(self, url: str) -> None:
        """Show what is under way."""
        with self._lock:
            self._under_way[url] = None

    def received(self, count: int) -> None:
        """Count bytes."""
        with self._lock:
            self._bytes += count

    def stored(self, item: Item) -> None:
        """Count an item that is safe."""
        with self._lock:
            self._stored += 1
            self._ended(item.url)

    def failed(self, failure: Failed) -> None:
        """Count a failure."""
        with self._lock:
            self._failed += 1
            self._ended(failure.url)

    def passed_over(self, url: str) -> None:
        """Show it no longer."""
        with self._lock:
            self._ended(url)

    def waiting(self, host: str, seconds: float, before: str = "") -> None:
        """Show why nothing goes on, for as long as that is so."""
        with self._lock:
            self._left_alone[host] = (self._monotonic() + seconds, before)

    def sealing(self) -> None:
        """Show that the fetching is over."""
        with self._lock:
            self._phase = "hashing and sealing"
            self._under_way.clear()

    def _ended(self, url: str) -> None:
        self._to_come.discard(url)
        self._under_way.pop(url, None)

    def _shown(self) -> Group:
        if self._watched is None:
            return self._capture()
        return Group(self._watched) if self._watched.resting else Group(self._watched, self._capture())

    def _capture(self) -> Group:
        with self._lock:
            # All numbers of one moment, under the lock that the fetching threads take, too.
            seconds = self._monotonic() - self._begun
            failed = f" · {self._failed} not captured" if self._failed else ""
            waiting = len(self._to_come)
            size = human_size(self._bytes)
            rate = f" · {human_size(int(self._bytes / seconds))}/s" if seconds >= _STEADY and self._bytes else ""
            to_come = f" · {waiting} to come" if waiting or self._phase == "fetching" else ""
            counts = f"{self._phase} · {self._stored} stored{failed}{to_come} · {size}{rate}"
            under_way = [*self._waits(), *list(self._under_way)[-_SHOWN:]]
            scene = self._scene
        lines = [
            Text(self._clean(scene), style="bold", no_wrap=True, overflow="ellipsis"),
            Text(counts, no_wrap=True, overflow="ellipsis"),
        ]
        lines += [Text(f"  {self._clean(each)}", style="dim", no_wrap=True, overflow="ellipsis") for each in under_way]
        return Group(*lines)

    def _waits(self) -> list[str]:
        """Return a line for each host that is still left alone, and forget the others."""
        now = self._monotonic()
        self._left_alone = {host: held for host, held in self._left_alone.items() if held[0] > now}
        return [
            f"{host} wants to be left alone: {until - now:.0f} s to wait {before}".rstrip()
            for host, (until, before) in self._left_alone.items()
        ]
