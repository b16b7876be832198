"""Rate limits: a host that says how many requests are left, and when it will count anew, is taken at its word."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from capture.recorder.urls import host_and_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from capture.recorder.exchange import Arrival
    from hashing.times import Clock

_FAMILIES = ("x-ratelimit", "ratelimit")
"""Mastodon, Bluesky's PDS and the IETF draft (draft-ietf-httpapi-ratelimit-headers) name the same two fields."""
_EPOCH_FROM = 1_000_000_000
"""A number from here on is a moment (seconds since 1970); a smaller one is a span of seconds."""


def remaining(header: Callable[[str], str]) -> int | None:
    """Return how many requests the host still allows, or None where it does not say."""
    for family in _FAMILIES:
        value = header(f"{family}-remaining").strip()
        if value.isascii() and value.isdigit():
            return int(value[:10])
    return None


def reset_in(header: Callable[[str], str], now: datetime) -> float | None:
    """Return the seconds until the host counts anew, or None where it does not say.

    Mastodon writes the moment in ISO 8601, Bluesky in seconds since 1970, the IETF draft as seconds from now.
    """
    for family in _FAMILIES:
        value = header(f"{family}-reset").strip()
        if value.isascii() and value.isdigit():
            seconds = float(value[:12])
            return max(seconds - now.timestamp(), 0.0) if seconds >= _EPOCH_FROM else seconds
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            continue
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return max((moment - now).total_seconds(), 0.0)
    return None


class HostPauses:
    """Which hosts are not to be asked until when. Safe for several threads."""

    def __init__(
        self, longest: float, stop: threading.Event, waiting: Callable[[str, float], None], clock: Clock
    ) -> None:
        self._longest = longest
        self._stop = stop
        self._waiting = waiting
        self._clock = clock
        self._until: dict[str, float] = {}

    def note(self, url: str, arrival: Arrival | None) -> None:
        """Learn from an answer: a host that allows no further request is left alone until it counts anew.

        A pause that is longer than what we are ready to wait is not made: the host's refusal then says so itself.
        """
        if arrival is None or remaining(arrival.header) != 0:
            return
        seconds = reset_in(arrival.header, self._clock())
        if seconds is not None and seconds <= self._longest:
            self.hold(url, seconds)

    def hold(self, url: str, seconds: float) -> None:
        """Leave a URL's host alone for a number of seconds."""
        self._until[host_and_port(url)] = time.monotonic() + seconds

    def wait_for(self, url: str) -> None:
        """Wait until the host may be asked, or until the capture stops."""
        host = host_and_port(url)
        while (left := self._until.get(host, 0.0) - time.monotonic()) > 0 and not self._stop.is_set():
            self._waiting(host, left)
            self._stop.wait(left)
