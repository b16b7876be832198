from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fleet.job import Job, JobOptions
from fleet.rounds import rounds
from hashing.times import time_text
from tests.fleet.conftest import SETTINGS

if TYPE_CHECKING:
    from tests.fleet.conftest import Fleet, Host

NOW = datetime(2026, 11, 30, 12, 3, 7, tzinfo=UTC)
EVERY, HOUR = timedelta(minutes=10), timedelta(hours=1)
JOBS = [(Job(scene=f"https://example.org/{number}"), ("example.org:443",)) for number in range(50)]


def _rounds(now: datetime = NOW, window: timedelta | None = None) -> list[Job]:
    found = rounds(JOBS, every=EVERY, length=HOUR, jitter=0.5, window=window, now=now)
    return [job for job, _ in found]


def _due(job: Job) -> datetime:
    return datetime.fromisoformat(job.due)


def test_each_scene_has_its_rounds_at_times_of_its_own() -> None:
    """A scene comes five to seven times an hour, put off each time by up to half of the interval, and all differ."""
    found = _rounds()
    assert all(NOW <= _due(job) < NOW + HOUR for job in found)
    for scene, _ in JOBS:
        due = sorted(_due(job) for job in found if job.scene == scene.scene)
        assert 5 <= len(due) <= 7
        off = [(each.timestamp() % EVERY.total_seconds()) / EVERY.total_seconds() for each in due]
        assert all(part < 0.5 for part in off)
    assert len({job.due for job in found}) > 250


def test_the_same_watch_again_is_the_same_rounds() -> None:
    """Submitted again half an hour later, what both have in common has the same names."""
    first, later = {job.id for job in _rounds()}, _rounds(NOW + HOUR / 2)
    common = [job for job in later if _due(job) < NOW + HOUR - timedelta(seconds=1)]
    assert common
    assert {job.id for job in common} <= first


def test_a_window_counts_back_from_each_round() -> None:
    """Each round asks for what is not older than the window when it is due."""
    for job in _rounds(window=HOUR):
        assert datetime.fromisoformat(job.options.since) == _due(job) - HOUR


def test_a_round_that_its_next_has_overtaken_is_cancelled(fleet: Fleet, host: Host) -> None:
    """Where no worker was free, the last round that is due is captured, and none of those before it."""
    fleet.submit(host.scenes(1))
    fleet.ask("delete from goldenhour.rows")
    now = datetime.now(UTC)
    url = host.scenes(1)[0]
    due = [now - 2 * HOUR, now - HOUR, now + HOUR]
    jobs = [
        Job(scene=url, options=JobOptions(), due=each.isoformat(timespec="milliseconds")[:23] + "Z") for each in due
    ]
    place = host.server.url("/").removeprefix("http://").rstrip("/")
    fleet.queue.submit([(job, (place,)) for job in jobs], per_host=1, delay=0)
    worker = fleet.worker("one", SETTINGS)
    heard = fleet.queue.beat("run", "key", "name", "", 300)
    assert heard.open == 2
    assert [state for (state,) in fleet.ask("select state from goldenhour.rows order by due")] == [
        "cancelled", "waiting", "waiting",
    ]  # fmt: skip
    fleet.ask("delete from goldenhour.rows where due > now()")
    assert worker.run().captured == 1


def test_watches_of_one_scene_that_ask_for_other_things_overtake_nothing_of_each_other(fleet: Fleet) -> None:
    """A round is cancelled for a later one that asks for the same: not for one with other limits."""
    fleet.submit([])
    now = datetime.now(UTC)
    jobs = [
        (Job(scene="http://127.0.0.1:9/", options=options, due=time_text(now - hours * HOUR)), ("127.0.0.1:9",))
        for hours, options in ((2, JobOptions(comments=True)), (1, JobOptions(limit=3)))
    ]
    fleet.queue.submit(jobs, per_host=1, delay=0)
    assert fleet.queue.beat("run", "key", "name", "", 300).open == 2
