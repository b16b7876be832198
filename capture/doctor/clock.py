"""The clock of this computer: it stands in every line of a ledger, and certificates are judged by it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from capture.clock import measure_clock
from capture.doctor.finding import Finding, fault, ok, warning
from capture.doctor.setup import Setup
from capture.doctor.yt_dlp_age import release_date
from hashing.case.events import ClockMeasured
from hashing.times import time_text

_OFF, _WRONG = 1.0, 60.0
"""Seconds by which a clock is off, and by which it is wrong."""
_SET = "set the clock, or let the system keep it (timedatectl set-ntp true)"


def check_clock(setup: Setup) -> Iterator[Finding]:
    """Yield how far the clock is off, by the time server that was named; or that nobody was asked."""
    now = setup.clock()
    try:
        made = release_date(version("yt-dlp"))
    except PackageNotFoundError:
        made = None
    if made is not None and now < made:
        says = f"shows {time_text(now)}, which is before software that is installed here was made"
        yield fault("clock", says, _SET)
    elif setup.ntp is None:
        hint = "name a time server with --ntp, or as ntp in a settings file"
        yield warning("clock", f"shows {time_text(now)}; not compared with any other", hint)
    else:
        yield _judged(measure_clock(setup.ntp, setup.guard, clock=setup.clock), str(setup.ntp))


def _judged(measured: ClockMeasured, server: str) -> Finding:
    if measured.offset is None or measured.error is None:
        hint = "name another time server with --ntp; many networks let no NTP (UDP port 123) through"
        return warning("clock", f"could not be compared with {server}: {measured.problem}", hint)
    way = "behind" if measured.offset > 0 else "ahead of"
    says = f"{abs(measured.offset):,.3f} s ± {measured.error:,.3f} s {way} {server}"
    surely = abs(measured.offset) - measured.error
    if surely > _WRONG:
        return fault("clock", says, _SET, seconds=measured.delay)
    if surely > _OFF:
        return warning("clock", says, _SET, seconds=measured.delay)
    return ok("clock", says, seconds=measured.delay)
