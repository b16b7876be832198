"""Watching: the same scenes again and again, each capture sealed with what is new since the last one.

What earlier captures took is known from the case's own ledgers, so a watch that died goes on where it was, and nothing
is taken twice. A round that brings nothing makes no exhibit of its own: the next one goes on in the same capture, whose
exchanges say what was asked and answered when. It is sealed once a round brings something, when it is an hour old, and
when the watch ends. A round in which nothing was even asked, because no server had an address then, makes no capture.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from capture.errors import NotAsked
from capture.extractors.gallery.session import EndedSessions
from capture.recorder.stopping import Stop
from capture.request.options import CaptureOptions
from capture.request.progress import Progress
from capture.request.scene import parse_scene
from capture.run.askable import demand_askable
from capture.run.earlier import Earlier
from capture.run.run import CaptureResult, OpenCapture
from hashing.case.capture_folder import capture_events
from hashing.case.events import CaptureFinished, Failed, Item, PostChanged
from hashing.case.kinds import CaptureStatus
from hashing.ledger.keys import SigningKey
from hashing.times import Clock

if TYPE_CHECKING:
    from hashing.case.case import Case


# Seconds from one comparison with a time server to the next: RFC 4330, section 10, forbids less than 15.
_CLOCK_EVERY = 64.0
# Seconds after which a capture is sealed although nothing came: its seal says how long nothing did.
_LONGEST_OPEN = 3600.0


@dataclass(frozen=True, slots=True)
class WatchRound:
    """One round over one scene: what it found to be new, edited or gone, and the capture that it sealed.

    `result` is None where nothing came and the next round goes on in the same capture.
    """

    number: int
    scene: str
    result: CaptureResult | None
    exhibit: str
    path: Path  # Its capture's folder, which is sealed or goes on.
    posts: int  # New or edited posts.
    pages: int  # The scene's own page, where it is new or edited.
    media: int
    edited: int
    gone: int
    otherwise: int  # Pages that were served differently, with the same text and media.
    failed: int
    bytes: int
    last: bool  # Whether this was the last scene of the round, and a pause follows.


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
        # Told of a round's number, its scene and why nothing was asked; what it raises ends the watch.
        self._unasked = unasked
        self._pause = pause or self._stop.event.wait
        self._monotonic = monotonic
        self._clock_due = 0.0
        # Captures in which nothing has come yet, and when each began.
        self._open: dict[str, tuple[OpenCapture, float]] = {}
        self._ended_sessions = EndedSessions()
        self._spoken: dict[str, str] = {}
        self._earlier = {scene: Earlier(parse_scene(scene).text) for scene in scenes}
        for earlier in self._earlier.values():
            earlier.add_case(case)

    def run(self, *, every: float, length: float | None) -> Iterator[WatchRound]:
        """Yield each round as it is sealed. Seconds from the beginning of one to the next, and in all (None: no end).

        Raises what `capture` raises; a round that Ctrl-C or the `stop` ends is sealed, yielded, and the last.
        """
        try:
            yield from self._rounds(every, length)
        except GeneratorExit:  # nobody asks for another round
            for opened, _ in self._open.values():
                opened.seal()
            raise

    def _rounds(self, every: float, length: float | None) -> Iterator[WatchRound]:
        begun, number = self._monotonic(), 0
        while True:
            number += 1
            started = self._monotonic()
            # By the beginning of the round, so that a slow one does not shift all that follow.
            following = started + every
            last = length is not None and following - begun >= length
            for scene in self._scenes:
                try:
                    done = self._round(number, scene, last=last)
                except NotAsked as error:
                    self._unasked(number, parse_scene(scene).text, error)
                    continue
                yield done
                if self._stop.reason or (done.result is not None and done.result.status == CaptureStatus.INTERRUPTED):
                    yield from self._sealed(number)
                    return
            if not last:
                self._pause(max(following - self._monotonic(), 0.0))
            # What is still open has brought nothing yet; its seal says for how long.
            if last or self._stop.reason:
                yield from self._sealed(number)
                return

    def _sealed(self, number: int) -> Iterator[WatchRound]:
        """Seal what is still open, since the watch ends; yield a round for each, in which nothing came."""
        for scene, (opened, _) in [*self._open.items()]:
            del self._open[scene]
            yield self._told(number, scene, opened, opened.seal(), ())

    def _clock_is_due(self) -> bool:
        """Say whether the time server may be asked again, and remember that it is."""
        if (now := self._monotonic()) < self._clock_due:
            return False
        self._clock_due = now + _CLOCK_EVERY
        return True

    def _round(self, number: int, scene: str, *, last: bool) -> WatchRound:
        earlier = self._earlier[scene]
        # 1. What is known by now: nothing is taken twice, no ended session is tried again.
        options = replace(
            self._options,
            whole_feed=False,
            known=msgspec.structs.replace(
                earlier.known, ended_sessions=self._ended_sessions.sites, spoken=self._spoken
            ),
            ntp=self._options.ntp if self._clock_is_due() else None,
        )
        demand_askable(scene, options, self._stop)
        # 2. Go on in the capture that has brought nothing so far, or begin one.
        opened, begun = self._open.pop(scene, (None, self._monotonic()))
        if opened is None:
            opened = OpenCapture(
                scene, self._case, options, key=self._key, progress=self._progress, stop=self._stop, clock=self._clock
            )
        came = opened.go_over(options.known)
        changed = any(isinstance(event, PostChanged) for event in came.events)
        # 3. Seal it where something came or changed, at the end, and once an hour.
        if not (last or came.over or came.got or changed) and self._monotonic() - begun < _LONGEST_OPEN:
            self._open[scene] = opened, begun
            return self._told(number, scene, opened, None, came.failures)
        return self._told(number, scene, opened, opened.seal(), ())

    def _told(
        self, number: int, scene: str, opened: OpenCapture, result: CaptureResult | None, failures: Sequence[Failed]
    ) -> WatchRound:
        """Return what a round found, by the capture that it sealed; that is known from now on."""
        events = list(capture_events(result.path)) if result is not None else []
        # Known before the next round begins, from the ledger itself: what is compared with is what was sealed.
        self._earlier[scene].add(events)
        failures = (*failures, *(event for event in events if isinstance(event, Failed)))
        self._ended_sessions.hear(scene, failures)
        if failures:
            self._spoken.clear()  # a host may be another's by now: it is asked once more
        items = [event for event in events if isinstance(event, Item) and not event.error_page]
        changes = [event.change for event in events if isinstance(event, PostChanged)]
        finished = next((event for event in reversed(events) if isinstance(event, CaptureFinished)), None)
        return WatchRound(
            number=number,
            scene=parse_scene(scene).text,  # without the login that it may hold
            result=result,
            exhibit=opened.started.exhibit,
            path=opened.folder.path,
            posts=sum(item.kind == "post" for item in items),
            pages=sum(item.kind == "page" for item in items) - changes.count("served differently"),
            media=sum(item.kind in {"photo", "video", "audio", "document"} for item in items),
            edited=changes.count("edited"),
            gone=changes.count("gone"),
            otherwise=changes.count("served differently"),
            # The ledger's own count where there is one, which has the failures that were held back.
            failed=finished.failed if finished is not None else len(failures),
            bytes=finished.bytes if finished is not None else 0,
            last=scene == self._scenes[-1],
        )
