"""A watch as it is seen: on a terminal a table above what the round is fetching, which renews itself; else lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from rich.table import Table
from rich.text import Text

from capture.request.progress import Progress
from capture.request.scene import parse_scene
from commands.display.line_progress import LineProgress

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType

    from capture.run.watch import WatchRound
    from hashing.case.events import Failed

_TABLE = 103  # Columns that the table needs to be read; where there are fewer, a scene takes two lines.


@dataclass(slots=True)
class _Totals:
    rounds: int = 0
    posts: int = 0
    pages: int = 0
    media: int = 0
    edited: int = 0
    gone: int = 0
    failed: int = 0
    sealed: str = "nothing yet"


class WatchTable:
    """What a watch has found so far, a row a scene; `clean` makes text from the network harmless to show."""

    def __init__(
        self,
        scenes: Sequence[str],
        every: float,
        clean: Callable[[str], str],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._every = every
        self._clean = clean
        self._scenes = {parse_scene(scene).text: _Totals() for scene in scenes}  # without a login
        self._round = 1
        self._round_began = self._monotonic()
        self._resting = False

    def sealed(self, done: WatchRound) -> None:
        """Take in a round that is sealed."""
        totals = self._scenes[done.scene]
        totals.rounds = done.number
        totals.posts += done.posts
        totals.pages += done.pages
        totals.media += done.media
        totals.edited += done.edited
        totals.gone += done.gone
        # Of this round alone and not added up: the same missing photo fails anew in each.
        totals.failed = done.failed
        if done.result is not None:
            moment = time.strftime("%H:%M:%S", time.gmtime())
            totals.sealed = f"{done.result.exhibit} {done.result.status} {moment} UTC"
        self._round, self._resting = done.number + done.last, done.last

    def began(self) -> None:
        """Hear that a round begins to fetch."""
        if self._resting:
            self._resting, self._round_began = False, self._monotonic()

    @property
    def resting(self) -> bool:
        """Whether nothing is fetched until the next round."""
        return self._resting

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Yield the table, or where it has no room each scene in two lines; and what is going on."""
        if options.max_width >= _TABLE:
            yield self._table()
        else:
            for scene, totals in self._scenes.items():
                yield Text(self._clean(scene), style="bold", no_wrap=True, overflow="ellipsis")
                found = _count_phrases(
                    totals.posts, totals.pages, totals.media, totals.edited, totals.gone, totals.failed
                )
                phrases = " · ".join(
                    [f"round {totals.rounds}", *found, totals.sealed] if totals.rounds else [totals.sealed]
                )
                yield Text(f"  {phrases}", overflow="fold")
        left = max(self._round_began + self._every - self._monotonic(), 0)
        resting = f"next round in {left:.0f} s; Ctrl-C ends the watch"
        fetching = f"round {self._round} is under way; Ctrl-C seals what has arrived"
        yield Text(resting if self._resting else fetching, style="dim", no_wrap=True, overflow="ellipsis")

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False)
        table.add_column("Scene", no_wrap=True, overflow="ellipsis", style="bold")
        for title in ("Rounds", "Posts", "Pages", "Media", "Edited", "Gone", "Not got"):
            table.add_column(title, justify="right", no_wrap=True, min_width=len(title))
        table.add_column("Last sealed", no_wrap=True)
        for scene, totals in self._scenes.items():
            found = (totals.posts, totals.pages, totals.media, totals.edited, totals.gone, totals.failed)
            counts = [f"{count:,}" for count in (totals.rounds, *found)]
            table.add_row(Text(self._clean(scene)), *counts, Text(totals.sealed))
        return table


class RoundLines(Progress):
    """A watch as plain lines: one a round and scene, one a failure, and why nothing goes on."""

    def __init__(self, stream: TextIO, clean: Callable[[str], str]) -> None:
        self._stream = stream
        self._clean = clean
        self._lines = LineProgress(stream, clean)

    def failed(self, failure: Failed) -> None:
        """Name what was not got, and why."""
        self._lines.failed(failure)

    def waiting(self, host: str, seconds: float, before: str = "") -> None:
        """Say why nothing goes on."""
        self._lines.waiting(host, seconds, before)

    def sealed(self, done: WatchRound) -> None:
        """Say what a round found."""
        phrases = _count_phrases(done.posts, done.pages, done.media, done.edited, done.gone, done.failed)
        phrases += ["served differently, same text"] * bool(done.otherwise)
        phrases = phrases or ["nothing new"]
        sealed = f"{done.exhibit} {done.result.status}" if done.result is not None else f"{done.exhibit} goes on"
        line = f"round {done.number}  {sealed}  {done.scene}: {', '.join(phrases)}"
        print(self._clean(line), file=self._stream, flush=True)


def _count_phrases(posts: int, pages: int, media: int, edited: int, gone: int, failed: int) -> list[str]:
    """Return what there is to say: counts that are not 0."""
    counts = {
        f"post{'s' * (posts != 1)}": posts,
        f"page{'s' * (pages != 1)}": pages,
        "media": media,
        "edited": edited,
        "gone": gone,
        "not captured": failed,
    }
    return [f"{count:,} {name}" for name, count in counts.items() if count]
