from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashing.case.events import CaptureEvent, Exchange, HostDates, ServerDates, decode_capture_event, encode
from hashing.case.server_dates import MOST_HOSTS, DateBounds, http_date
from hashing.times import time_text

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def exchange(
    server_date: str,
    *,
    started: str = time_text(NOON),
    seconds: float = 0.5,
    url: str = "https://a.example/x",
    age: str = "",
) -> Exchange:
    """Return an exchange with nothing but its times."""
    return Exchange(
        time=started,
        exchange=1,
        url=url,
        method="GET",
        started=started,
        seconds=seconds,
        status=200,
        size=0,
        sha256="",
        server_date=server_date,
        age=age,
    )


def derived(*exchanges: Exchange) -> ServerDates | None:
    """Return the line that follows from exchanges."""
    bounds = DateBounds()
    for each in exchanges:
        bounds.add(each)
    return bounds.event("now")


def dated(moment: datetime) -> str:
    """Write a Date header; fractions of a second are lost."""
    return format_datetime(moment.replace(microsecond=0), usegmt=True)


TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given


@given(
    st.floats(-1e6, 1e6),
    st.lists(st.tuples(TIMES, st.floats(0.001, 30), st.floats(0, 1)), min_size=1, max_size=8),
)
def test_the_bounds_always_hold_the_true_offset(offset: float, asked: list[tuple[datetime, float, float]]) -> None:
    """Whenever a server with this offset makes its answer within an exchange, the offset lies between the bounds."""
    true = timedelta(seconds=offset)
    exchanges = [
        exchange(
            dated(started + timedelta(seconds=took * share) + true),
            started=time_text(started),
            seconds=round(took, 6),
        )
        for started, took, share in asked
    ]
    line = derived(*exchanges)
    assert line is not None
    [host] = line.hosts
    assert host.low is not None
    assert host.high is not None
    assert host.low <= true.total_seconds() <= host.high
    assert host.exchanges == len(asked)


@settings(max_examples=50)
@given(st.text(max_size=40), st.text(max_size=30), st.floats(), st.text(max_size=20), st.text(max_size=5))
def test_any_words_of_a_ledger_are_borne(date: str, started: str, seconds: float, url: str, age: str) -> None:
    """A ledger of others may hold anything; it gives bounds, or counts as not read."""
    line = derived(exchange(date, started=started, seconds=seconds, url=url, age=age))
    assert line is None or line.unread == 1 or line.hosts


def test_each_exchange_narrows_it_down() -> None:
    """A Date of whole seconds leaves a second and the exchange's length; several leave less."""
    one = exchange("Wed, 25 Nov 2026 12:00:03 GMT")
    two = exchange("Wed, 25 Nov 2026 12:00:04 GMT", started="2026-11-25T12:00:00.700Z")
    assert derived(one) == ServerDates(
        time="now", hosts=(HostDates(host="a.example", exchanges=1, low=2.498, high=4.0),)
    )
    line = derived(one, two)
    assert line is not None
    assert line.hosts == (HostDates(host="a.example", exchanges=2, low=2.798, high=4.0),)


def test_a_contradiction_stays_visible() -> None:
    """Where a server's headers leave nothing possible, the least stands above the most."""
    line = derived(exchange("Wed, 25 Nov 2026 12:00:00 GMT"), exchange("Wed, 25 Nov 2026 13:00:00 GMT"))
    assert line is not None
    [host] = line.hosts
    assert host.low is not None
    assert host.high is not None
    assert host.low > host.high


def test_a_cached_answer_bounds_one_side() -> None:
    """An answer with an Age was made at any time before: our clock may be ahead only as far as others say."""
    line = derived(exchange("Wed, 25 Nov 2026 11:00:00 GMT", age="3600"))
    assert line is not None
    assert line.hosts == (HostDates(host="a.example", exchanges=1, low=-3600.502, high=None),)


def test_an_exchange_whose_process_died_bounds_the_other() -> None:
    """Nobody knows when it ended, so only its beginning counts."""
    line = derived(exchange("Wed, 25 Nov 2026 12:00:00 GMT", seconds=0.0))
    assert line is not None
    assert line.hosts == (HostDates(host="a.example", exchanges=1, low=None, high=1.0),)


def test_hosts_are_told_apart_and_logins_left_out() -> None:
    """Each host and port has a clock of its own."""
    date = "Wed, 25 Nov 2026 12:00:00 GMT"
    line = derived(
        exchange(date, url="https://Me:pw@A.example:8443/"), exchange(date), exchange(date, url="http://[::1/")
    )
    assert line is not None
    assert [host.host for host in line.hosts] == ["a.example:8443", "a.example"]
    assert line.unread == 1


def test_a_page_with_endless_hosts_makes_no_endless_line() -> None:
    """Only so many hosts are listed; the rest are counted."""
    date = "Wed, 25 Nov 2026 12:00:00 GMT"
    line = derived(*(exchange(date, url=f"https://h{number}.example/") for number in range(MOST_HOSTS + 5)))
    assert line is not None
    assert (len(line.hosts), line.more_hosts) == (MOST_HOSTS, 5)


@pytest.mark.parametrize(
    "text",
    ["soon", "0", "Wed, 25 Nov 2026 12:00:00 +0100", "Wed, 25 Nov 2026 12:00:00 GMT, Wed, 25 Nov 2026 12:00:00 GMT",
     "Wed, 31 Feb 2026 12:00:00 GMT", "Sat, 31 Dec 2016 23:59:60 GMT", "Wed Nov 25 12:00:00 2026",
     "Wed, ٢٥ Nov 2026 12:00:00 GMT",
     "Wednesday, 25-Nov-26 12:00:00 GMT", "Wed, 25 Nov 0000 12:00:00 GMT"],
)  # fmt: skip
def test_what_is_no_date_is_counted(text: str) -> None:
    """Only the form that servers must send is read; all else is counted, and bounds nothing."""
    assert http_date(text) is None
    line = derived(exchange(text))
    assert line is not None
    assert (line.hosts, line.unread) == ((), 1)


def test_without_a_date_there_is_no_line() -> None:
    """A scene whose servers send no Date leaves the ledger as it is."""
    assert derived(exchange("")) is None
    assert derived() is None


def test_the_line_reads_as_it_was_written() -> None:
    """What is derived again from a ledger that was read compares equal."""
    said = exchange("Wed, 25 Nov 2026 12:00:03 GMT", seconds=0.123456)
    read: CaptureEvent = decode_capture_event(encode(said))
    assert isinstance(read, Exchange)
    line = derived(said)
    assert line is not None
    assert decode_capture_event(encode(line)) == derived(read) == line
