"""Rate limits: a host that says how many requests are left, and when it will count anew, is taken at its word."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from capture.recorder.retry_after import mail_date, retry_after
from capture.recorder.urls import host_and_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from capture.recorder.exchange import EndedExchange
    from hashing.times import Clock

# Mastodon, Bluesky's PDS and the IETF draft (draft-ietf-httpapi-ratelimit-headers) name the same two fields.
_FAMILIES = ("x-ratelimit", "ratelimit")
# A number from here on is a moment (seconds since 1970); a smaller one is a span of seconds.
_EPOCH_FROM = 1_000_000_000
_MILLISECONDS_FROM = 100_000_000_000  # A number from here on counts milliseconds since 1970.
_CUT_OFF = 1.0  # Whole seconds since 1970 are, as a rule, a moment whose fraction was cut off.
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?", re.ASCII)
_SAME_SPAN = 2.0  # Seconds by which two answers may differ in when the same span ends: many hosts write whole seconds.
_TOO_MANY = 429
_MOST_REFUSALS = 3  # Times in a row that a host asks for a longer pause than is made; one may be meant for one address.
_LOOK_AGAIN = 0.2  # Seconds after which a thread that waits looks whether the capture was stopped.


def remaining(header: Callable[[str], str]) -> int | None:
    """Return how many requests the host still allows, or None where it does not say."""
    return _count(header, "remaining")


def limit(header: Callable[[str], str]) -> int | None:
    """Return how many requests the host allows in one span of counting, or None where it does not say."""
    return _count(header, "limit")


def _count(header: Callable[[str], str], name: str) -> int | None:
    for family in _FAMILIES:
        value = header(f"{family}-{name}").strip()
        if value.isascii() and value.isdigit():
            return int(value[:10])
    return None


def reset_in(header: Callable[[str], str], now: datetime) -> float | None:
    """Return the seconds until the host counts anew, or None where it does not say.

    Mastodon writes the moment in ISO 8601, Bluesky in seconds since 1970, some in milliseconds, the IETF draft as
    seconds from now. A moment is one of the host's clock: what it gives as its Date goes before our own.
    """
    # The forms are told by their size alone: seconds from now are few, seconds since 1970 many, milliseconds a thousand
    # times as many.
    for family in _FAMILIES:
        value = header(f"{family}-reset").strip()
        if not value:
            continue
        now = mail_date(header("date")) or now
        if _NUMBER.fullmatch(value):
            seconds = float(value)
            if seconds < _EPOCH_FROM:
                return seconds
            seconds = seconds / 1000 if seconds >= _MILLISECONDS_FROM else seconds + _CUT_OFF
            return max(seconds - now.timestamp(), 0.0)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            continue
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return max((moment - now).total_seconds(), 0.0)
    return None


@dataclass(slots=True)
class _HostPause:
    """What one host allows, as far as it has said; moments on the monotonic clock."""

    held_until: float = 0.0
    held_before: str = ""  # Which attempt it was held for, in words.
    left: int | None = None  # Requests that it still allowed when it last said so.
    limit: int | None = None  # Requests that it allows in each span of counting.
    counts_anew: float = 0.0
    under_way: int = 0  # Requests that are sent and not answered: the host may count them already.

    refusals: int = 0  # Times in a row that it asked for a longer pause than is made.
    alone_until: float = 0.0  # When the last such pause is over.

    def pause(self, now: float) -> float:
        """Return the seconds for which it is to be left alone, as things stand."""
        span_goes_on = now < self.counts_anew
        allowed = self.left if span_goes_on else self.limit
        if allowed is None or self.under_way < allowed:
            return self.held_until - now
        # In a new span the first answer says how many are left; until then no more are sent than one span allows.
        return max(self.held_until - now, self.counts_anew - now if span_goes_on else self.under_way * _LOOK_AGAIN)


class HostPauses:
    """Which hosts are not to be asked until when. Safe for several threads."""

    def __init__(
        self,
        longest: float,
        stop: threading.Event,
        waiting: Callable[[str, float, str], None],
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._longest = longest
        self._stop = stop
        self._waiting = waiting
        self._clock = clock
        self._monotonic = monotonic
        self._hosts: dict[str, _HostPause] = {}
        self._changed = threading.Condition()

    def note(self, url: str, exchange: EndedExchange | None) -> None:
        """Hear that the request that `wait_for` let go has ended, and learn from its answer.

        A host that allows no further request is left alone until it counts anew; one that allows a few is asked no
        more than these at once. A pause that is longer than what we are ready to wait is not made: the host's refusal
        then says so itself.
        """
        left = seconds = allowed = None
        if exchange is not None:
            left, allowed = remaining(exchange.header), limit(exchange.header)
            seconds = reset_in(exchange.header, self._clock())
        with self._changed:
            host = self._host(url)
            host.under_way = max(host.under_way - 1, 0)
            host.limit = host.limit if allowed is None else allowed
            if exchange is not None:
                asked = self._too_long_a_pause(exchange, seconds)
                host.refusals = host.refusals + 1 if asked else 0
                host.alone_until = self._monotonic() + asked
            if left is not None and seconds is not None and seconds <= self._longest:
                now = self._monotonic()
                counts_anew = now + seconds
                if host.counts_anew > now and abs(counts_anew - host.counts_anew) <= _SAME_SPAN:
                    # Answers overtake each other; in one span of counting, what is left only falls.
                    left = min(left, host.left or 0)
                host.left = left
                host.counts_anew = counts_anew
            self._changed.notify_all()

    def _too_long_a_pause(self, exchange: EndedExchange, counts_anew: float | None) -> float:
        """Return the seconds for which a refusal wants the host left alone, where that is longer than is waited."""
        if exchange.status != _TOO_MANY:
            return 0.0
        asked = retry_after(exchange.header("retry-after"), self._clock()) or counts_anew or 0.0
        return asked if asked > self._longest else 0.0

    def left_alone(self, url: str) -> float:
        """Return for how many seconds a URL's host is not asked: it wanted that again and again; 0 where it is."""
        with self._changed:
            host = self._host(url)
            left = host.alone_until - self._monotonic()
            return max(left, 0.0) if host.refusals >= _MOST_REFUSALS else 0.0

    def hold(self, url: str, seconds: float, before: str = "") -> None:
        """Leave a URL's host alone for a number of seconds, or for longer where that was asked for before.

        `before` says, to whoever is told of it, which attempt comes next.
        """
        with self._changed:
            host = self._host(url)
            host.held_before = before
            host.held_until = max(host.held_until, self._monotonic() + seconds)

    def wait_for(self, url: str) -> None:
        """Wait until the host may be asked, or until the capture stops."""
        announced = False
        with self._changed:
            host = self._host(url)
            # Asked again after every wake-up: meanwhile another fetch may have been told to wait longer.
            while (left := host.pause(self._monotonic())) > 0 and not self._stop.is_set():
                if not announced and not host.under_way:
                    held = host.held_until > self._monotonic()
                    self._waiting(host_and_port(url), left, host.held_before if held else "")
                    announced = True
                self._changed.wait(min(left, _LOOK_AGAIN))
            host.under_way += 1

    def _host(self, url: str) -> _HostPause:
        return self._hosts.setdefault(host_and_port(url), _HostPause())
