"""Watching: the same scenes again and again, each round a sealed capture of what is new since the last one.

What earlier rounds took is known from the case's own ledgers, so a watch that died goes on where it was, and nothing is
taken twice. A round in which nothing could be reached is sealed as well: it says when and why. One in which nothing was
even asked, because no server had an address then, makes no capture.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from capture.errors import NotAsked
from capture.recorder.stopping import Stop
from capture.request.scene import parse_scene
from capture.run.askable import demand_askable
from capture.run.earlier import Earlier
from capture.run.run import CaptureResult, capture
from hashing.case.capture_folder import capture_events
from hashing.case.events import CaptureFinished, Item, PostChanged
from hashing.case.kinds import MEDIA, ItemKind

if TYPE_CHECKING:
    from capture.request.options import CaptureOptions
    from capture.request.progress import Progress
    from hashing.case.case import Case
    from hashing.ledger.keys import SigningKey
    from hashing.times import Clock


_CLOCK_EVERY = 64.0
"""Seconds from one comparison with a time server to the next: RFC 4330, section 10, forbids less than 15."""


@dataclass(frozen=True, slots=True)
class WatchRound:
    """One round over one scene: its capture, and what it found to be new, edited or gone."""

    number: int
    scene: str
    result: CaptureResult
    posts: int
    """New or edited posts, and the scene's own page where it is new or edited."""
    media: int
    edited: int
    gone: int
    otherwise: int
    """Pages that were served differently, with the same text and media."""
    failed: int
    bytes: int
    last: bool
    """Whether this was the last scene of the round, and a pause follows."""


class Watch:
    """Goes round the scenes until its time is over."""

    def __init__(
        self,
        scenes: Sequence[str],
        case: Case,
        options: CaptureOptions,
        *,
        key: SigningKey,
        progress: Progress,
        clock: Clock,
        stop: Stop | None = None,
        unasked: Callable[[int, str, NotAsked], None] = lambda *_: None,
        pause: Callable[[float], object] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._scenes = scenes
        self._case = case
        self._options = options
        self._key = key
        self._progress = progress
        self._clock = clock
        self._stop = stop or Stop()
        self._unasked = unasked
        """Told of a round's number, its scene and why nothing was asked; what it raises ends the watch."""
        self._pause = pause or self._stop.event.wait
        self._monotonic = monotonic
        self._clock_due = 0.0
        self._earlier = {scene: Earlier(parse_scene(scene).text) for scene in scenes}
        for earlier in self._earlier.values():
            earlier.add_case(case)

    def run(self, *, every: float, length: float | None) -> Iterator[WatchRound]:
        """Yield each round as it is sealed. Seconds from the beginning of one to the next, and in all (None: no end).

        Raises what `capture` raises; a round that Ctrl-C or the `stop` ends is sealed, yielded, and the last.
        """
        begun, number = self._monotonic(), 0
        while True:
            number += 1
            started = self._monotonic()
            for scene in self._scenes:
                try:
                    done = self._round(number, scene)
                except NotAsked as error:
                    self._unasked(number, parse_scene(scene).text, error)
                    continue
                yield done
                if self._stop.reason or done.result.status == "interrupted":
                    return
            following = started + every
            if length is not None and following - begun >= length:
                return
            self._pause(max(following - self._monotonic(), 0.0))
            if self._stop.reason:
                return

    def _clock_is_due(self) -> bool:
        """Say whether the time server may be asked again, and remember that it is."""
        if (now := self._monotonic()) < self._clock_due:
            return False
        self._clock_due = now + _CLOCK_EVERY
        return True

    def _round(self, number: int, scene: str) -> WatchRound:
        earlier = self._earlier[scene]
        options = replace(self._options, known=earlier.known, ntp=self._options.ntp if self._clock_is_due() else None)
        demand_askable(scene, options, self._stop)
        result = capture(
            scene, self._case, options, key=self._key, progress=self._progress, stop=self._stop, clock=self._clock
        )
        events = list(capture_events(result.path))
        earlier.add(events)
        items = [event for event in events if isinstance(event, Item) and not event.error_page]
        changes = [event.change for event in events if isinstance(event, PostChanged)]
        finished = next(event for event in reversed(events) if isinstance(event, CaptureFinished))
        return WatchRound(
            number=number,
            scene=parse_scene(scene).text,  # without the login that it may hold
            result=result,
            posts=sum(item.kind in {ItemKind.POST, ItemKind.PAGE} for item in items)
            - changes.count("served differently"),
            media=sum(item.kind in MEDIA for item in items),
            edited=changes.count("edited"),
            gone=changes.count("gone"),
            otherwise=changes.count("served differently"),
            failed=finished.failed,
            bytes=finished.bytes,
            last=scene == self._scenes[-1],
        )
