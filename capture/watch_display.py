"""A watch on a terminal: a table with a line a scene that renews itself, and below it what the round is fetching."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from capture.watch import Round


@dataclass(slots=True)
class _Totals:
    rounds: int = 0
    posts: int = 0
    media: int = 0
    edited: int = 0
    gone: int = 0
    failed: int = 0
    exhibit: str = ""
    at: str = ""
    status: str = "first round"


class WatchTable:
    """What a watch has found so far; `clean` makes text from the network harmless to show."""

    def __init__(self, every: float, clean: Callable[[str], str]) -> None:
        self._every = every
        self._clean = clean
        self._scenes: dict[str, _Totals] = {}
        self._round_began = time.monotonic()
        self._resting = False

    def sealed(self, done: Round) -> None:
        """Take in a round that is sealed."""
        totals = self._scenes.setdefault(done.scene, _Totals())
        totals.rounds = done.number
        totals.posts += done.posts
        totals.media += done.media
        totals.edited += done.edited
        totals.gone += done.gone
        totals.failed = done.failed
        totals.exhibit, totals.status = done.result.exhibit, done.result.status
        totals.at = time.strftime("%H:%M:%S")
        self._resting = done.last

    def began(self) -> None:
        """Hear that a round begins to fetch."""
        if self._resting:
            self._resting, self._round_began = False, time.monotonic()

    @property
    def resting(self) -> bool:
        """Whether nothing is fetched until the next round."""
        return self._resting

    def __rich__(self) -> Table:
        """Draw the table."""
        left = max(self._round_began + self._every - time.monotonic(), 0)
        caption = f"next round in {left:.0f} s; Ctrl-C ends the watch" if self._resting else "a round is under way"
        table = Table(box=None, pad_edge=False, caption=Text(caption, style="dim"), caption_justify="left")
        table.add_column("Scene", no_wrap=True, overflow="ellipsis", style="bold")
        for title in ("Rounds", "Posts", "Media", "Edited", "Gone", "Not got"):
            table.add_column(title, justify="right")
        table.add_column("Last sealed", no_wrap=True)
        for scene, totals in self._scenes.items():
            counts = (totals.rounds, totals.posts, totals.media, totals.edited, totals.gone, totals.failed)
            last = f"{totals.exhibit} {totals.status} {totals.at}"
            table.add_row(Text(self._clean(scene)), *(f"{count:,}" for count in counts), Text(last))
        return table
