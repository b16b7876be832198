from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from exports.bundle import export_bundle
from exports.format.capture_view import read_capture
from exports.format.clock import clock_sentence, clock_to_json
from exports.verification import verify
from hashing.case.events import ClockMeasured, ClockSample, HostDates, ServerDates
from hashing.case.server_dates import DateBounds
from tests.exports.small_case import Thing, make_case, photo

if TYPE_CHECKING:
    from pathlib import Path

NOW = "2026-11-25T12:00:00.000Z"


def _measured(offset: float, error: float = 0.1, **changed: int) -> ClockMeasured:
    return ClockMeasured(
        time=NOW, host="ntp.example", port=changed.get("port", 123), offset=offset, error=error, delay=0.01, stratum=2
    )


def _dates(**hosts: tuple[float | None, float | None]) -> ServerDates:
    named = (HostDates(host=f"{name}.example", exchanges=1, low=low, high=high) for name, (low, high) in hosts.items())
    return ServerDates(time=NOW, hosts=tuple(named))


BEHIND = "this computer's clock was 0.300 s ± 0.100 s behind ntp.example"
SENTENCES = [
    (None, None, ""),
    (_measured(0.3), None, BEHIND),
    (_measured(-3.0), None, "this computer's clock was 3.000 s ± 0.100 s ahead of ntp.example"),
    (_measured(0.0), None, "this computer's clock showed the same as ntp.example ± 0.100 s"),
    (_measured(-3.0, port=1123), None, "this computer's clock was 3.000 s ± 0.100 s ahead of ntp.example:1123"),
    (
        ClockMeasured(time=NOW, host="ntp.example", port=123, problem="did not answer within 1.5 s"),
        _dates(a=(-0.2, 0.9)),
        (
            "this computer's clock could not be compared with ntp.example: did not answer within 1.5 s; this "
            "computer's clock agrees with the Date headers of a.example to within 1 s"
        ),
    ),
    (_measured(0.3), _dates(a=(-0.2, 0.9), b=(0.1, 7.0)), f"{BEHIND}; the servers' Date headers agree to within 1 s"),
    (_measured(0.3), _dates(a=(-9.2, 9.9)), f"{BEHIND}; the servers' Date headers agree to within 10 s"),
    (
        _measured(0.3),
        _dates(a=(-0.2, 0.9), b=(3600.0, 3600.7)),
        (
            f"{BEHIND}; the Date headers of a.example agree to within 1 s; the Date headers of b.example say "
            "otherwise: 3,600.0 to 3,600.7 s behind"
        ),
    ),
    (
        _measured(0.3),
        _dates(**{f"h{number}": (-7200.0, -7199.0) for number in range(5)}),
        BEHIND
        + "".join(
            f"; the Date headers of h{number}.example say otherwise: 7,199.0 to 7,200.0 s ahead" for number in range(3)
        )
        + "; those of 2 more servers do as well",
    ),
    (_measured(0.3), _dates(a=(60.0, -3.0)), f"{BEHIND}; the Date headers of a.example contradict one another"),
    (_measured(0.3), _dates(a=(0.6, 0.1)), f"{BEHIND}; the servers' Date headers agree to within 1 s"),
    (
        None,
        _dates(a=(-0.2, 0.9), b=(0.1, 7.0)),
        "by the Date headers of 2 servers this computer's clock was 0.1 to 0.9 s behind",
    ),
    (
        None,
        _dates(a=(-0.2, 0.9), b=(60.0, 61.0)),
        (
            "the servers' Date headers do not agree on this computer's clock: a.example has it between 0.2 s ahead "
            "and 0.9 s behind, b.example 60.0 to 61.0 s behind"
        ),
    ),
    (None, _dates(a=(None, 4.0), b=(-2.0, None)), "the servers' Date headers say too little of it"),
    (None, ServerDates(time=NOW, hosts=(), unread=3), "no server sent a Date header that can be read"),
]


@pytest.mark.parametrize(("measured", "dates", "sentence"), SENTENCES)
def test_the_clock_in_a_sentence(measured: ClockMeasured | None, dates: ServerDates | None, sentence: str) -> None:
    """A person reads how far the clock was off, by whose word, and who says otherwise."""
    assert clock_sentence(measured, dates) == sentence


@pytest.mark.parametrize("offset", [1e308, -1e308])
def test_no_number_of_a_forged_ledger_stops_the_report(offset: float) -> None:
    """Numbers that no clock has are written like any other."""
    assert clock_sentence(_measured(offset, 1e308), _dates(a=(-offset, 1e308), b=(-1e308, offset)))
    assert clock_sentence(None, _dates(a=(-1e308, 1e308)))


def test_the_clock_goes_with_the_capture(tmp_path: Path) -> None:
    """View, manifest, report and `--json` repeat both lines of the ledger, and the bundle verifies."""
    maker = make_case(tmp_path)
    capture = maker.begin()
    capture.add(Thing("one.jpg", photo(1)))
    bounds = DateBounds()
    bounds.add(capture.events[0])  # type: ignore[arg-type]  # the exchange of the thing
    dates = bounds.event(NOW)
    assert dates is not None
    dates = replace(dates, salt="00" * 16)
    sample = ClockSample(offset=0.3, delay=0.01, error=0.1)
    measured = replace(_measured(0.3), samples=(sample,))
    capture.events += [measured, dates]
    view = read_capture(capture.seal())
    assert (view.clock, view.dates) == (measured, dates)
    assert verify(maker.path).verdict == "ok"
    bundle = export_bundle(maker.case, key=maker.key, officer="Mary Price", output=tmp_path / "b").path
    assert verify(bundle).verdict == "ok"
    [record] = json.loads((bundle / "data/manifest.json").read_bytes())["captures"]
    assert (record["clock"]["offset"], len(record["clock"]["samples"])) == (0.3, 1)
    assert [host["host"] for host in record["server_dates"]["hosts"]] == ["news.example"]
    assert "0.300 s ± 0.100 s behind ntp.example" in (bundle / "data/report/capture-1.html").read_text("utf-8")
    told = clock_to_json(view.clock, view.dates)
    assert told is not None
    assert told["ntp"]["samples"] == [{"offset": 0.3, "delay": 0.01, "error": 0.1}]
    assert told["server_dates"]["hosts"][0].keys() == {"host", "exchanges", "low", "high"}


@pytest.mark.parametrize("change", ["low", "host", "without"])
def test_a_line_that_does_not_follow_from_the_exchanges_is_found(tmp_path: Path, change: str) -> None:
    """Whoever seals another estimate than the exchanges give is contradicted by the ledger itself."""
    maker = make_case(tmp_path)
    capture = maker.begin()
    capture.add(Thing("one.jpg", photo(1)))
    bounds = DateBounds()
    bounds.add(capture.events[0])  # type: ignore[arg-type]  # the exchange of the thing
    honest = bounds.event(NOW)
    assert honest is not None
    [host] = honest.hosts
    assert host.high is not None
    forged = {
        "low": ServerDates(time=NOW, hosts=(HostDates(host=host.host, exchanges=1, low=host.high, high=host.high),)),
        "host": ServerDates(time=NOW, hosts=(HostDates(host="x.example", exchanges=1, low=host.low, high=host.high),)),
        "without": ServerDates(time=NOW, hosts=honest.hosts, without=1),
    }
    capture.events.append(forged[change])
    capture.seal()
    found = verify(maker.path)
    assert found.verdict == "mismatch"
    assert [each.reason for each in found.problems] == [
        "what it says of the servers' Date headers does not follow from its exchanges"
    ]
