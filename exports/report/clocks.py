"""How the computer's clock stood beside those of the servers that answered, as far as a manifest shows it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from exports.report.moments import read_time

if TYPE_CHECKING:
    from exports.manifest import CaptureRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockCheck:
    """Seconds by which the servers' Date headers were ahead of this computer's clock when the request was sent.

    They stand in whole seconds, so that a second more or less says nothing.
    """

    answers: int
    middle: float
    least: float
    most: float


def clock_check(capture: CaptureRecord) -> ClockCheck | None:
    """Compare the clocks by all answers that gave a Date (RFC 9110, section 6.6.1); None where none did."""
    ahead: dict[int, float] = {}
    for item in capture.items:
        exchange = item.exchange
        if exchange is None:
            continue
        theirs, ours = read_time(exchange.server_date), read_time(exchange.started)
        if theirs is not None and ours is not None:
            ahead[exchange.number] = (theirs - ours).total_seconds()
    if not ahead:
        return None
    values = ahead.values()
    return ClockCheck(answers=len(ahead), middle=median(values), least=min(values), most=max(values))
