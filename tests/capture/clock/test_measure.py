from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from capture.clock import MeasuredBeside, TimeServer, measure_clock, parse_time_server
from capture.recorder.address_guard import AddressGuard
from capture.recorder.stopping import Stop
from hashing.times import system_clock
from tests.patience import PATIENCE
from tests.servers import time_server
from tests.servers.names import resolving
from tests.servers.time_server import lying, ntp_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from hashing.case.events import ClockMeasured
    from tests.servers.time_server import Answer

HERE = AddressGuard(allow_private=True)
SHORT = 3.0  # seconds: ample for what this computer sends itself; all of it is waited for where no answer counts


def measured(server: time_server.TimeServer, patience: float = PATIENCE) -> ClockMeasured:
    """Compare the clock with a running server."""
    return measure_clock(parse_time_server(server.name), HERE, patience=patience)


@pytest.mark.parametrize("offset", [0.3, -3600.0, -86_400.0 * 365, 86_400.0 * 365 * 30])
def test_an_honest_server_tells_the_offset(offset: float) -> None:
    """The offset is within the error that is stated, however far the clocks are apart, and over the end of an era."""
    with time_server.TimeServer(offset=offset) as server:
        found = measured(server)
    assert found.problem == ""
    assert found.offset is not None
    assert found.error is not None
    assert abs(found.offset - offset) <= found.error
    assert (found.stratum, found.reference, found.leap) == (1, "GPS", "")
    assert (found.host, found.port, found.address) == ("127.0.0.1", server.port, "127.0.0.1")
    assert len(found.samples) == 4
    assert found.error == min(each.error for each in found.samples)


def test_an_answer_from_the_next_era_is_understood() -> None:
    """After 7 February 2036 timestamps begin again at zero: the difference to our clock is right all the same."""
    rollover = (1 << 32) - time_server.SINCE_1900
    ahead = rollover - time.time() + 5.0
    with time_server.TimeServer(offset=ahead) as server:
        found = measured(server)
    assert ntp_time(rollover) == 0
    assert found.offset is not None
    assert found.error is not None
    assert abs(found.offset - ahead) <= found.error


def test_a_request_tells_nothing_of_this_computer() -> None:
    """All is zero but version, mode, and a number that is another one each time."""
    with time_server.TimeServer() as server:
        measured(server)
        requests = list(server.requests)
    assert {request[:40] for request in requests} == {b"\x23" + bytes(39)}
    assert len({request[40:] for request in requests}) == 4


def test_a_slow_way_is_no_offset_but_an_error() -> None:
    """An answer that the server held back is not mistaken for a wrong clock."""
    with time_server.TimeServer(offset=1.0, slow=0.05) as server:
        found = measured(server)
    assert found.offset is not None
    assert found.error is not None
    assert abs(found.offset - 1.0) <= found.error


def test_leap_seconds_and_references_are_told() -> None:
    """An announced leap second is recorded, and of a server of a lower rank the identifier as it is."""
    with time_server.TimeServer(lie=lying(leap=1, stratum=3, reference=b"\xcb\x00\x71\x07", version=3)) as server:
        found = measured(server)
    assert (found.leap, found.stratum, found.reference, found.problem) == ("61", 3, "203.0.113.7", "")


UNUSABLE: dict[str, tuple[Callable[[Answer, int], bytes | list[bytes]], str]] = {
    "kiss of death": (lying(stratum=0, reference=b"DENY"), "does not want to be asked (DENY)"),
    "kiss of death, hostile": (lying(stratum=0, reference=b"\x1b[2J"), "does not want to be asked ([2J)"),
    "not synchronised": (lying(leap=3), "does not know the time itself"),
    "stratum 16": (lying(stratum=16), "does not know the time itself"),
    "stratum 255": (lying(stratum=255), "does not know the time itself"),
    "version 1": (lying(version=1), "in version 1 of the protocol"),
    "no time": (lying(receive=0, transmit=0), "without a time"),
    "back in time": (lambda a, _: replace(a, transmit=a.receive - (1 << 32)).encode(), "before it was asked"),
    "held too long": (lambda a, _: replace(a, transmit=a.receive + (9 << 32)).encode(), "took 9.000 s to answer"),
    "adrift": (lying(root_dispersion=3000.0), "may be wrong by 3,000 s"),
    "wavering": (
        lambda a, n: replace(a, receive=a.receive + (n << 32), transmit=a.transmit + (n << 32)).encode(),
        "contradict one another by",
    ),
}


@pytest.mark.parametrize(("lie", "reason"), UNUSABLE.values(), ids=UNUSABLE)
def test_an_answer_that_no_sound_server_gives_is_not_believed(
    lie: Callable[[Answer, int], bytes | list[bytes]], reason: str
) -> None:
    """The measurement ends at once with the reason, and without an offset."""
    with time_server.TimeServer(lie=lie) as server:
        found = measured(server)
    assert reason in found.problem
    assert found.offset is None
    assert found.samples == ()


def test_a_server_that_wants_to_be_left_alone_is() -> None:
    """After a kiss of death there is no second request; and what it had answered before still counts."""
    with time_server.TimeServer(lie=lying(stratum=0, reference=b"RATE")) as server:
        measured(server)
        assert len(server.requests) == 1
    with time_server.TimeServer(lie=lambda a, n: replace(a, stratum=int(n < 2)).encode()) as server:
        found = measured(server)
        assert len(server.requests) == 3
    assert len(found.samples) == 2
    assert found.problem == ""


STRANGE: dict[str, tuple[Callable[[Answer, int], bytes | list[bytes]], str]] = {
    "silent": (lambda _a, _n: [], "did not answer within"),
    "too short": (lambda a, _: a.encode()[:47], "47 bytes"),
    "empty": (lambda _a, _n: b"", "0 bytes"),
    "a client's packet": (lying(mode=3), "mode 3"),
    "a broadcast": (lying(mode=5), "mode 5"),
    "forged": (lambda a, _: replace(a, originate=a.originate ^ 1).encode(), "an answer to another request"),
    "replayed": (lying(originate=0x1234567812345678), "an answer to another request"),
    "a flood": (lambda a, _: [replace(a, originate=1).encode()] * 300, "an answer to another request"),
}


@pytest.mark.parametrize(("lie", "reason"), STRANGE.values(), ids=STRANGE)
def test_what_is_no_answer_to_the_request_is_passed_over(
    lie: Callable[[Answer, int], bytes | list[bytes]], reason: str
) -> None:
    """Anybody can send such packets: they end nothing, and when the time is over they are named."""
    with time_server.TimeServer(lie=lie) as server:
        found = measured(server, SHORT)
    assert reason in found.problem
    assert found.offset is None


def test_forged_packets_do_not_keep_the_answer_out() -> None:
    """Packets of others before the server's own answer change nothing."""
    with time_server.TimeServer(
        offset=2.0, lie=lambda a, _: [b"\0" * 48, replace(a, originate=7).encode(), a.encode()]
    ) as server:
        found = measured(server)
    assert found.offset is not None
    assert found.error is not None
    assert abs(found.offset - 2.0) <= found.error


def test_a_server_that_answers_only_once_is_not_asked_on() -> None:
    """Those that limit requests pass over the next ones in silence: the answer that came counts."""
    with time_server.TimeServer(lie=lambda a, n: [] if n else a.encode()) as server:
        found = measured(server, SHORT)
        assert len(server.requests) == 2
    assert (len(found.samples), found.problem) == (1, "")


def test_an_earlier_answer_is_none_to_a_later_request() -> None:
    """A server, or somebody on the way, that repeats its first answer gives one sample and no more."""
    first: list[bytes] = []

    def _replaying(answer: Answer, _: int) -> bytes:
        first.append(answer.encode())
        return first[0]

    with time_server.TimeServer(lie=_replaying) as server:
        found = measured(server, SHORT)
    assert len(found.samples) == 1


def test_an_answer_from_another_port_is_not_heard() -> None:
    """The socket is open to the address and port that were asked, and to no other."""
    with time_server.TimeServer(elsewhere=True) as server:
        found = measured(server, SHORT)
    assert "did not answer within" in found.problem


def test_a_lost_answer_leaves_the_others() -> None:
    """UDP loses packets: the first answer, and the others still come."""
    with time_server.TimeServer(lie=lambda a, n: a.encode() if n else []) as server:
        found = measured(server, SHORT)
    assert len(found.samples) >= 2
    assert found.problem == ""


def test_nobody_at_the_port_and_no_such_host() -> None:
    """A closed port is said at once, a name that does not resolve as well."""
    with time_server.TimeServer() as server:
        port = server.port
    assert measure_clock(TimeServer("127.0.0.1", port), HERE).problem == "nobody answers at this port"
    with resolving({}):
        assert "does not resolve" in measure_clock(TimeServer("clock.example"), HERE).problem


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "169.254.169.254", "clock.example"])
def test_private_addresses_are_not_asked(host: str) -> None:
    """Without --allow-private no packet leaves for a private address, in whatever name it hides."""
    with time_server.TimeServer() as server, resolving({"clock.example": ["127.0.0.1"]}):
        found = measure_clock(TimeServer(host, server.port), AddressGuard())
        assert server.requests == []
    assert "not fetched" in found.problem or "never fetched" in found.problem


def test_a_capture_that_is_over_does_not_wait_for_ever() -> None:
    """What had not come when the measurement was ended is recorded as not had, and once."""
    recorded: list[ClockMeasured] = []
    failed: list[BaseException] = []
    with time_server.TimeServer(slow=0.1) as server:
        beside = MeasuredBeside(
            parse_time_server(server.name), HERE, record=recorded.append, failed=failed.append, clock=system_clock
        )
        beside.end(wait=False)
        assert [each.problem for each in recorded] == ["had not answered when the capture was stopped"]
        _join()
    assert len(recorded) == 1


def test_a_stop_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A capture that waits for the time server, and is told to end, waits no longer: the server had not answered."""
    monkeypatch.setattr("capture.clock.beside.WHOLE_PATIENCE", 3600.0)
    monkeypatch.setattr(measure_clock, "__kwdefaults__", {"clock": system_clock, "patience": 3600.0})
    recorded: list[ClockMeasured] = []
    stop, over = Stop(), threading.Event()

    def _when_over(answer: time_server.Answer, _: int) -> bytes:
        over.wait(PATIENCE)
        return answer.encode()

    with time_server.TimeServer(lie=_when_over) as silent:
        beside = MeasuredBeside(
            parse_time_server(silent.name), HERE, record=recorded.append, failed=stop.fail, clock=system_clock
        )
        with stop.heeded(beside.hurry):
            threading.Thread(target=stop.ask, args=("enough",)).start()
            beside.end()
        over.set()
        _join()
    assert [each.problem for each in recorded] == ["had not answered when the capture was stopped"]


def test_a_dropped_measurement_records_nothing() -> None:
    """After a failure of the capture nothing more is written."""
    recorded: list[ClockMeasured] = []
    failed: list[BaseException] = []
    with time_server.TimeServer() as server:
        beside = MeasuredBeside(
            parse_time_server(server.name), HERE, record=recorded.append, failed=failed.append, clock=system_clock
        )
        beside.drop()
        _join()
        beside.end()
    assert recorded == []
    assert failed == []


def _join() -> None:
    """Wait for the threads that measure."""
    for thread in threading.enumerate():
        if thread.name == "clock":
            thread.join(PATIENCE)
