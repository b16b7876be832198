"""What became of a row's capture, and whether the row, or its whole host, is to be tried again."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from capture.batch.recovery import outcome_of
from capture.errors import NotAsked
from hashing.case.batch_events import DONE
from hashing.case.capture_folder import capture_events
from hashing.case.events import CaptureEvent, CaptureFinished, Exchange, Failed, Item
from hashing.case.kinds import CaptureStatus
from hashing.case.verdict import SESSION_ENDED

_TOO_MANY, _FORBIDDEN = 429, 403
# Answers that may be another one in a minute (RFC 9110; from 520 on those of a large network of caches).
_FOR_A_WHILE = frozenset({408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524})

_NO_NETWORK = ("could not be looked up now", "network is unreachable", "no route to host", "network is down")
_SAYS_NO = ("connection refused", "no such host")  # In the words of the recorder's reasons.


class RowTrouble(enum.Enum):
    """Why nothing was got."""

    NONE = enum.auto()
    HOST = enum.auto()  # The host refuses: whatever else is asked of it now fails as well.
    # The host gives no sign. That is no more its own fault than the network's, and is taken for its own.
    SILENT = enum.auto()
    # The host cannot be asked, as it is where there is no network: no name can be looked up, no way leads there.
    UNREACHABLE = enum.auto()
    # The host asks for a log-in although a session was lent: where it does so for row after row, that has ended.
    SESSION = enum.auto()
    FORBIDDEN = enum.auto()  # This row is forbidden; where every row is, the host wants to be left alone.
    PASSING = enum.auto()  # This row may be had later.
    LASTING = enum.auto()  # This row is not to be had.


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOutcome:
    """How a row's capture ended."""

    status: str  # complete, partial, nothing or interrupted.
    reason: str
    trouble: RowTrouble
    stopped: str = ""  # Why the capture ended early, by the user or for want of room.
    items: int = 0  # But for the error pages, which are kept and are not what was asked for.
    error_pages: int = 0
    failed: int = 0
    bytes: int = 0


def read_outcome(path: Path, *, refused: bool = False) -> RowOutcome:
    """Read in a sealed capture how it ended; `refused`: its address is one that goldenhour does not connect to.

    Raises Unreadable, BadFormat.
    """
    exchanges: dict[int, Exchange] = {}
    failures: list[Failed] = []
    refusals: list[Item] = []
    finished: CaptureFinished | None = None
    for event in capture_events(path):
        match event:
            case Exchange():
                exchanges[event.exchange] = event
            case Failed():
                failures.append(event)
            case Item() if event.error_page:
                refusals.append(event)
            case CaptureFinished():
                finished = event
            case _:
                pass
    assert finished is not None  # noqa: S101 - tells the type: a sealed capture has this line
    status = outcome_of(finished)
    failure = next((each for each in failures if each.found_in == "scene"), failures[0] if failures else None)
    reason = finished.reason or (failure.reason if failure is not None else "")
    return RowOutcome(
        status=status,
        reason=reason if status != CaptureStatus.COMPLETE else "",
        trouble=_trouble(refused, failure, list(exchanges.values()), wanted=status in DONE),
        stopped=finished.reason,
        items=finished.items - len(refusals),
        error_pages=len(refusals),
        failed=finished.failed,
        bytes=finished.bytes,
    )


def pass_outcome(events: Sequence[CaptureEvent], failures: Sequence[Failed], *, refused: bool) -> RowOutcome:
    """Say how it ended to go over a row's scene, by the lines that it wrote and the failures; nothing came of it."""
    failure = next((each for each in failures if each.found_in == "scene"), failures[0] if failures else None)
    exchanges = [event for event in events if isinstance(event, Exchange)]
    return RowOutcome(
        status=CaptureStatus.NOTHING,
        reason=failure.reason if failure is not None else "",
        trouble=_trouble(refused, failure, exchanges, wanted=False),
        failed=len(failures),
    )


def unasked(error: NotAsked) -> RowTrouble:
    """Say what it means that no server of a row could be asked."""
    return RowTrouble.LASTING if error.refused else _silence(str(error))


def _trouble(refused: bool, failure: Failed | None, exchanges: Sequence[Exchange], *, wanted: bool) -> RowTrouble:
    """Say what stands in the way of a row; of one of which something `wanted` came, whether a session has ended."""
    if failure is not None and SESSION_ENDED in failure.reason:
        return RowTrouble.SESSION
    if wanted:
        return RowTrouble.NONE
    if refused:
        return RowTrouble.LASTING
    answered = [exchange for exchange in exchanges if exchange.status]
    if not answered:
        return _silence(failure.reason if failure is not None else "")
    last = next((each for each in answered if failure and each.exchange == failure.exchange), answered[-1])
    if last.status == _TOO_MANY:
        return RowTrouble.HOST
    if last.status == _FORBIDDEN:
        return RowTrouble.FORBIDDEN
    return RowTrouble.PASSING if last.status in _FOR_A_WHILE or last.cut else RowTrouble.LASTING


def _silence(reason: str) -> RowTrouble:
    """Say what it means that no answer came: what can say no, be it the host or the directory of names, is there."""
    if any(sign in reason for sign in _NO_NETWORK):
        return RowTrouble.UNREACHABLE
    return RowTrouble.HOST if any(sign in reason for sign in _SAYS_NO) else RowTrouble.SILENT
