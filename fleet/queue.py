"""The queue: rows, the gates of their hosts, and the workers, in a schema of PostgreSQL that is ours alone.

    rows        a row each, with what became of it; the operation says which belong together
    hosts       a gate each: how many of its rows run, and from when on the next may begin
    workers     a line for each run of a worker, with its last sign of life
    evidence    a target each that is proven whole again and again (`fleet.evidence`)

Each change is one transaction, and the gate is changed in the one that changes the row: over all workers no more than
`per_host` rows of a host run, and `delay` seconds lie between their beginnings. A row that runs belongs to the run of
a worker; where that gives no sign of life for as long as its lease says, the row goes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from fleet.database import Database, Transaction
from fleet.errors import BadDatabase
from fleet.job import LONGEST_JOB, Job

STATES = WAITING, RUNNING, CAPTURED, FAILED, CANCELLED = "waiting", "running", "captured", "failed", "cancelled"
_VERSION = 2
_MOST_TRIES = 5  # So often a row is given back by workers that fell silent; after that it is told as what ends them.
_MOST_REFUSALS = 5  # So often one after the other a host rests; when it refuses once more, its rows are told as failed.
_SET_UP = """
create schema if not exists goldenhour;
create table goldenhour.version (version int not null);
insert into goldenhour.version values (2);
create table goldenhour.hosts (
  host text primary key, running int not null default 0, per_host int not null, delay float8 not null,
  ready timestamptz not null default now(), refusals int not null default 0,
  rested timestamptz not null default '-infinity');
create table goldenhour.workers (
  run text primary key, operation text not null, key text not null, name text not null, says text not null default '',
  begun timestamptz not null default now(), beat timestamptz not null default now(), lease interval not null,
  ended timestamptz);
create table goldenhour.rows (
  operation text not null, name text not null, number bigint generated always as identity, job text not null,
  hosts text[] not null, state text not null default 'waiting', due timestamptz not null default now(),
  series text not null default '',
  attempt int not null default 0, silent int not null default 0, run text, begun timestamptz, ended timestamptz,
  status text not null default '', reason text not null default '', exhibit text not null default '',
  capture text not null default '',
  primary key (operation, name));
create table goldenhour.evidence (
  operation text not null, name text not null, kind text not null, every interval not null,
  due timestamptz not null default now(), run text, begun timestamptz, verdict text not null default '',
  reason text not null default '', receipt text not null default '', proof text not null default '',
  primary key (operation, name, kind));
create index on goldenhour.rows (operation, (hosts[1]), due, number) where state = 'waiting';
create index on goldenhour.rows (operation, series, due) where state = 'waiting' and series <> '';
create index on goldenhour.rows (run) where state = 'running';
create index on goldenhour.rows (operation, state);
"""
# Of a worker: a database that was away itself has heard nobody meanwhile.
ALIVE = "greatest(beat, pg_postmaster_start_time()) + lease >= now()"
# A worker gone bad leaves nothing in the tables that ends those who read it.
_BOUNDS = """
alter table goldenhour.hosts add check (length(host) <= 1000 and least(running, per_host, refusals) >= 0
  and greatest(running, per_host, refusals) <= 1000000 and delay between 0 and 1000000
  and ready between '2000-01-01' and '9000-01-01');
alter table goldenhour.workers add check (length(concat(run, operation, key, name, says)) <= 10000
  and least(beat, begun, ended) >= '2000-01-01' and beat <= now() and greatest(begun, ended) <= '9000-01-01'
  and lease between '0' and '1 day');
alter table goldenhour.rows add check (length(concat(operation, name, run, status, reason, exhibit, capture)) <= 10000
  and array_ndims(hosts) = 1 and array_position(hosts, null) is null and cardinality(hosts) between 1 and 1000
  and length(array_to_string(hosts, '')) <= 100000
  and state in ('waiting', 'running', 'captured', 'failed', 'cancelled')
  and least(attempt, silent) >= 0 and greatest(attempt, silent) <= 1000000
  and least(due, begun, ended) >= '2000-01-01' and greatest(due, begun, ended) <= '9000-01-01');
alter table goldenhour.evidence add check (length(concat(operation, name, kind, run, verdict, reason)) <= 10000
  and length(concat(receipt, proof)) <= 40000 and every between '1 second' and '1 year'
  and least(due, begun) >= '2000-01-01' and greatest(due, begun) <= '9000-01-01');
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What became of rows that were submitted."""

    added: int
    there: int  # Those of the same scene, options and due time that were there already.


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenRow:
    """A row that a worker has taken; what it says is a stranger's until it is parsed."""

    name: str
    job: str
    hosts: tuple[str, ...]
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReport:
    """What became of a row. `again` is after how many seconds it is tried again, `rest` how long its hosts rest."""

    name: str
    state: str
    status: str = ""
    reason: str = ""
    exhibit: str = ""
    capture: str = ""
    again: float = 0.0
    rest: float = 0.0
    counted: bool = True  # Whether this was an attempt; what says nothing of the row is none.


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the database said to a sign of life: its time, and how many rows of the operation are not done."""

    now: datetime
    open: int


class Queue:
    """The rows of one operation in a database. For one thread; every method raises DatabaseGone, BadDatabase."""

    def __init__(self, database: Database, operation: str) -> None:
        self._database = database
        self._operation = operation

    def set_up(self) -> None:
        """Make our tables where there are none. Raises BadDatabase for those of another version."""
        with self._database.transaction() as change:
            # Asked before the lock is taken: every later run finds the tables, and needs no right to make any.
            there = change.row("select to_regclass('goldenhour.version') is not null")
            if there is None or not there[0]:
                change.run("select pg_advisory_xact_lock(7021406)")  # two may do this at once
                if change.row("select to_regclass('goldenhour.version') is not null") != (True,):
                    for statement in filter(str.strip, (_SET_UP + _BOUNDS).split(";\n")):
                        change.run(statement)
            _demand_version(change)

    def demand_version(self) -> None:
        """Raise BadDatabase where the tables are not those that this goldenhour knows."""
        with self._database.transaction() as change:
            _demand_version(change)

    def submit(self, jobs: Iterable[tuple[Job, tuple[str, ...]]], *, per_host: int, delay: float) -> Submission:
        """Add rows; one that is there already stays as it is. Where two differ on a host, the gentler word holds."""
        named = {job.id: (job, hosts) for job, hosts in jobs}
        rows = [
            {"operation": self._operation, "name": name, "job": job.encoded().decode(), "hosts": list(hosts),
             "due": job.due or None, "series": _series(job)}
            for name, (job, hosts) in named.items()
        ]  # fmt: skip
        # Sorted, as everywhere that more than one gate is locked: in two orders two transactions could wait for each
        # other.
        gates = sorted({host for _, hosts in named.values() for host in hosts})
        with self._database.transaction(longest=120 + len(rows) / 10) as change:
            change.run_each(
                "insert into goldenhour.hosts (host, per_host, delay) values (%(host)s, %(per_host)s, %(delay)s) "
                "on conflict (host) do update set per_host = least(hosts.per_host, excluded.per_host), "
                "delay = greatest(hosts.delay, excluded.delay)",
                [{"host": host, "per_host": per_host, "delay": delay} for host in gates],
            )
            added = change.run_each(
                "insert into goldenhour.rows (operation, name, job, hosts, due, series) values (%(operation)s, "
                "%(name)s, %(job)s, %(hosts)s, coalesce(%(due)s::timestamptz, now()), %(series)s) "
                "on conflict do nothing",
                rows,
            )
        return Submission(added=added, there=len(rows) - added)

    def beat(self, run: str, key: str, name: str, says: str, lease: float, *, held: Sequence[str] = ()) -> Heard:
        """Give a sign of life, and give back the rows of workers that have given none for as long as they said.

        `held` are the rows that this worker has. What else the database says it has, it never heard of: the connection
        broke when they were taken. They go back too.
        """
        with self._database.transaction() as change:
            change.run(
                "insert into goldenhour.workers (run, operation, key, name, says, lease) values (%(run)s, "
                "%(operation)s, %(key)s, %(name)s, %(says)s, make_interval(secs => %(lease)s)) "
                "on conflict (run) do update set beat = now(), says = excluded.says, ended = null",
                run=run, operation=self._operation, key=key, name=name, says=says, lease=lease,
            )  # fmt: skip
            unheard = change.rows(
                "update goldenhour.rows set state = 'waiting', run = null where state = 'running' and run = %(run)s "
                "and name <> all(%(held)s) returning hosts",
                run=run, held=list(held),
            )  # fmt: skip
            back = change.rows(
                "update goldenhour.rows r set silent = least(silent + 1, %(most)s), run = null, "  # noqa: S608 - our own words alone
                "state = case when silent + 1 < %(most)s then 'waiting' else 'failed' end, ended = now(), "
                "reason = case when silent + 1 < %(most)s then '' else 'each worker that took it fell silent' end "
                "where state = 'running' and not exists (select from goldenhour.workers w where w.run = r.run and "
                f"{ALIVE}) returning hosts",
                most=_MOST_TRIES,
            )  # fmt: skip
            # In the same transaction: a gate that stayed closed for a dead worker's row would be closed for good.
            _leave(change, [host for (hosts,) in (*unheard, *back) for host in hosts])
            change.run(
                "update goldenhour.rows r set state = 'cancelled', ended = now(), reason = 'its next round was due "
                "before a worker was free' where operation = %(operation)s and state = 'waiting' and series <> '' "
                "and exists (select from goldenhour.rows n where n.operation = r.operation and n.series = r.series "
                "and n.state = 'waiting' and n.due > r.due and n.due <= now())",
                operation=self._operation,
            )
            now, left = _one(change.row(
                "select clock_timestamp(), (select count(*) from goldenhour.rows where operation = %(operation)s and "
                "state in ('waiting', 'running'))",
                operation=self._operation,
            ))  # fmt: skip
        if not isinstance(now, datetime) or not isinstance(left, int):
            raise BadDatabase("the database tells no time")
        return Heard(now=now, open=left)

    def end(self, run: str) -> None:
        """Say that a worker ends as it should."""
        with self._database.transaction() as change:
            change.run("update goldenhour.workers set ended = now(), lease = '0' where run = %(run)s", run=run)

    def take(self, run: str) -> TakenRow | None:
        """Take a row whose hosts let one begin now; None where there is none."""
        with self._database.transaction() as change:
            # 1. Pass the gate of a host for which a row waits. Its line stays locked until all of this is done.
            gate = change.row(
                "select host from goldenhour.hosts h where ready <= now() and running < per_host and exists (select "
                "from goldenhour.rows where operation = %(operation)s and hosts[1] = h.host and state = 'waiting' and "
                "due <= now()) order by ready limit 1 for update of h skip locked",
                operation=self._operation,
            )
            if gate is None:
                return None
            # 2. Take its next row. What is too long to be ours is not even fetched.
            found = change.row(
                "select name, left(job, %(longest)s), hosts, attempt from goldenhour.rows where operation = "
                "%(operation)s and hosts[1] = %(host)s and state = 'waiting' and due <= now() order by due, number "
                "limit 1 for update skip locked",
                operation=self._operation, host=gate[0], longest=LONGEST_JOB + 1,
            )  # fmt: skip
            if found is None:
                return None
            name, job, hosts, attempt = found
            # 3. A row of several hosts must pass the gates of all; one that cannot now waits behind the others.
            others = sorted(set(hosts) - {gate[0]})
            free = change.rows(
                "select host from goldenhour.hosts where host = any(%(others)s) and ready <= now() and "
                "running < per_host order by host for update skip locked",
                others=others,
            ) if others else []  # fmt: skip
            if len(free) < len(others):
                change.run(
                    "update goldenhour.rows set due = now() + interval '1 second' where operation = %(operation)s and "
                    "name = %(name)s",
                    operation=self._operation, name=name,
                )  # fmt: skip
                return None
            # 4. Close the gates behind it.
            change.run(
                "update goldenhour.hosts set running = running + 1, ready = now() + make_interval(secs => delay) "
                "where host = any(%(hosts)s)",
                hosts=[gate[0], *others],
            )
            change.run(
                "update goldenhour.rows set state = 'running', run = %(run)s, begun = now(), ended = null, "
                "status = '', reason = '' where operation = %(operation)s and name = %(name)s",
                run=run, operation=self._operation, name=name,
            )  # fmt: skip
        if not isinstance(attempt, int):
            raise BadDatabase("a row's number of attempts is none")
        return TakenRow(name=str(name), job=str(job), hosts=tuple(map(str, hosts)), attempt=attempt)

    def report(self, run: str, done: RowReport) -> bool:
        """Record what became of a row; False where it is another's by now, since this worker was silent too long."""
        with self._database.transaction() as change:
            found = change.row(
                "select state, run, hosts, begun from goldenhour.rows where operation = %(operation)s and "
                "name = %(name)s for update",
                operation=self._operation, name=done.name,
            )  # fmt: skip
            if found is None:
                return False
            state, holder, hosts, begun = found
            # A row that was given back meanwhile and waits again may still be reported: it is done, and nobody needs to
            # do it twice. One that another run holds is that one's to report.
            ours = state == RUNNING and holder == run
            if not (ours or state == WAITING):
                return False
            if ours:
                _leave(change, hosts)
            if done.rest:
                self._rest(change, hosts, done, begun)
            elif done.state == CAPTURED:
                change.run(
                    "update goldenhour.hosts set refusals = 0 where host = any(%(hosts)s) and refusals > 0", hosts=hosts
                )
            change.run(
                "update goldenhour.rows set state = %(state)s, status = %(status)s, reason = %(reason)s, exhibit = "
                "%(exhibit)s, capture = %(capture)s, ended = now(), attempt = least(attempt + %(counted)s, 1000000), "
                "run = case when %(state)s = 'waiting' then null else %(run)s end, due = case when %(state)s = "
                "'waiting' then now() + make_interval(secs => %(again)s) else due end where operation = %(operation)s "
                "and name = %(name)s",
                operation=self._operation, name=done.name, state=done.state, status=done.status, reason=done.reason,
                exhibit=done.exhibit, capture=done.capture, again=done.again, run=run,
                counted=int(done.counted),
            )  # fmt: skip
        return True

    def _rest(self, change: Transaction, hosts: list[str], done: RowReport, begun: datetime | None) -> None:
        """Let hosts rest, and give up those that rested before; a row that began before they did tells nothing new."""
        tired = change.rows(
            "update goldenhour.hosts set refusals = least(refusals + 1, 1000000), rested = now(), "
            "ready = greatest(ready, now() + make_interval(secs => %(rest)s)) where host = any(%(hosts)s) and "
            "rested < %(begun)s returning host, refusals",
            rest=done.rest, hosts=hosts, begun=begun,
        )  # fmt: skip
        for host in [host for host, refusals in tired if refusals > _MOST_REFUSALS]:
            change.run(
                "update goldenhour.rows set state = 'failed', ended = now(), reason = %(reason)s where operation = "
                "%(operation)s and hosts[1] = %(host)s and state = 'waiting' and due <= now()",
                operation=self._operation, host=host,
                reason=f"{host} was left alone and asked again, and goes on refusing: {done.reason}",
            )  # fmt: skip

    def retry(self) -> int:
        """Put the rows that failed back into the queue, and begin anew with their hosts; return how many."""
        with self._database.transaction() as change:
            count = change.run(
                "update goldenhour.rows set state = 'waiting', due = now(), attempt = 0, silent = 0, run = null, "
                "reason = '' where operation = %(operation)s and state in ('failed', 'cancelled')",
                operation=self._operation,
            )
            change.run(
                "update goldenhour.hosts set refusals = 0 where host in (select hosts[1] from goldenhour.rows where "
                "operation = %(operation)s and state = 'waiting')",
                operation=self._operation,
            )
        return count

    def cancel(self) -> int:
        """Take the rows that wait out of the queue; return how many. Those that run are captured to their end."""
        with self._database.transaction() as change:
            return change.run(
                "update goldenhour.rows set state = 'cancelled', ended = now(), reason = 'cancelled' where operation = "
                "%(operation)s and state = 'waiting'",
                operation=self._operation,
            )


def _demand_version(change: Transaction) -> None:
    found = change.row("select version from goldenhour.version")
    if found != (_VERSION,):
        raise BadDatabase("its tables are of another version of goldenhour", hint="use the same version everywhere")


def _series(job: Job) -> str:
    """Return what the rounds of a watch have in common, which is all but their times; "" for what is no round."""
    if not job.due:
        return ""
    options = msgspec.structs.replace(job.options, since="")
    return msgspec.structs.replace(job, options=options, due="").id


def _leave(change: Transaction, hosts: Iterable[str]) -> None:
    """Open the gates of hosts for the next row; once for each time that a host is named."""
    for host in sorted(hosts):
        change.run("update goldenhour.hosts set running = greatest(running - 1, 0) where host = %(host)s", host=host)


def _one(row: tuple[Any, ...] | None) -> tuple[Any, ...]:
    if row is None:
        raise BadDatabase("the database gave no answer")
    return row
