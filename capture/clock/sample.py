"""One sample of a time server: how far this computer's clock is from it, and how wrong that may be.

With the request sent at t1 and the answer here at t4 by this clock, and the request there at t2 and the answer sent at
t3 by the server's, the offset is ((t2 - t1) + (t3 - t4)) / 2 and the way there and back took (t4 - t1) - (t3 - t2)
(RFC 5905, section 8). The true offset, to the server's clock, is never further away than half of that.
"""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime, timedelta
from secrets import randbits

import msgspec

from capture.clock.packet import BadReply, NotOurs, SntpError, TimeReply, read_reply, request
from hashing.case.events import ClockSample
from hashing.times import Clock

_UNITS = 1 << 32  # Of a timestamp, in a second; and the number of seconds of an era.
# RFC 5905, section 6. Era 0 ends in 2036; which era a timestamp is of follows from this computer's clock.
_NTP_EPOCH = datetime(1900, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MOST = 2048  # Bytes of a datagram that are read; an answer has 48, and perhaps extensions that nobody asked for.
_MOST_STRANGERS = 64  # Packets that are passed over while one answer is waited for.
_ROOT_DISTANCE = 16.0  # Seconds: a server that may be more wrong than that calls itself unusable (RFC 5905, MAXDISP).


class NoAnswer(SntpError):
    """Nothing that could be used came in time."""


class Sampled(msgspec.Struct, frozen=True):
    """A sample with the answer that it was made of; `at` is when the request was sent, by this computer's clock."""

    at: datetime
    sample: ClockSample
    reply: TimeReply


def sample(connection: socket.socket, patience: float, clock: Clock) -> Sampled:
    """Ask once, over a connected UDP socket, and wait no longer than `patience` seconds.

    What is not the answer to this request is passed over. Raises NoAnswer, BadReply, KissOfDeath.
    """
    cookie = randbits(64) or 1
    # Both clocks at the same moment: the one that is measured, and one that nobody sets, by which the way there and
    # back is timed.
    begun, at = time.monotonic(), clock()
    try:
        connection.send(request(cookie))
        reply = _answer(connection, cookie, begun + patience)
    except TimeoutError as error:
        raise NoAnswer(f"did not answer within {patience:.1f} s") from error
    except ConnectionRefusedError as error:
        raise NoAnswer("nobody answers at this port") from error
    except OSError as error:
        raise NoAnswer(f"could not be asked ({(error.strerror or str(error)).lower()})") from error
    # What passed here is measured, not read off a clock that may be set meanwhile.
    elapsed = time.monotonic() - begun
    return Sampled(at, compared(at, elapsed, reply), reply)


def _answer(connection: socket.socket, cookie: int, deadline: float) -> TimeReply:
    passed_over = ""
    # A bounded number of packets within a bounded time: who floods the port keeps nobody waiting.
    for _ in range(_MOST_STRANGERS):
        left = deadline - time.monotonic()
        if left <= 0:
            break
        connection.settimeout(left)
        try:
            return read_reply(connection.recv(_MOST), cookie)
        except NotOurs as error:
            passed_over = str(error)
        except TimeoutError:
            if passed_over:
                break
            raise
    raise NoAnswer(f"sent nothing but {passed_over}" if passed_over else "did not answer in time")


def compared(at: datetime, elapsed: float, reply: TimeReply) -> ClockSample:
    """Return the sample of a request that was sent `at`, by this clock, and answered `elapsed` seconds later.

    Raises BadReply where the server's times cannot be true.
    """
    # 1. RFC 5905, section 8: differences alone, as NTP's seconds begin anew every 136 years and a difference does not.
    sent = (at - _NTP_EPOCH) // _MICROSECOND * _UNITS // 1_000_000
    there = _signed(reply.received - sent)
    held = _signed(reply.sent - reply.received)
    # 2. What cannot be true is refused before anything is reckoned with it: the error below stands on all three.
    if held < 0:
        raise BadReply("says that it answered before it was asked")
    if held > elapsed:
        raise BadReply(f"says that it took {held:.3f} s to answer, and answered within {elapsed:.3f} s")
    if reply.root_distance > _ROOT_DISTANCE:
        raise BadReply(f"says that it may be wrong by {reply.root_distance:,.0f} s")
    # 3. `elapsed` is of a clock that nobody sets (monotonic): the wall clock may be set between question and answer.
    delay = elapsed - held
    # 4. The answer may have taken any part of the way's time: half of it either side, and what the server itself may be
    # off.
    error = delay / 2 + reply.root_distance
    return ClockSample(offset=round(there - delay / 2, 6), delay=round(delay, 6), error=round(error + 1e-6, 6))


def _signed(difference: int) -> float:
    """Return the seconds from one timestamp to another, whichever eras they are of (RFC 5905, section 6).

    The era ends on 7 February 2036, when timestamps begin again at zero; a difference is right as long as the clocks
    are less than 68 years apart.
    """
    difference %= 1 << 64
    return (difference - (1 << 64) if difference >> 63 else difference) / _UNITS
