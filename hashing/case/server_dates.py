"""What the Date headers of servers say of this computer's clock.

A server writes into its answer what its clock said when it made it, in whole seconds (RFC 9110, section 6.6.1). It made
it after the request was begun and before the answer was complete. So with a Date of D, a request begun at S and an
answer complete at E, both by our clock, what is to be added to our clock to get the server's lies above D - E and below
D + 1 s - S. Each exchange with a host narrows that down; exchanges that leave nothing between them contradict one
another.

Where a cache had the answer ready (Age), it may have been made long before the request: then only D - E counts. A cache
that does not say so looks like a contradiction, or like a clock that is ahead. A Date is the word of its server, and is
no trusted time.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

import msgspec

from hashing.case.events import Exchange, HostDates, ServerDates
from hashing.times import moment_of

MOST_HOSTS = 200  # Hosts that are listed: a hostile page has no end of them.

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# IMF-fixdate, the one form that servers must send (RFC 9110, section 5.6.7). Others tell too little to bound a clock.
_FIXDATE = re.compile(
    rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{{2}}) ({'|'.join(_MONTHS)}) ([0-9]{{4}}) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT",
    re.ASCII,
)
_PLAIN_HOST = re.compile(r"https?://([A-Za-z0-9.-]+(?::[0-9]+)?)/", re.ASCII)  # How nearly all addresses begin.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_SECOND = 1000
_CUT = 1  # Milliseconds: a ledger's times are cut to whole ones.
# Seconds: an exchange of 30 years is a broken line of somebody's ledger.
_LONGEST = 1e9
_LONGEST_HOST = 300


def http_date(text: str) -> datetime | None:
    """Read a Date header in the one form that servers may send (IMF-fixdate, RFC 9110 section 5.6.7); None for else."""
    match = _FIXDATE.fullmatch(text.strip(" \t"))
    if match is None:
        return None
    day, month, year, hour, minute, second = match.groups()
    try:
        return datetime(int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:  # no such day, or a leap second, which a datetime cannot hold
        return None


class _Bounds(msgspec.Struct):
    """What the exchanges with one host leave, in whole milliseconds; None where nothing bounds that side."""

    exchanges: int = 0
    low: int | None = None
    high: int | None = None

    def narrow(self, low: int | None, high: int | None) -> None:
        self.exchanges += 1
        if low is not None:
            self.low = low if self.low is None else max(self.low, low)
        if high is not None:
            self.high = high if self.high is None else min(self.high, high)


class DateBounds:
    """Gathers exchanges, in the order of the ledger, into the line that follows from them."""

    def __init__(self) -> None:
        self._hosts: dict[str, _Bounds] = {}
        self._more: set[str] = set()
        self._without = self._unread = 0

    def add(self, exchange: Exchange) -> None:
        """Take in one exchange. Never raises: a ledger of others may hold anything."""
        if not exchange.status:
            return
        if not exchange.server_date:
            self._without += 1
            return
        bounds, host = _bounds(exchange), _host(exchange.url)
        if bounds is None or not host:
            self._unread += 1
        # A page may name servers without end: of the first so many hosts bounds are kept, then they are only counted.
        elif host in self._hosts or len(self._hosts) < MOST_HOSTS:
            self._hosts.setdefault(host, _Bounds()).narrow(*bounds)
        elif len(self._more) < MOST_HOSTS * MOST_HOSTS:
            self._more.add(host)

    def event(self, time: str) -> ServerDates | None:
        """Return the line, or None where no server gave a date."""
        if not self._hosts and not self._unread:
            return None
        hosts = tuple(
            HostDates(host=host, exchanges=each.exchanges, low=_seconds(each.low), high=_seconds(each.high))
            for host, each in self._hosts.items()
        )
        return ServerDates(
            time=time, hosts=hosts, more_hosts=len(self._more), without=self._without, unread=self._unread
        )


def _host(url: str) -> str:
    """Return whose clock it is: host and port, as in the address."""
    if plain := _PLAIN_HOST.match(url):
        return plain[1].lower()[:_LONGEST_HOST]
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()[:_LONGEST_HOST]
    except ValueError:
        return ""


def _bounds(exchange: Exchange) -> tuple[int | None, int | None] | None:
    """Return the bounds that one exchange sets, in milliseconds; None where its times cannot be read."""
    dated, started = _dated(exchange.server_date), moment_of(exchange.started)
    if dated is None or started is None or not 0 <= exchange.seconds <= _LONGEST:
        return None
    begun = _milliseconds(started)
    # No duration is known of an exchange whose process died.
    ended = begun + _CUT + math.ceil(exchange.seconds * _SECOND) + _CUT if exchange.seconds else None
    low = dated - ended if ended is not None else None
    high = dated + _SECOND - begun if exchange.age.strip() in {"", "0"} else None
    return low, high


@lru_cache(maxsize=64)  # many answers are of one second
def _dated(text: str) -> int | None:
    date = http_date(text)
    return None if date is None else _milliseconds(date)


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / _SECOND
