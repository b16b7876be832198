"""What changed between rounds that several workers captured."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from capture.request.known import Known
from fleet.changes import _changes, changes_between_rounds
from fleet.job import Job
from hashing.case.capture_folder import capture_events
from hashing.case.case import Case
from hashing.case.events import CaptureStarted
from hashing.times import time_text
from tests.fleet.conftest import OPERATION
from tests.servers import Body
from tests.test_cli import typed

if TYPE_CHECKING:
    from tests.fleet.conftest import Fleet, Host

ENTRY = "<item><guid>urn:post:{0}</guid><link>https://x.example/{0}</link><title>{1}</title></item>"


def _feed(*entries: tuple[int, str]) -> Body:
    items = "".join(ENTRY.format(number, title) for number, title in entries)
    feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>{items}</channel></rss>'
    return Body(data=feed.encode(), type="application/rss+xml")


def _page(text: str, noise: str = "") -> Body:
    return Body(data=f"<!doctype html><title>t</title><p>{text}<!-- {noise} -->".encode(), type="text/html")


def test_what_changed_between_the_rounds_of_two_workers(fleet: Fleet, host: Host) -> None:
    """Edited, gone, only served differently, listed no more: told when the rounds come together, and once each."""
    fleet.submit([])
    place = host.server.url("/").removeprefix("http://").rstrip("/")
    files, begun = host.server.files, datetime.now(UTC) - timedelta(hours=1)
    gone = Body(data=b"gone", status=404)
    first, edited, third = (1, "It burns."), (1, "It is out."), (3, "More.")
    rounds = [
        ("one", _feed(first, (2, "Two.")), _page("It burns."), _page("a")),
        ("two", _feed(edited), _page("It burns.", "other bytes"), _page("b")),
        ("one", _feed(edited, third), gone, _page("b")),
        ("two", _feed(edited, third), gone, _page("b")),
    ]
    for number, (worker, feed, page, other) in enumerate(rounds):
        files |= {"/feed.xml": feed, "/p0": page, "/p1": other}
        due = time_text(begun + number * timedelta(minutes=10))
        jobs = [Job(scene=host.server.url(f"/{name}"), due=due) for name in ("feed.xml", "p0", "p1")]
        fleet.queue.submit([(job, (place,)) for job in jobs], per_host=8, delay=0)
        fleet.worker(worker).run()
    # 1. One worker's rounds alone, then those of both: each change is told with both versions.
    cwd = fleet.folder
    assert typed("init", OPERATION, cwd=cwd).returncode == 0
    told = list[dict[str, str]]()
    for worker in ("one", "two"):
        assert typed("fleet", "enrol", OPERATION, f"{worker}.pem", cwd=cwd).returncode == 0
        ran = typed("fleet", "collect", OPERATION, worker, "--json", "--quiet", cwd=cwd)
        lines = [json.loads(line) for line in ran.stdout.splitlines()]
        told = [line for line in lines if "change" in line]
    changes = list(changes_between_rounds(Case.open(cwd / OPERATION)))
    at_page, at_other = (host.server.url(f"/p{number}") for number in range(2))
    assert sorted((each.change, each.id) for each in changes) == [
        ("edited", at_other), ("edited", "urn:post:1"), ("gone", at_page), ("not listed any more", "urn:post:2"),
        ("served differently", at_page),
    ]  # fmt: skip
    assert all(each.before and each.before != each.after for each in changes)
    assert {(each["change"], each["id"]) for each in told} <= {(each.change, each.id) for each in changes}
    assert ("edited", "urn:post:1") in {(each["change"], each["id"]) for each in told}
    # 2. Collected again nothing is told once more; asked for, all of it is.
    again = typed("fleet", "collect", OPERATION, "one", "two", "--json", "--quiet", cwd=cwd)
    assert "change" not in again.stdout
    shown = typed("fleet", "changes", OPERATION, cwd=cwd)
    assert (shown.returncode, len(shown.stdout.splitlines())) == (0, 6), shown.stdout + shown.stderr
    assert "not listed any more: urn:post:2: " in shown.stdout
    # 3. A worker gone bad may say that it asked for anything: that ends nobody's list of changes.
    started = next(capture_events(Case.open(cwd / OPERATION).captures()[0]))
    assert isinstance(started, CaptureStarted)
    for settings in ({"limit": "many"}, {"since": "long ago"}, {"since": "0001-01-01T00:00:00+14:00"}):
        assert not list(_changes(Known(), replace(started, settings={**started.settings, **settings}), [], {}))
