"""A fleet of one, two and four workers beside a batch of the same scenes, and the rows PostgreSQL gives a second."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from benchmarks.capture import signing_key
from benchmarks.measure import GOLDENHOUR, Cost, run
from benchmarks.serving import SceneProcess
from benchmarks.table import Row
from fleet.database import Database
from fleet.job import Job
from fleet.queue import CAPTURED, Queue, RowReport
from hashing.ledger.keys import load_or_create_signing_key
from tests.servers.postgres import PostgresServer

if TYPE_CHECKING:
    from pathlib import Path

_LATENCY = "0.02"
_WORDS = {1: "one", 2: "two", 4: "four"}
"""Since rows of earlier runs are found by their names without numbers."""
_ASKED = ("--allow-private", "--quiet", "--officer", "Bench")


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure in a folder that has room for a few times the data."""
    count, taken = (40, 500) if quick else (400, 10_000)
    with SceneProcess("benchmarks.batch", str(count), _LATENCY) as url, PostgresServer() as server:
        scenes = folder / "fleet-scenes.txt"
        scenes.write_text("".join(f"{url}/{number}.html\n" for number in range(count)), "utf-8")
        batch = run(
            [*GOLDENHOUR, "batch", scenes, "--case", folder / "fleet-batch", *_ASKED, "--scenes", "4", "--per-host",
             "8", "--key", signing_key(folder)],
        )  # fmt: skip
        fleets = {number: _fleet(folder, scenes, server.make(), number) for number in (1, 2, 4)}
        rate, bare = _rates(server.make(), taken)
    found = [
        Row(
            what=f"fleet of {_WORDS[number]} on one machine, {count:,} scenes of 5 photos: CPU a scene against batch",
            ours=f"{cost.cpu / count * 1000:.0f} ms, {60 * count / cost.seconds:,.0f} scenes a minute",
            cpu=cost.cpu_shown,
            peer=f"{batch.cpu / count * 1000:.0f} ms, {60 * count / batch.seconds:,.0f} scenes a minute",
            ratio=cost.cpu / batch.cpu,
            goal=1.1,
        )
        for number, cost in fleets.items()
    ]
    return [
        *found,
        Row(
            what=f"rows of a fleet taken and reported over one connection, of {taken:,}, against two updates of each",
            ours=f"{rate:,.0f} a second",
            peer=f"{bare:,.0f} a second",
            ratio=bare / rate,
            goal=5,
        ),
    ]


def _fleet(folder: Path, scenes: Path, database: str, number: int) -> Cost:
    """Have so many workers capture all; return what they cost together, with the time that it took."""
    os.environ["GOLDENHOUR_DATABASE"] = database
    run([*GOLDENHOUR, "fleet", "submit", scenes, "--case", "BENCH", "--per-host", "8"])

    def _worker(place: int) -> Cost:
        key = folder / f"fleet-{number}-{place}.pem"
        load_or_create_signing_key(key)
        work = folder / f"fleet-{number}-{place}"
        return run(
            [*GOLDENHOUR, "fleet", "worker", "--case", "BENCH", "--work", work, "--until-done", "--key", key, *_ASKED]
        )

    begun = time.perf_counter()
    with ThreadPoolExecutor(number) as pool:
        costs = list(pool.map(_worker, range(number)))
    seconds = time.perf_counter() - begun
    return Cost(seconds, sum(each.cpu for each in costs), max(each.memory for each in costs))


def _rates(address: str, count: int) -> tuple[float, float]:
    """Return how many rows a second one connection takes and reports, and how many it updates twice each."""
    database = Database(address)
    queue = Queue(database, "BENCH")
    queue.set_up()
    jobs = [(Job(scene=f"https://h{number % 50}.example/{number}"), (f"h{number % 50}",)) for number in range(count)]
    queue.submit(jobs, per_host=64, delay=0)
    queue.beat("run", "key", "name", "", 300)
    begun, done = time.perf_counter(), 0
    while (taken := queue.take("run")) is not None:
        queue.report("run", RowReport(name=taken.name, state=CAPTURED))
        done += 1
    seconds = time.perf_counter() - begun
    begun = time.perf_counter()
    for job, _ in jobs:
        for word in ("once", "twice"):
            with database.transaction() as change:
                change.run(
                    "update goldenhour.rows set status = %(word)s where operation = 'BENCH' and name = %(name)s",
                    word=word,
                    name=job.id,
                )
    bare = time.perf_counter() - begun
    database.close()
    assert done == count
    return count / seconds, count / bare
