"""What is known of the computer's clock during a capture, in one sentence and as plain values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from hashing.case.events import ClockMeasured, HostDates, ServerDates

# Seconds by which Date headers may differ before they count as a contradiction: some servers renew theirs late.
_UNTIDY = 1.0
_NAMED = 3  # Hosts that are named in a sentence.
_LONGEST = 1e12  # Seconds: beyond any clock; a ledger of others may hold any number.

Interval = tuple[float, float]

_OF_THE_LEDGER = {"signer", "salt", "after"}


def clock_sentence(measured: ClockMeasured | None, dates: ServerDates | None) -> str:
    """Return a sentence on the clock, or "" where nothing is known of it."""
    said = [measured_phrase(measured)] if measured is not None else []
    if dates is not None:
        said += _dates_phrases(measured, dates)
    return "; ".join(said)


def measured_phrase(measured: ClockMeasured) -> str:
    """Say how far the computer's clock was from the time server's."""
    host = f"{measured.host}:{measured.port}" if measured.port != 123 else measured.host  # noqa: PLR2004 - NTP's own port
    if measured.offset is None or measured.error is None:
        return f"this computer's clock could not be compared with {host}: {measured.problem or 'no reason is given'}"
    if measured.offset == 0:
        return f"this computer's clock showed the same as {host} ± {_exact(measured.error)}"
    way = "behind" if measured.offset > 0 else "ahead of"
    return f"this computer's clock was {_exact(measured.offset)} ± {_exact(measured.error)} {way} {host}"


def clock_to_json(measured: ClockMeasured | None, dates: ServerDates | None) -> dict[str, Any] | None:
    """Return the same as plain values for `--json`; None where nothing is known of the clock."""
    if measured is None and dates is None:
        return None
    return {
        "says": clock_sentence(measured, dates),
        "ntp": measured and _fields(measured),
        "server_dates": dates and {**_fields(dates), "hosts": [_fields(host) for host in dates.hosts]},
    }


def _fields(record: msgspec.Struct) -> dict[str, Any]:
    """Return every field of a record by its name, those at their default too; not what only the ledger is for."""
    names = [name for name in record.__struct_fields__ if name not in _OF_THE_LEDGER]
    plain = {name: msgspec.to_builtins(getattr(record, name)) for name in names}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}


def _dates_phrases(measured: ClockMeasured | None, dates: ServerDates) -> list[str]:
    # A host whose own dates exclude one another bounds nothing; it is named, so that nobody takes it for one that
    # agrees.
    bounds = {host.host: interval for host in dates.hosts if (interval := _interval(host)) is not None}
    torn = [host.host for host in dates.hosts if host.low is not None and host.high is not None and _torn(host)]
    phrases = []
    if bounds and measured is not None and measured.offset is not None and measured.error is not None:
        phrases += _compared(measured.offset, measured.error, bounds)
    elif bounds:
        phrases += _alone(bounds)
    if torn:
        phrases.append(f"the Date headers of {_named(torn)} contradict one another")
    if not bounds and not torn and dates.hosts:
        phrases.append("the servers' Date headers say too little of it")
    return phrases or ["no server sent a Date header that can be read"]


def _interval(host: HostDates) -> Interval | None:
    """Return what a host leaves possible; None where it bounds one side alone, or its headers contradict each other."""
    if host.low is None or host.high is None or _torn(host):
        return None
    return min(host.low, host.high), max(host.low, host.high)


def _torn(host: HostDates) -> bool:
    return host.low is not None and host.high is not None and host.low - host.high > _UNTIDY


def _compared(offset: float, error: float, bounds: dict[str, Interval]) -> list[str]:
    """Hold the hosts' bounds against what was measured."""
    lowest, highest = offset - error - _UNTIDY, offset + error + _UNTIDY
    agreeing = {host: each for host, each in bounds.items() if each[0] <= highest and each[1] >= lowest}
    phrases = []
    if agreeing:
        # Whatever these headers together leave possible is within this of what was measured.
        low, high = max(each[0] for each in agreeing.values()), min(each[1] for each in agreeing.values())
        within = max(abs(low - offset), abs(high - offset))
        whose = "the servers' Date headers" if len(agreeing) == len(bounds) else _whose(list(agreeing))
        phrases.append(f"{whose} agree to within {_whole(within)}")
    phrases += [
        f"the Date headers of {host} say otherwise: {_span(*bounds[host])}"
        for host in [host for host in bounds if host not in agreeing][:_NAMED]
    ]
    if (more := len(bounds) - len(agreeing) - _NAMED) > 0:
        phrases.append(f"those of {more:,} more servers do as well")
    return phrases


def _alone(bounds: dict[str, Interval]) -> list[str]:
    """Say what the hosts leave possible together, where no time server was asked."""
    low, high = max(each[0] for each in bounds.values()), min(each[1] for each in bounds.values())
    whose = _whose(list(bounds))
    # Each host bounds the clock from both sides. Where the bounds meet they bound it together; where they miss each
    # other by little a server renews its Date late; where by much, somebody's clock is wrong.
    if low <= 0 <= high:
        return [f"this computer's clock agrees with {whose} to within {_whole(max(-low, high))}"]
    if low - high <= _UNTIDY:
        return [f"by {whose} this computer's clock was {_span(min(low, high), max(low, high))}"]
    least, most = min(bounds, key=lambda host: bounds[host][1]), max(bounds, key=lambda host: bounds[host][0])
    said = f"{least} has it {_span(*bounds[least])}, {most} {_span(*bounds[most])}"
    return [f"the servers' Date headers do not agree on this computer's clock: {said}"]


def _whose(hosts: Sequence[str]) -> str:
    return f"the Date headers of {hosts[0] if len(hosts) == 1 else f'{len(hosts):,} servers'}"


def _named(hosts: Sequence[str]) -> str:
    more = len(hosts) - _NAMED
    return ", ".join(hosts[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _span(low: float, high: float) -> str:
    """Write bounds of an offset, such as `0.2 s ahead to 0.7 s behind`."""
    if low >= 0 or high <= 0:
        nearer, further = sorted((abs(low), abs(high)))
        return f"{_tenths(nearer)} to {_tenths(further)} s {'behind' if low >= 0 else 'ahead'}"
    return f"between {_tenths(-low)} s ahead and {_tenths(high)} s behind"


def _whole(seconds: float) -> str:
    """Write seconds rounded up: a Date header has no more to say."""
    return f"{max(math.ceil(min(seconds, _LONGEST)), 1):,} s"


def _tenths(seconds: float) -> str:
    return f"{seconds:,.1f}"


def _exact(seconds: float) -> str:
    return f"{abs(seconds):,.3f} s"
