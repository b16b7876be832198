"""A watch at scale: each round of each scene is a row of its own, due at its time.

The due times follow from the scene, the interval and the calendar alone. So the same watch submitted again, tomorrow or
by somebody else, gives the same rows where the two overlap, and these are there once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from fleet.job import Job
from hashing.times import time_text

MOST_ROUNDS = 1_000_000  # Rows that one watch may come to.


def rounds(
    jobs: Sequence[tuple[Job, tuple[str, ...]]],
    *,
    every: timedelta,
    length: timedelta,
    jitter: float,
    window: timedelta | None,
    now: datetime,
) -> Iterator[tuple[Job, tuple[str, ...]]]:
    """Yield the rounds of each job that are due from `now` on, for `length`.

    Rounds lie `every` apart, each put off by up to `jitter` (a part of `every`), so that not all scenes are asked at
    once, nor any as by a clock. With a `window`, a round asks for posts whose claimed time is not older than
    that when it is due.
    """
    first = int(now.timestamp() / every.total_seconds())
    for number in range(int(length / every) + 2):
        begins = datetime.fromtimestamp((first + number) * every.total_seconds(), UTC)
        for job, hosts in jobs:
            due = begins + every * jitter * _part(job.id, begins)
            if now <= due < now + length:
                since = time_text(due - window) if window else job.options.since
                options = msgspec.structs.replace(job.options, since=since)
                yield msgspec.structs.replace(job, options=options, due=time_text(due)), hosts


def _part(name: str, begins: datetime) -> float:
    """Return a number from 0 to below 1, as good as random, and the same for the same round."""
    digest = hashlib.sha256(f"{name} {time_text(begins)}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / (1 << 48)
