from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.recorder.rate_limit import HostPauses, remaining, reset_in
from capture.recorder.retry_after import retry_after
from tests.patience import PATIENCE
from tests.servers import Body, SceneServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.capture.recorder.conftest import Recording
    from tests.servers.seen import Seen

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def _header(**fields: str) -> Callable[[str], str]:
    return lambda name: fields.get(name.replace("-", "_"), "")


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2026-03-01T12:05:00.000000Z", 300.0),
        ("2026-03-01T13:05:00+01:00", 300.0),
        ("2026-03-01T12:05:00", 300.0),
        ("2026-03-01T11:00:00Z", 0.0),
        (str(int(NOW.timestamp()) + 299), 300.0),
        (str(int(NOW.timestamp() * 1000) + 300_000), 300.0),
        ("30", 30.0),
        ("30.5", 30.5),
        ("soon", None),
        ("", None),
        ("9" * 400, None),
        ("-5", None),
        ("٣", None),
    ],
)
def test_a_reset_is_read_in_every_form(written: str, seconds: float | None) -> None:
    """ISO 8601, seconds and milliseconds since 1970 and a span of seconds are read; anything else says nothing."""
    assert reset_in(_header(x_ratelimit_reset=written), NOW) == pytest.approx(seconds)
    assert reset_in(_header(ratelimit_reset=written), NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("60", 60.0), ("1.5", 1.5), ("60, 60", 60.0), ('"60"', 60.0), ("120s", 120.0), ("5 seconds", 5.0),
        (str(int(NOW.timestamp()) + 60), 60.0), (format_datetime(NOW + timedelta(seconds=60)), 60.0),
        ("-5", None), ("soon", None), ("", None), ("٣", None),
    ],
)  # fmt: skip
def test_a_pause_is_read_as_servers_write_it(written: str, seconds: float | None) -> None:
    """Seconds with a fraction, a unit or twice, a moment since 1970 and a date are read; anything else says nothing."""
    assert retry_after(written, NOW) == pytest.approx(seconds)


def test_a_moment_is_one_of_the_servers_clock() -> None:
    """A host whose clock is an hour ahead of ours, by its own Date, is not left alone for an hour too long."""
    ahead = NOW + timedelta(hours=1)
    fields = {"x_ratelimit_reset": (ahead + timedelta(seconds=20)).isoformat(), "date": format_datetime(ahead)}
    assert reset_in(_header(**fields), NOW) == 20.0


@given(st.text(), st.text(), st.text())
def test_any_header_is_survived(left: str, reset: str, date: str) -> None:
    """Whatever stands in the fields gives a count and a span, or nothing."""
    header = _header(x_ratelimit_remaining=left, x_ratelimit_reset=reset, date=date)
    assert (remaining(header) or 0) >= 0
    assert (reset_in(header, NOW) or 0.0) >= 0.0


def test_the_longer_of_two_pauses_counts() -> None:
    """A host that was to be left alone is not asked earlier because another thread heard of a shorter pause."""
    now = [0.0]

    def _look() -> float:
        now[0] += 0.1
        return now[0]

    pauses = HostPauses(900.0, threading.Event(), lambda *_: None, lambda: NOW, monotonic=_look)
    pauses.hold("http://host/", 0.6)
    pauses.hold("http://host/", 0.0)
    pauses.wait_for("http://other/")
    assert now == [pytest.approx(0.3)]
    pauses.wait_for("http://host/")
    assert now[0] >= 0.7


def test_a_stop_ends_every_wait() -> None:
    """A thread that waits for a host goes on at once when the capture is stopped."""
    stop = threading.Event()
    pauses = HostPauses(900.0, stop, lambda *_: None, lambda: NOW)
    pauses.hold("http://host/", 600.0)
    waiting = threading.Thread(target=pauses.wait_for, args=("http://host/",))
    waiting.start()
    stop.set()
    waiting.join(PATIENCE)
    assert not waiting.is_alive()


class _Limited:
    """A host that allows so many requests a span, says so in the given form, and refuses more."""

    def __init__(self, limit: int, seconds: float, form: Callable[[datetime], str]) -> None:
        self._limit = limit
        self._seconds = seconds
        self._form = form
        self._lock = threading.Lock()
        self._began = time.time()
        self._used = 0
        self.refused = 0

    def __call__(self, _: Seen) -> Body:
        with self._lock:
            if time.time() - self._began >= self._seconds:
                self._began, self._used = time.time(), 0
            self._used += 1
            over = self._used > self._limit
            self.refused += over
            left = max(self._limit - self._used, 0)
            reset = self._form(datetime.fromtimestamp(self._began + self._seconds, UTC))
        fields = (
            ("X-RateLimit-Limit", str(self._limit)),
            ("X-RateLimit-Remaining", str(left)),
            ("X-RateLimit-Reset", reset),
        )
        return Body(
            data=b"slow down" if over else b"here", type="text/plain", status=429 if over else 200, headers=fields
        )


@pytest.mark.parametrize(
    "form",
    [
        lambda moment: moment.isoformat().replace("+00:00", "Z"),
        lambda moment: str(int(moment.timestamp())),
        lambda moment: f"{max((moment - datetime.now(UTC)).total_seconds(), 0):.3f}",
    ],
    ids=["iso", "epoch", "span"],
)
def test_a_limit_is_kept_before_it_is_overstepped(
    form: Callable[[datetime], str], recording: Callable[..., Recording]
) -> None:
    """Eight threads and a host that allows four requests at a time: everything arrives, and none was refused."""
    limited = _Limited(4, 1.0, form)
    with SceneServer({"/": limited}) as server:
        each = recording()
        first = each.fetch(server.url("/"))
        with ThreadPoolExecutor(8) as pool:
            fetched = list(pool.map(each.fetch, [server.url("/")] * 9))
    assert not first.reason
    assert [one.reason for one in fetched] == [""] * 9
    assert limited.refused == 0


def test_a_refusal_without_a_word_of_when_is_repeated(recording: Callable[..., Recording]) -> None:
    """429 without Retry-After and without limits is asked again after a pause of our own, up to three times in all."""
    answers = iter([Body(status=429), Body(status=429), Body(data=b"here", type="text/plain")])
    with SceneServer({"/": lambda _: next(answers), "/never": Body(status=429)}) as server:
        each = recording()
        assert not each.fetch(server.url("/")).reason
        assert len(each.superseded) == 2
        refused = each.fetch(server.url("/never"))
        assert server.asked("/never") == 3
    assert refused.reason == "the server answered 429 Too Many Requests"


def test_a_refusal_says_when_by_its_reset(recording: Callable[..., Recording]) -> None:
    """429 without Retry-After is repeated when the host counts anew, and not before."""
    reset = datetime.now(UTC) + timedelta(seconds=2)
    fields = (("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", reset.isoformat()))
    answers = iter([Body(status=429, headers=fields), Body(data=b"here", type="text/plain")])
    with SceneServer({"/": lambda _: next(answers)}) as server:
        assert not recording().fetch(server.url("/")).reason
        arrived = time.time()
    assert arrived >= reset.timestamp()


def test_too_long_a_pause_is_not_made(recording: Callable[..., Recording]) -> None:
    """A host that counts anew in an hour is not waited for: its next answer decides."""
    fields = (("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", str(int(time.time()) + 3600)))
    files = {"/": Body(data=b"here", type="text/plain", headers=fields), "/more": Body(status=429, headers=fields)}
    with SceneServer(files) as server:
        each = recording(longest_pause=60.0)
        assert not each.fetch(server.url("/")).reason
        assert each.fetch(server.url("/more")).reason.startswith("the server answered 429")
        assert server.asked("/more") == 1


def test_a_host_that_wants_to_be_left_alone_again_and_again_is(recording: Callable[..., Recording]) -> None:
    """After three refusals in a row that ask for longer than is waited, nothing more is asked of the host."""
    refusal = Body(status=429, headers=(("Retry-After", "3600"),))
    with SceneServer({"/photo": refusal, "/here": Body(data=b"here", type="text/plain")}) as server:
        each = recording(longest_pause=60.0)
        for path in ("/photo", "/photo", "/here", "/photo", "/photo", "/photo"):
            each.fetch(server.url(path))
        told = each.fetch(server.url("/here"))
        assert (server.asked("/photo"), server.asked("/here")) == (5, 1)
    assert told.reason.startswith("not asked: the server wants to be left alone for 3,")
