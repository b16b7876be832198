"""Looking for what belongs to a scene: several places side by side, one stream of findings."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from capture.request.extractor import Extractor, Fetch, Finding, NotMine, SearchTarget, Unavailable

if TYPE_CHECKING:
    from capture.recorder.stopping import Stop

    class MarkingFetch(Fetch, Protocol):
        """What one extractor may ask for, and what is known of who named what it found."""

        def marked(self, finding: Finding) -> Finding:
            """Return a finding that says whether a server at a public address named it."""


_WAITING = 64  # Findings that may wait before an extractor has to wait too: this bounds the memory.


class Search:
    """Looks in each target of a search in a thread of its own, so that no platform waits for another."""

    def __init__(self, targets: Sequence[SearchTarget], fetch: Callable[[str], MarkingFetch], stop: Stop) -> None:
        self._fetch = fetch
        self._stop = stop
        self._queue: queue.Queue[tuple[Extractor, Finding] | None] = queue.Queue(_WAITING)
        self._stopped = threading.Event()
        # What was found when the search had been stopped, and that there may be more.
        self._left: queue.SimpleQueue[tuple[Extractor, Finding]] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run, args=(target,), name=f"search-{number}", daemon=True)
            for number, target in enumerate(targets)
        ]

    def findings(self) -> Iterator[tuple[Extractor, Finding]]:
        """Yield what is found, and by which extractor, until every target is at its end or the capture is to end."""
        for thread in self._threads:
            thread.start()
        running = len(self._threads)
        with self._stop.heeded(lambda _: self._wake()):
            while running and not self._stop.reason:
                # The queue is bounded: extractors wait when more is found than is taken, and None tells that one is at
                # its end.
                got = self._queue.get()
                if got is None:
                    running -= 1
                else:
                    yield got

    def _wake(self) -> None:
        with suppress(queue.Full):  # then there is something to get, and nobody waits
            self._queue.put_nowait(None)

    def stop(self) -> None:
        """Let every extractor end at its next finding."""
        self._stopped.set()

    def join(self) -> None:
        """Wait until every extractor has ended."""
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def left(self) -> Iterator[tuple[Extractor, Finding]]:
        """Yield what a search that was stopped has found and nobody took, and which targets may have more."""
        for waiting in (self._queue, self._left):
            with suppress(queue.Empty):
                while True:
                    if (got := waiting.get_nowait()) is not None:
                        yield got

    def _run(self, target: SearchTarget) -> None:
        try:
            self._look(target)
        except _SearchStopped as stopped:
            self._leave(target, stopped.found)
        except CancelledError:
            self._leave(target, None)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it ends the capture
            self._stop.fail(error)
        with suppress(_SearchStopped):
            self._put(None)

    def _leave(self, target: SearchTarget, found: tuple[Extractor, Finding] | None) -> None:
        """Keep what was found too late, and that there may be more, unless the finding says so itself."""
        if found is not None:
            self._left.put(found)
        if found is None or not isinstance(found[1], Unavailable) or self._stop.reason not in found[1].reason:
            self._left.put(_without(target, f"not looked through to its end: {self._stop.reason}"))

    def _look(self, target: SearchTarget) -> None:
        reasons = []
        # One that finds that the scene is not its own yields nothing, so the next begins as if nobody had asked.
        for extractor in target.extractors:
            try:
                fetch = self._fetch(extractor.name)
                for finding in extractor.find(target.scene, fetch):
                    self._put((extractor, fetch.marked(finding)))
            except NotMine as error:
                reasons.append(str(error))
            else:
                return
        self._put(_without(target, "; ".join(dict.fromkeys(reasons)) or "no extractor takes this scene"))

    def _put(self, thing: tuple[Extractor, Finding] | None) -> None:
        while not self._stopped.is_set():
            try:
                self._queue.put(thing, timeout=0.2)
            except queue.Full:
                continue
            return
        raise _SearchStopped(thing)


def _without(target: SearchTarget, reason: str) -> tuple[Extractor, Unavailable]:
    """Return the finding that a target, or the rest of it, was not to be had."""
    return target.extractors[-1], Unavailable(
        url=target.scene.url or target.scene.text, reason=reason, found_in="scene"
    )


class _SearchStopped(Exception):
    """The search was stopped before this was taken."""

    def __init__(self, found: tuple[Extractor, Finding] | None) -> None:
        super().__init__()
        self.found = found
