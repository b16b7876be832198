from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from capture.recorder.stopping import Stop
from exports.merge import TAKEN, MergeOutcome, Merger
from exports.verification import verify
from fleet.collect import captured_twice, collect
from fleet.enrol import enrol, enrolled_keys
from fleet.errors import BadDatabase
from fleet.job import Job, JobOptions
from fleet.worker import Worker, WorkerProgress
from hashing.case.case import Case
from hashing.case.events import CaptureRegistered
from hashing.ledger.keys import load_or_create_signing_key
from hashing.times import system_clock
from tests.fleet.conftest import OPERATION, SETTINGS
from tests.patience import wait_until
from tests.servers import Body, NoAnswer, resolving
from tests.servers.program import free_port

if TYPE_CHECKING:
    from tests.fleet.conftest import Fleet, Host
    from tests.servers import Seen

Together = Callable[[Sequence[Worker]], None]


class Told(WorkerProgress):
    """What a worker said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def says(self, text: str) -> None:
        """Hear it."""
        self.said.append(text)


def captured(folder: Path) -> Counter[str]:
    """Return how often each scene is in a worker's case."""
    return Counter(event.scene for event in Case.open(folder).events() if isinstance(event, CaptureRegistered))


def test_the_gate_of_a_host_holds_over_all_workers(fleet: Fleet, host: Host, together: Together) -> None:
    """Of a host's rows no more run at once than it lets in, as the host sees it, however many workers there are."""
    fleet.submit(host.scenes(24), per_host=2)
    together([fleet.worker(name) for name in ("one", "two", "three")])
    assert fleet.states() == {"captured": 24}
    assert host.most <= 2
    assert captured(fleet.folder / "one") + captured(fleet.folder / "two") + captured(
        fleet.folder / "three"
    ) == Counter(host.scenes(24))
    assert fleet.ask("select running from goldenhour.hosts") == [(0,)]


def test_the_delay_of_a_host_holds_over_all_workers(fleet: Fleet, host: Host, together: Together) -> None:
    """From the beginning of one row of a host to the next lies its delay, by the database's clock."""
    fleet.submit(host.scenes(5), delay=0.4)
    together([fleet.worker("one"), fleet.worker("two")])
    begun = [at for (at,) in fleet.ask("select begun from goldenhour.rows order by begun")]
    assert all(later - sooner >= timedelta(seconds=0.4) for sooner, later in pairwise(begun))
    assert fleet.states() == {"captured": 5}


def test_a_database_that_goes_away_is_waited_for(fleet: Fleet, host: Host) -> None:
    """Restarted amid captures, it finds the worker at work still, and is told what became of every row."""
    fleet.submit(host.scenes(6))
    host.hold.clear()
    told = Told()
    worker = fleet.worker("one", replace(SETTINGS, scenes=2), progress=told)
    running = threading.Thread(target=worker.run)
    running.start()
    wait_until(lambda: host.most == 2)
    fleet.server.restart()
    host.hold.set()
    running.join()
    assert fleet.states() == {"captured": 6}
    assert captured(fleet.folder / "one") == Counter(host.scenes(6))
    assert (worker.summary.captured, worker.summary.unreported) == (6, 0)


def test_a_worker_with_a_wrong_clock_takes_nothing(fleet: Fleet, host: Host) -> None:
    """An hour off, it says so, on its own computer and in the status, and leaves the rows to others."""
    fleet.submit(host.scenes(2))
    stop, told = Stop(), Told()
    late = fleet.worker("late", clock=lambda: system_clock() + timedelta(hours=1), stop=stop, progress=told)
    running = threading.Thread(target=late.run)
    running.start()
    wait_until(lambda: any("3,600 s ahead of" in says for (says,) in fleet.ask("select says from goldenhour.workers")))
    assert fleet.worker("right").run().captured == 2
    stop.ask("over")
    running.join()
    assert late.summary.captured == 0
    assert told.said == ["this computer's clock is 3,600 s ahead of the database's: set the right one by NTP"]


def test_a_worker_without_room_takes_nothing(fleet: Fleet, host: Host, small_disk: Path) -> None:
    """One whose disk is nearly full says so and leaves the rows to others."""
    fleet.submit(host.scenes(2))
    stop, told = Stop(), Told()
    full = replace(fleet, folder=small_disk).worker("full", stop=stop, progress=told)
    running = threading.Thread(target=full.run)
    running.start()
    wait_until(lambda: any("nearly full" in says for (says,) in fleet.ask("select says from goldenhour.workers")))
    assert fleet.worker("roomy").run().captured == 2
    stop.ask("over")
    running.join()
    assert full.summary.captured == 0


def test_a_row_that_was_taken_and_never_heard_of_goes_back(fleet: Fleet, host: Host) -> None:
    """Where the connection broke as a row was taken, it does not stay with a worker that knows nothing of it."""
    fleet.submit(host.scenes(2), per_host=2)
    worker, queue = fleet.worker("one"), fleet.queue
    queue.beat(worker._run, "key", "name", "", 300)
    assert queue.take(worker._run) is not None
    assert fleet.states() == {"running": 1, "waiting": 1}
    assert worker.run().captured == 2
    assert fleet.ask("select running from goldenhour.hosts") == [(0,)]


def test_what_was_sealed_and_not_told_is_not_captured_again(fleet: Fleet, host: Host) -> None:
    """A worker whose database forgot what it did says it once more; another captures it twice, which is told."""
    fleet.submit(host.scenes(3))
    fleet.worker("one").run()
    fleet.ask("update goldenhour.rows set state = 'waiting'")
    assert fleet.worker("one").run().captured == 3
    assert captured(fleet.folder / "one") == Counter(host.scenes(3))
    fleet.ask("update goldenhour.rows set state = 'waiting' where number = 1")
    fleet.worker("two").run()
    case, by = _collector(fleet)
    outcomes = list(_collect(fleet, case, by, "one", "two"))
    assert [each.outcome for each in outcomes] == [TAKEN] * 4
    [twice] = captured_twice(case)
    assert (twice.scene, len(set(twice.exhibits))) == (host.scenes(1)[0], 2)
    assert verify(case.path).verdict == "ok"


def test_a_worker_that_was_thought_dead(fleet: Fleet, host: Host) -> None:
    """One that comes back after its row was given to another does not undo what that one has said."""
    fleet.submit(host.scenes(1))
    host.hold.clear()
    first = fleet.worker("one")
    running = threading.Thread(target=first.run)
    running.start()
    wait_until(lambda: host.most == 1)
    run = fleet.ask("select run from goldenhour.workers")[0][0]
    fleet.ask("update goldenhour.workers set lease = '0', beat = beat - interval '1 hour'")
    second = fleet.worker("two")
    running_too = threading.Thread(target=second.run)
    running_too.start()
    wait_until(lambda: host.most == 2)
    host.hold.set()
    running.join()
    running_too.join()
    [(state, holder)] = fleet.ask("select state, run from goldenhour.rows")
    assert (state, holder != run) == ("captured", True)
    assert fleet.ask("select running from goldenhour.hosts") == [(0,)]


def _row(job: bytes, name: str, hosts: Sequence[str]) -> str:
    listed = ", ".join(f"'{each}'" for each in hosts)
    return (
        "insert into goldenhour.rows (operation, name, job, hosts) values "  # noqa: S608 - a stranger's
        f"('{OPERATION}', '{name}', $job${job.decode()}$job$, array[{listed}])"
    )


HOSTILE: dict[str, Callable[[str], tuple[bytes, str]]] = {
    "not a row that goldenhour puts there": lambda _: (b'{"scene":"x","cookies":"/etc/passwd"}', ""),
    "its name is not the hash of what it says": lambda url: (Job(scene=url).encoded(), "a" * 64),
    "longer than 64 KiB": lambda url: (Job(scene=url + "x" * (70 << 10)).encoded(), ""),
    "a time in it is not as goldenhour writes one": lambda url: _job(url, JobOptions(since="2h")),
    "a login stands in its address": lambda url: _job(url.replace("://", "://me:secret@"), JobOptions()),
    "it waited at the gates of other hosts": lambda url: _job(url, JobOptions()),
    "not a web address that can be captured": lambda _: _job("file:///etc/passwd", JobOptions()),
    "is not a kind of media": lambda url: _job(url, JobOptions(media="keys")),
    "169.254.169.254 is a cloud's metadata service; never fetched": lambda _: _job(
        "http://169.254.169.254/latest", JobOptions()
    ),
}


def _job(scene: str, options: JobOptions) -> tuple[bytes, str]:
    job = Job(scene=scene, options=options)
    return job.encoded(), job.id


def test_what_a_stranger_writes_into_the_database_is_not_captured(fleet: Fleet, host: Host) -> None:
    """Each row that is not understood to its last word fails with the reason; nobody is asked, and ours go on."""
    fleet.submit(host.scenes(1))
    url = host.scenes(2)[1]
    fleet.ask("insert into goldenhour.hosts values ('elsewhere', 0, 64, 0), ('169.254.169.254:80', 0, 64, 0)")
    for number, make in enumerate(HOSTILE.values()):
        job, name = make(url)
        host_of_it = "169.254.169.254:80" if b"169" in job else "elsewhere"
        fleet.ask(_row(job, name or f"{number:064d}", [host_of_it]))
    summary = fleet.worker("one").run()
    reasons = [said for (said,) in fleet.ask("select reason from goldenhour.rows where state = 'failed'")]
    assert [word for word in HOSTILE if not any(word in each for each in reasons)] == []
    assert (summary.captured, summary.failed) == (1, len(HOSTILE))
    assert set(host.asked) == {"/p0"}
    assert captured(fleet.folder / "one") == Counter(host.scenes(1))


def test_tables_that_are_not_ours(fleet: Fleet, host: Host) -> None:
    """A database that is not set up, or by another version, is refused with what to do."""
    with pytest.raises(BadDatabase, match="not set up"):
        fleet.worker("one").run()
    fleet.submit(host.scenes(1))
    fleet.ask("update goldenhour.version set version = 1")
    with pytest.raises(BadDatabase, match="another version"):
        fleet.queue.set_up()


def with_roles_of_the_page(fleet: Fleet) -> str:
    """Have the database owned by a coordinator as docs/fleet.md says; return its address for a worker."""
    page = (Path(__file__).parents[2] / "docs/fleet.md").read_text("utf-8")
    sql = re.findall(r"^```sql\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[0].replace("OWNER", "postgres")
    made, _, granted = sql.partition("-- then")
    name = fleet.address.rpartition("/")[2]
    roles = [line for line in made.splitlines() if line.startswith("create role")]
    assert len(roles) == 2
    for line in roles:
        role = line.split()[2]
        if not fleet.ask(f"select 1 from pg_roles where rolname = '{role}'"):  # noqa: S608 - of the page
            fleet.ask(line)
    fleet.ask(f"alter database {name} owner to coordinator")
    worker_address, fleet.address = (fleet.server.address(name, user) for user in ("worker", "coordinator"))
    fleet.queue.set_up()
    fleet.ask(granted.partition("\n")[2])
    return worker_address


def test_a_worker_needs_no_more_rights_than_the_page_says(fleet: Fleet, host: Host) -> None:
    """With the roles of docs/fleet.md both do their work; a worker can neither add rows nor change what they say."""
    worker_address = with_roles_of_the_page(fleet)
    fleet.submit(host.scenes(3))
    fleet.address = worker_address
    assert fleet.worker("one").run().captured == 3
    for statement in (
        "insert into goldenhour.rows (operation, name, job, hosts) values ('a', 'b', 'c', '{}')",
        "update goldenhour.rows set job = 'x'",
        "delete from goldenhour.rows",
        "update goldenhour.hosts set per_host = 1000",
        "delete from goldenhour.workers",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            fleet.ask(statement)


def test_a_stranger_enrols_nobody(fleet: Fleet, host: Host) -> None:
    """Lines of the case's ledger that another key signed enrol no worker; captures of such are left where they are."""
    fleet.submit(host.scenes(1))
    worker = fleet.worker("one")
    worker.run()
    case, by = _collector(fleet)
    stranger = fleet.keys["one"]
    enrol(case, stranger.public, key=stranger, officer="Nobody", own={stranger.public.raw.hex()})
    assert enrolled_keys(case, {by.signer}) == frozenset()
    [outcome] = collect(case, [fleet.folder / "one"], by, enrolled_keys(case, {by.signer}), unfinished=False)
    assert outcome.outcome == "refused"
    assert "its key is not enrolled in this case" in outcome.reason


def test_rows_are_tried_again_cancelled_and_put_back(fleet: Fleet, host: Host) -> None:
    """What fails for a while comes back by itself, the rest on demand; cancelled rows are taken by nobody."""
    answers, page = iter([503, 503]), host.server.files["/p0"]

    def _busy(seen: Seen) -> Body:
        if (status := next(answers, 200)) != 200:
            return Body(data=b"later", status=status)
        answer = page(seen) if callable(page) else page
        assert isinstance(answer, Body)
        return answer

    host.server.files["/p0"] = _busy
    fleet.submit([host.scenes(1)[0], host.server.url("/gone")])
    assert fleet.worker("one").run().failed == 1
    assert fleet.states() == {"captured": 1, "failed": 1}
    assert fleet.queue.retry() == 1
    assert fleet.queue.cancel() == 1
    assert fleet.worker("one").run().captured == 0
    assert fleet.states() == {"captured": 1, "cancelled": 1}


def test_a_host_that_goes_on_refusing_is_given_up(fleet: Fleet) -> None:
    """It rests for all workers, five times; then its other rows are told as failed without being tried."""
    place = f"127.0.0.1:{free_port()}"
    fleet.submit([f"http://{place}/{number}" for number in range(30)], per_host=2)
    assert fleet.worker("one").run().captured == 0
    reasons = Counter("goes on refusing" in said for (said,) in fleet.ask("select reason from goldenhour.rows"))
    assert fleet.states() == {"failed": 30}
    assert reasons[True] > 20
    assert fleet.queue.retry() == 30
    assert fleet.ask("select running, refusals from goldenhour.hosts") == [(0, 0)]


def test_a_worker_whose_network_is_lost_spoils_no_row(fleet: Fleet, host: Host) -> None:
    """While no name can be looked up, its rows go back uncounted; once the network is back, they are captured."""
    fleet.submit([f"http://h{number}.example:{host.server.port}/p{number}" for number in range(12)])
    stop, told = Stop(), Told()
    with resolving({f"h{number}.example": NoAnswer.NOT_NOW for number in range(12)}):
        lost = fleet.worker("one", replace(SETTINGS, scenes=1, retries=9), stop=stop, progress=told)
        running = threading.Thread(target=lost.run)
        running.start()
        wait_until(lambda: told.said)
        stop.ask("over")
        running.join()
    assert told.said[0] == "no host can be reached from here: its network is lost"
    assert fleet.states() == {"waiting": 12}
    assert sum(count for (count,) in fleet.ask("select attempt from goldenhour.rows")) <= 2
    fleet.ask("update goldenhour.rows set due = now()")
    fleet.ask("update goldenhour.hosts set ready = now()")
    with resolving({f"h{number}.example": ["127.0.0.1"] for number in range(12)}):
        assert fleet.worker("two").run().captured == 12


def _collector(fleet: Fleet) -> tuple[Case, Merger]:
    key, _ = load_or_create_signing_key(fleet.folder / "collector.pem")
    return Case.open_or_create(fleet.folder / "CASE", key=key, officer="John Hill"), Merger(
        officer="John Hill", key=key
    )


def _collect(fleet: Fleet, case: Case, by: Merger, *names: str) -> list[MergeOutcome]:
    for name in names:
        enrol(case, fleet.keys[name].public, key=by.key, officer=by.officer, own={by.signer})
    sources = [fleet.folder / name for name in names]
    return list(collect(case, sources, by, enrolled_keys(case, {by.signer}), unfinished=False))
