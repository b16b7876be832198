"""Which row is captured next: politely to each host, and what fails for a while is tried again later.

Times are seconds on a clock that only goes forward.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from capture.batch.outcome import RowTrouble
from capture.batch.row import BatchRow
from capture.run.run import OpenCapture

_FORBIDDEN_IN_A_ROW = 3  # So many refusals, and nothing else between them, are the host's and not the rows'.
_WALLS_IN_A_ROW = 5  # So many log-ins that were asked for: fewer may be pages that the account may not see.
LONGEST_PAUSE = 3600.0
_SILENT_HOSTS = 3  # When so many hosts one after the other do not answer, it is our own network that is lost.
_PATIENCE = 3600.0  # Seconds for which a lost network is waited for; after that each host is judged by itself again.
_LONGEST_LOOK_AWAY = 300.0


class Network:
    """Whether there is one, as far as the hosts show it: a batch must not give up every host while it is lost.

    For one thread. Times are seconds on a clock that only goes forward; `pause_before` gives the pause after so many
    failures.
    """

    def __init__(self, pause_before: Callable[[int], float]) -> None:
        self._pause_before = pause_before
        self._silent: set[str] = set()
        self._lost_since = 0.0
        self._looked = 0.0
        self._pauses = 0
        self.lost = False
        self.quiet_until = 0.0  # Until then nothing is asked of anybody, while it is lost; then one row is tried.

    def answered(self) -> None:
        """Hear that a host gave a sign, whatever it was."""
        self._silent.clear()
        self.lost = False

    def unreachable(self, host: str, begun: float, now: float) -> bool:
        """Hear that a host could not be asked at `begun`; say whether that is the network's fault and not its own."""
        self._silent.add(host)
        if len(self._silent) < _SILENT_HOSTS:
            return False
        if not self.lost:
            self.lost, self._lost_since, self._looked, self._pauses = True, now, 0.0, 0
        if now - self._lost_since > _PATIENCE:
            return False
        if begun >= self._looked:  # else it was asked before the pause began, and tells nothing new
            self._pauses += 1
            self._looked = now
            self.quiet_until = now + min(self._pause_before(self._pauses), _LONGEST_LOOK_AWAY)
        return True


@dataclass(slots=True)
class Try:
    """A row that waits for its first capture or for another one."""

    row: BatchRow
    attempt: int = 1
    begun: float = 0.0
    capture: str = ""  # Its capture, once that has begun, and the exhibit reference of it.
    exhibit: str = ""
    opened: OpenCapture | None = None  # Its capture, while nothing has come of it: the next try goes on in it.

    def next(self, *, counted: bool = True) -> Try:
        """Return the next try of the row, in the same capture where that is still open."""
        return Try(
            self.row,
            self.attempt + counted,
            capture=self.capture if self.opened else "",
            exhibit=self.exhibit if self.opened else "",
            opened=self.opened,
        )


@dataclass(slots=True)
class _HostQueue:
    """The rows of one host."""

    name: str
    waiting: deque[Try] = field(default_factory=deque)
    running: int = 0
    ready: float = 0.0  # When the next row may begin.
    refusals: int = 0  # Times in a row that the host was left alone.
    left_alone: float = 0.0  # When it was left alone last.
    forbidden: int = 0
    walls: int = 0  # Rows one after the other for which it asked for a log-in although a session was lent.
    given: bool = False  # Whether it has given anything.
    version: int = 0


@dataclass(frozen=True, slots=True)
class NextTry:
    """What follows from how a row ended."""

    again: bool  # Whether it will be tried again.
    # Rows that will not be tried, for their host goes on refusing; the row that ended is not among them.
    given_up: tuple[Try, ...] = ()
    left_alone: str = ""  # What is left alone from now on: a host, or every one.
    seconds: float = 0.0


class Schedule:
    """Rows by their hosts. For one thread.

    At most `per_host` rows of a host run at once, and `delay` seconds lie between their beginnings. A row that may be
    had later comes back after a pause, and so does a host that refuses, `retries` times; the pauses grow from `pause`
    seconds on, by two each time and by a factor from `jitter`, so that not all come back at once. Where no host can be
    asked at all, the network is waited for, and no try counts.
    """

    def __init__(self, *, per_host: int, delay: float, retries: int, pause: float, jitter: Callable[[], float]) -> None:
        self._per_host = per_host
        self._delay = delay
        self._retries = retries
        self._pause = pause
        self._jitter = jitter
        self._hosts: dict[str, _HostQueue] = {}
        # When, in which order, and the version by which an entry that is out of date is known.
        self._ready: list[tuple[float, int, int, _HostQueue]] = []
        self._later: list[tuple[float, int, Try]] = []
        self._order = itertools.count()
        self._running = 0
        self._network = Network(self._pause_before)

    def add(self, tried: Try) -> None:
        """Put a row at the end of its host's."""
        host = self._host(tried)
        host.waiting.append(tried)
        self._offer(host)

    def add_later(self, tried: Try, moment: float) -> None:
        """Put a row back at a moment."""
        heapq.heappush(self._later, (moment, next(self._order), tried))

    def next(self, now: float) -> Try | None:
        """Take the row that may begin now; None where none may."""
        while self._later and self._later[0][0] <= now:
            self.add(heapq.heappop(self._later)[2])
        if self._network.lost and (self._running or now < self._network.quiet_until):
            return None
        while self._ready and self._ready[0][0] <= now:
            _, _, version, host = heapq.heappop(self._ready)
            if version != host.version:
                continue
            tried = host.waiting.popleft()
            tried.begun = now
            host.running += 1
            self._running += 1
            host.ready = max(host.ready, now + self._delay)
            self._offer(host)
            return tried
        return None

    def seconds_to_next(self, now: float) -> float | None:
        """Return the seconds until a row may begin; None where one must end before."""
        while self._ready and self._ready[0][2] != self._ready[0][3].version:
            heapq.heappop(self._ready)
        moments = [queue[0][0] for queue in (self._ready, self._later) if queue]
        if not moments or (self._network.lost and self._running):
            return None
        soonest = max(min(moments), self._network.quiet_until) if self._network.lost else min(moments)
        return max(soonest - now, 0.0)

    def hold(self, tried: Try, moment: float) -> None:
        """Begin no row of this one's host before a moment."""
        host = self._host(tried)
        host.ready = max(host.ready, moment)
        self._offer(host)

    def ended(self, tried: Try, trouble: RowTrouble, now: float) -> NextTry:
        """Hear how a row ended, and say what follows."""
        host = self._host(tried)
        host.running -= 1
        self._running -= 1
        if trouble is RowTrouble.UNREACHABLE:
            if self._network.unreachable(host.name, tried.begun, now):
                host.waiting.append(tried.next(counted=False))  # it is not the row's fault, nor its host's
                self._offer(host)
                return NextTry(True, left_alone="every host", seconds=self._network.quiet_until - now)
        elif trouble is not RowTrouble.SILENT:
            self._network.answered()
        host.forbidden = host.forbidden + 1 if trouble is RowTrouble.FORBIDDEN else 0
        host.walls = host.walls + 1 if trouble is RowTrouble.SESSION else 0
        if host.walls >= _WALLS_IN_A_ROW:
            given_up = tuple(host.waiting)
            host.waiting.clear()
            self._offer(host)
            return NextTry(False, given_up)
        refuses = trouble in {RowTrouble.HOST, RowTrouble.SILENT, RowTrouble.UNREACHABLE}
        if refuses or (trouble is RowTrouble.FORBIDDEN and self._forbids_all(host)):
            return self._refused(host, tried, now)
        if trouble is not RowTrouble.FORBIDDEN:
            host.refusals = 0
            host.given = host.given or trouble is RowTrouble.NONE
        again = trouble in {RowTrouble.PASSING, RowTrouble.FORBIDDEN} and tried.attempt <= self._retries
        if again:
            self.add_later(tried.next(), now + self._pause_before(tried.attempt))
        self._offer(host)
        return NextTry(again)

    def waiting(self) -> Iterator[Try]:
        """Yield every row that waits."""
        yield from (tried for host in self._hosts.values() for tried in host.waiting)
        yield from (tried for _, _, tried in self._later)

    def put_back(self, tried: Try) -> None:
        """Hear that a row ended in a way that says nothing of it or its host."""
        host = self._host(tried)
        host.running -= 1
        self._running -= 1
        self._offer(host)

    def _forbids_all(self, host: _HostQueue) -> bool:
        return not host.given or host.forbidden >= _FORBIDDEN_IN_A_ROW

    def _refused(self, host: _HostQueue, tried: Try, now: float) -> NextTry:
        """Have a host rest, or give it up with all its rows."""
        rests = tried.begun >= host.left_alone or not host.refusals  # else it began before, and tells nothing new
        if rests:
            host.refusals += 1
            host.left_alone = now
            host.ready = max(host.ready, now + self._pause_before(host.refusals))
        given_up: tuple[Try, ...] = ()
        again = tried.attempt <= self._retries and host.refusals <= self._retries
        if host.refusals > self._retries:
            given_up = tuple(host.waiting)
            host.waiting.clear()
        elif again:
            host.waiting.append(tried.next())
        self._offer(host)
        began_to_rest = rests and bool(host.waiting)
        return NextTry(again, given_up, host.name if began_to_rest else "", host.ready - now if began_to_rest else 0.0)

    def _pause_before(self, attempt: int) -> float:
        """Return the pause after so many failures."""
        return float(min(self._pause * 2 ** min(attempt - 1, 30), LONGEST_PAUSE)) * self._jitter()

    def _host(self, tried: Try) -> _HostQueue:
        name = " + ".join(tried.row.places)
        return self._hosts.setdefault(name, _HostQueue(name))

    def _offer(self, host: _HostQueue) -> None:
        """Let a host's next row begin when it may; one that has refused is asked by one row at a time."""
        host.version += 1
        if host.waiting and host.running < (1 if host.refusals else self._per_host):
            heapq.heappush(self._ready, (host.ready, next(self._order), host.version, host))
