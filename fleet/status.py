"""How far a fleet is: counted by the database, and as trustworthy as that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fleet.database import Database
from fleet.errors import BadDatabase
from fleet.evidence import EvidenceStatus, evidence_status
from fleet.queue import ALIVE, STATES
from hashing.printable import printable
from hashing.times import Clock, system_clock, time_text

_RATE_OVER = 600  # Seconds over which the rate is counted.
_LONGEST = 200
_MOST_WORKERS = 1000  # The runs of workers that are shown: the newest.


@dataclass(frozen=True, slots=True, kw_only=True)
class HostStatus:
    """The rows of one host by their state, and from when on the next may begin, where that is later."""

    host: str
    states: dict[str, int]
    rests_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """A run of a worker: its key, its computer, what it has done, and why it takes no rows, if it does not."""

    key: str
    name: str
    beat: datetime
    alive: bool
    ended: bool
    says: str
    states: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetStatus:
    """The rows of an operation, by state, by host and by worker."""

    operation: str
    states: dict[str, int]
    hosts: tuple[HostStatus, ...]
    workers: tuple[WorkerStatus, ...]
    failures: tuple[tuple[str, int], ...]  # The reasons of rows that failed, the most frequent first.
    rate: float  # Rows that ended a minute, over the last ten minutes.
    evidence: tuple[EvidenceStatus, ...] = ()  # Evidence at rest, what does not match first.

    @property
    def left(self) -> int:
        """Rows that wait or run."""
        return self.states["waiting"] + self.states["running"]

    @property
    def minutes_left(self) -> float | None:
        """For how long, at this rate; None where nothing ends."""
        return self.left / self.rate if self.rate else None

    def to_json(self) -> dict[str, Any]:
        """Return the same as plain values, as docs/json.md describes them."""
        return {
            "operation": self.operation,
            **self.states,
            "rate": round(self.rate, 2),
            "minutes_left": None if self.minutes_left is None else round(self.minutes_left, 1),
            "hosts": [
                {"host": each.host, **each.states,
                 "rests_until": time_text(each.rests_until) if each.rests_until else None}
                for each in self.hosts
            ],
            "workers": [
                {"key": each.key, "name": each.name, "seen": time_text(each.beat), "alive": each.alive,
                 "ended": each.ended, "says": each.says, **each.states}
                for each in self.workers
            ],
            "failures": [{"reason": reason, "rows": count} for reason, count in self.failures],
            "evidence": [each.to_json() for each in self.evidence],
        }  # fmt: skip


def fleet_status(database: Database, operation: str, clock: Clock = system_clock) -> FleetStatus:
    """Count the rows of an operation, and say how its evidence stands. Raises DatabaseGone, BadDatabase."""
    of = "from goldenhour.rows where operation = %(operation)s"
    # All that is counted is counted in one transaction and answered in groups: a million rows never come over the wire.
    with database.transaction() as asked:
        hosts = asked.rows(
            "select r.host, r.state, r.count, h.ready, h.ready > now() + interval '1 second' from "  # noqa: S608 - ours
            f"(select hosts[1] as host, state, count(*) as count {of} group by 1, 2) r "
            "left join goldenhour.hosts h on h.host = r.host",
            operation=operation,
        )
        workers = asked.rows(
            f"select w.run, w.key, w.name, w.beat, {ALIVE}, w.ended is not null, w.says "  # noqa: S608 - ours
            "from goldenhour.workers w "
            "where operation = %(operation)s order by begun desc limit %(most)s",
            operation=operation,
            most=_MOST_WORKERS,
        )
        done = asked.rows(f"select run, state, count(*) {of} and run is not null group by 1, 2", operation=operation)
        failures = asked.rows(
            f"select left(reason, 200), count(*) {of} and state = 'failed' group by 1 order by 2 desc limit 10",
            operation=operation,
        )
        rate = asked.row(
            "select count(*) * 60.0 / greatest(least(%(over)s, extract(epoch from now() - min(begun))), 1) "  # noqa: S608 - ours
            f"{of} "
            "and state in ('captured', 'failed') and ended > now() - make_interval(secs => %(over)s)",
            operation=operation, over=_RATE_OVER,
        )  # fmt: skip
    states, by_host = dict.fromkeys(STATES, 0), dict[str, dict[str, int]]()
    rests: dict[str, datetime | None] = {}
    # Names are a stranger's: cut and made printable, two may become one, and their counts are added.
    for host, state, count, ready, later in hosts:
        shown = _text(host)
        _add(states, state, count)
        _add(by_host.setdefault(shown, dict.fromkeys(STATES, 0)), state, count)
        rests[shown] = ready if later and isinstance(ready, datetime) else None
    by_run: dict[str, dict[str, int]] = {}
    for run, state, count in done:
        _add(by_run.setdefault(_text(run), dict.fromkeys(STATES, 0)), state, count)
    return FleetStatus(
        operation=operation,
        states=states,
        hosts=tuple(
            HostStatus(host=host, states=counts, rests_until=rests[host]) for host, counts in sorted(by_host.items())
        ),
        workers=tuple(
            WorkerStatus(
                key=_text(key), name=_text(name), beat=_moment(beat), alive=bool(alive), ended=bool(ended),
                says=_text(says), states=by_run.get(_text(run), dict.fromkeys(STATES, 0)),
            )
            for run, key, name, beat, alive, ended, says in reversed(workers)
        ),
        failures=tuple((_text(reason), int(count)) for reason, count in failures),
        rate=float(rate[0] or 0) if rate is not None else 0.0,
        evidence=evidence_status(database, operation, clock()),
    )  # fmt: skip


def _add(states: dict[str, int], state: object, count: object) -> None:
    if not isinstance(state, str) or state not in states or not isinstance(count, int):
        raise BadDatabase(f"a row's state is none of ours: {_text(state)}")
    states[state] += count


def _moment(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise BadDatabase("a worker's last sign of life has no time")
    return value


def _text(value: object) -> str:
    return printable(str(value), _LONGEST)
