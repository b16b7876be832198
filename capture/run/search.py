"""Looking for what belongs to a scene: several places side by side, one stream of findings."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from capture.request.extractor import NotMine, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from capture.request.extractor import Extractor, Fetch, Finding
    from capture.request.scene import Scene
    from capture.request.stopping import Stop

    class MarkingFetch(Fetch, Protocol):
        """What one source may ask for, and what is known of who named what it found."""

        def marked(self, finding: Finding) -> Finding:
            """Return a finding that says whether a server at a public address named it."""


_WAITING = 64
"""Findings that may wait before a source has to wait too: this bounds the memory."""


@dataclass(frozen=True, slots=True)
class SearchTarget:
    """One place to look in: the scene as it is there, and the sources that may know it, the likeliest first."""

    scene: Scene
    sources: Sequence[Extractor]


class Search:
    """Runs the legs of a search, each in a thread of its own, so that no platform waits for another."""

    def __init__(self, legs: Sequence[SearchTarget], fetch: Callable[[str], MarkingFetch], stop: Stop) -> None:
        self._fetch = fetch
        self._stop = stop
        self._queue: queue.Queue[tuple[Extractor, Finding] | None] = queue.Queue(_WAITING)
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(leg,), name=f"search-{number}", daemon=True)
            for number, leg in enumerate(legs)
        ]

    def findings(self) -> Iterator[tuple[Extractor, Finding]]:
        """Yield what is found, and by which source, until every leg is at its end or the capture is to end."""
        for thread in self._threads:
            thread.start()
        running = len(self._threads)
        with self._stop.heeded(lambda _: self._wake()):
            while running and not self._stop.reason:
                got = self._queue.get()
                if got is None:
                    running -= 1
                else:
                    yield got

    def _wake(self) -> None:
        with suppress(queue.Full):  # then there is something to get, and nobody waits
            self._queue.put_nowait(None)

    def stop(self) -> None:
        """Let every source end at its next finding."""
        self._stopped.set()

    def join(self) -> None:
        """Wait until every source has ended."""
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _run(self, leg: SearchTarget) -> None:
        try:
            self._look(leg)
        except (_Stopped, CancelledError):
            pass  # whoever stopped the search knows why
        except BaseException as error:  # noqa: BLE001 - whatever it is, it ends the capture
            self._stop.fail(error)
        with suppress(_Stopped):
            self._put(None)

    def _look(self, leg: SearchTarget) -> None:
        reasons = []
        for source in leg.sources:
            try:
                fetch = self._fetch(source.name)
                for finding in source.find(leg.scene, fetch):
                    self._put((source, fetch.marked(finding)))
            except NotMine as error:
                reasons.append(str(error))
            else:
                return
        reason = "; ".join(dict.fromkeys(reasons)) or "no source takes this scene"
        self._put((leg.sources[-1], Unavailable(url=leg.scene.url or leg.scene.text, reason=reason, found_in="scene")))

    def _put(self, thing: tuple[Extractor, Finding] | None) -> None:
        while not self._stopped.is_set():
            try:
                self._queue.put(thing, timeout=0.2)
            except queue.Full:
                continue
            return
        raise _Stopped


class _Stopped(Exception):
    """The search was stopped."""
