"""Measuring: a few samples of one time server, of which the one that may be least wrong counts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from capture.clock.packet import BadReply, KissOfDeath, SntpError
from capture.clock.sample import NoAnswer, Sampled, sample
from capture.clock.time_server import TimeServer
from capture.errors import NotFetched
from hashing.case.events import ClockMeasured
from hashing.times import Clock, system_clock, time_text

if TYPE_CHECKING:
    import socket

    from capture.recorder.address_guard import AddressGuard

# Seconds for all samples together; the look-up of the server's name comes on top, and takes what the system takes.
WHOLE_PATIENCE = 4.0
# Few: the one that was delayed least bounds the error, and a public server is not to be burdened.
_SAMPLES = 4
_PAUSE = 0.1  # Seconds between two samples, so that one burst of other traffic does not spoil all.
_ONE_ANSWER = 0.375  # The share of that for one answer: a datagram that is lost leaves time for others.
_DRIFT = 0.005  # Seconds by which a clock that is being set right slowly may move between two samples.
_LONGEST_REASON = 500


def measure_clock(
    server: TimeServer, guard: AddressGuard, *, clock: Clock = system_clock, patience: float = WHOLE_PATIENCE
) -> ClockMeasured:
    """Compare this computer's clock with a server. Never raises for what the server or the network does."""
    deadline = time.monotonic() + patience
    failed: ClockMeasured | None = None
    try:
        # Each address in turn, and only until one answers anything: a server that answers wrongly is not asked again
        # under another address for an answer that suits better.
        for connection in guard.datagrams(server.host, server.port):
            with connection:
                address = str(connection.getpeername()[0])
                try:
                    taken = _samples(connection, deadline, patience * _ONE_ANSWER, clock)
                    return _measured(server, address, taken, clock)
                except NoAnswer as error:  # another address of the same host may answer
                    failed = failed or not_measured(server, str(error), clock, address)
                except SntpError as error:
                    return not_measured(server, str(error), clock, address)
    except NotFetched as error:
        return not_measured(server, str(error), clock)
    return failed or not_measured(server, "has no address", clock)


def not_measured(server: TimeServer, reason: str, clock: Clock, address: str = "") -> ClockMeasured:
    """Return the record of a measurement that could not be had."""
    reason = reason[:_LONGEST_REASON]
    return ClockMeasured(time=time_text(clock()), host=server.host, port=server.port, address=address, problem=reason)


def _samples(connection: socket.socket, deadline: float, longest: float, clock: Clock) -> list[Sampled]:
    """Take samples while there is time. Raises NoAnswer where none came; BadReply, KissOfDeath."""
    taken: list[Sampled] = []
    missed: NoAnswer | None = None
    for number in range(_SAMPLES):
        if number:
            time.sleep(_PAUSE)
        # Several, as the one with the shortest way there and back is the most exact; never beyond what the capture
        # waits for it.
        left = min(deadline - time.monotonic(), longest)
        if left <= 0:
            break
        try:
            taken.append(sample(connection, left, clock))
        except NoAnswer as error:
            if taken:
                break  # many servers answer only the first of several requests in a row, and say nothing to the others
            missed = missed or error
        except KissOfDeath:
            if not taken:
                raise
            break  # it has answered, and is asked no more
    if not taken:
        raise missed or NoAnswer("was given no time to answer")
    return taken


def _measured(server: TimeServer, address: str, taken: Sequence[Sampled], clock: Clock) -> ClockMeasured:
    """Return the record of these samples. Raises BadReply where they cannot all be true."""
    # Each sample bounds the true offset from both sides. Bounds that do not overlap mean that something is wrong, and
    # the sample of the smallest error is then no better than the others.
    lowest = max(each.sample.offset - each.sample.error for each in taken)
    highest = min(each.sample.offset + each.sample.error for each in taken)
    if lowest > highest + _DRIFT:
        by = f"{lowest - highest:,.3f} s"
        raise BadReply(f"its answers contradict one another by {by}, or this computer's clock was set meanwhile")
    best = min(taken, key=lambda each: each.sample.error)
    return ClockMeasured(
        time=time_text(clock()),
        host=server.host,
        port=server.port,
        address=address,
        started=time_text(best.at),
        offset=best.sample.offset,
        error=best.sample.error,
        delay=best.sample.delay,
        samples=tuple(each.sample for each in taken),
        stratum=best.reply.stratum,
        leap=best.reply.leap,
        reference=best.reply.reference,
    )
