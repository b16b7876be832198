"""What a manifest says of the computer's clock during a capture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exports.format.clock import clock_sentence
from exports.format.manifest import ClockRecord, ClocksRecord, HostDatesRecord, ServerDatesRecord

if TYPE_CHECKING:
    from exports.format.capture_view import CaptureView
    from hashing.case.events import ClockMeasured, ServerDates


def clocks_record(view: CaptureView) -> ClocksRecord | None:
    """Return what is known of the clock, or None where nothing is."""
    if view.clock is None and view.dates is None:
        return None
    return ClocksRecord(
        says=clock_sentence(view.clock, view.dates),
        ntp=_measured(view.clock) if view.clock else None,
        server_dates=_dates(view.dates) if view.dates else None,
    )


def _measured(measured: ClockMeasured) -> ClockRecord:
    return ClockRecord(
        time=measured.time,
        host=measured.host,
        port=measured.port,
        address=measured.address,
        offset=measured.offset,
        error=measured.error,
        delay=measured.delay,
        samples=len(measured.samples),
        stratum=measured.stratum,
        leap=measured.leap,
        reference=measured.reference,
        problem=measured.problem,
    )


def _dates(dates: ServerDates) -> ServerDatesRecord:
    return ServerDatesRecord(
        hosts=tuple(
            HostDatesRecord(host=each.host, exchanges=each.exchanges, low=each.low, high=each.high)
            for each in dates.hosts
        ),
        more_hosts=dates.more_hosts,
        without=dates.without,
        unread=dates.unread,
    )
