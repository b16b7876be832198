"""A network that is lost, told from hosts that are down: a night's batch must not give up every host in ten minutes."""

from __future__ import annotations

from collections.abc import Callable

_SILENT_HOSTS = 3
"""So many hosts that cannot be asked, and none that answers, are no coincidence."""
_PATIENCE = 3600.0
"""Seconds for which a lost network is waited for; after that each host is judged by itself again."""
_LONGEST_PAUSE = 300.0


class Network:
    """Whether there is one, as far as the hosts show it. For one thread.

    Times are seconds on a clock that only goes forward; `pause_before` gives the pause after so many failures.
    """

    def __init__(self, pause_before: Callable[[int], float]) -> None:
        self._pause_before = pause_before
        self._silent: set[str] = set()
        self._lost_since = 0.0
        self._looked = 0.0
        self._pauses = 0
        self.lost = False
        self.quiet_until = 0.0
        """Until then nothing is asked of anybody, while it is lost; then one row is tried."""

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
            self.quiet_until = now + min(self._pause_before(self._pauses), _LONGEST_PAUSE)
        return True
