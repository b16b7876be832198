"""A worker, a server or a user of the database that means ill."""

from __future__ import annotations

import os
import socket
import struct
import threading
from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from exports.merge import REFUSED, TAKEN, Merger
from fleet.collect import UNFINISHED, collect
from fleet.database import Database
from fleet.enrol import enrol, enrolled_keys
from fleet.errors import BadDatabase, DatabaseGone
from fleet.status import fleet_status
from fleet.worker import suggested_initials
from hashing.case.case import Case
from hashing.errors import WouldOverwrite
from hashing.ledger.keys import load_or_create_signing_key
from tests.exports.small_case import make_case
from tests.fleet.conftest import OPERATION, SETTINGS
from tests.patience import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fleet.conftest import Fleet, Host

POISON = (
    "workers set lease = '1000000 years'",
    "workers set lease = '-1000000 years'",
    "workers set beat = 'infinity'",
    "workers set beat = now() + interval '1 minute'",
    "workers set says = repeat('x', 20000)",
    "rows set silent = 2147483647",
    "rows set attempt = 2147483647",
    "rows set attempt = -1",
    "rows set begun = '-infinity'",
    "rows set state = 'lost'",
    "rows set hosts = array['a', null]",
    "rows set hosts = '{}'",
    "rows set reason = repeat('x', 20000)",
    "hosts set ready = 'infinity'",
    "hosts set running = -1",
    "hosts set refusals = 2147483647",
    "hosts set delay = 'infinity'",
    "evidence set receipt = repeat('x', 50000)",
    "evidence set due = 'infinity'",
    "evidence set every = '0'",
    "evidence set reason = repeat('x', 20000)",
)


def _states(fleet: Fleet) -> dict[str, int]:
    with closing(Database(fleet.address)) as database:
        return fleet_status(database, OPERATION).states


def test_a_worker_gone_bad_leaves_nothing_that_ends_others(fleet: Fleet, host: Host) -> None:
    """What no worker of ours writes the tables refuse; with the worst that they take, the others work to the end."""
    fleet.submit(host.scenes(2))
    fleet.queue.beat("bad", "k", "n", "", 60)
    fleet.ask(f"insert into goldenhour.evidence values ('{OPERATION}', 'x', 'disk', '1 day')")  # noqa: S608 - ours
    for each in POISON:
        with pytest.raises(psycopg.errors.CheckViolation):
            fleet.ask(f"update goldenhour.{each}")
    fleet.ask("update goldenhour.rows set silent = 1000000, attempt = 1000000, begun = '8999-01-01'")
    fleet.ask("update goldenhour.rows set state = 'running', run = 'bad' where number = 1")
    fleet.ask("update goldenhour.hosts set running = 1")
    fleet.ask("update goldenhour.workers set lease = '0', beat = '2001-01-01'")
    worker = fleet.worker("one")
    assert worker.run().captured == 1
    assert fleet.states() == {"captured": 1, "failed": 1}
    assert _states(fleet)["captured"] == 1


def test_a_row_that_comes_back_to_the_worker_that_is_at_it(fleet: Fleet, host: Host) -> None:
    """A worker that was silent too long, and takes its own row once more, captures it once and says so."""
    fleet.submit(host.scenes(1))
    host.hold.clear()
    worker = fleet.worker("one", replace(SETTINGS, scenes=2))
    running = threading.Thread(target=worker.run)
    running.start()
    wait_until(lambda: host.held == 1)
    fleet.ask("update goldenhour.hosts set running = 0")
    fleet.ask("update goldenhour.rows set state = 'waiting', run = null")  # as another's sign of life does
    wait_until(lambda: fleet.states() == {"running": 1})
    host.hold.set()
    running.join()
    assert (worker.summary.captured, host.asked) == (1, {"/p0": 1})
    assert fleet.states() == {"captured": 1}
    assert fleet.ask("select running from goldenhour.hosts") == [(0,)]


def test_a_server_that_hangs_is_left(fleet: Fleet) -> None:
    """One that keeps no time of its own is cut off, told as gone, and asked anew."""
    database = Database(f"{fleet.address}?options=-c%20statement_timeout%3D0")
    with pytest.raises(DatabaseGone), database.transaction(longest=0.1) as asked:
        asked.run("select pg_sleep(3600)")
    with database.transaction() as asked:
        assert asked.row("select 1") == (1,)
    database.close()


def test_what_stands_in_the_public_schema_is_run_by_nobody(fleet: Fleet, host: Host) -> None:
    """A function there that fits a call better than the database's own does not run with a coordinator's rights."""
    fleet.submit(host.scenes(1))
    fleet.ask(
        "create function public.make_interval(secs smallint) returns interval language plpgsql as "
        "$$ begin raise exception 'run'; end $$"
    )
    assert _states(fleet)["waiting"] == 1


@pytest.mark.parametrize(
    "named",
    [
        "postgresql://me:hunter2@db/fleet",
        "postgresql://db/fleet?password=hunter2",
        "postgresql://db/fleet?p%61ssword=hunter2",
        "host=db password=hunter2",
        "host=db password = 'hunter 2'",
        "host=db sslkey=key sslpassword=hunter2",
        "postgresql://me:%68unter2@db/fleet?sslpassword=",
    ],
)
def test_a_password_on_the_command_line_is_refused(named: str) -> None:
    """Whichever way it is written; and it is not told again."""
    with pytest.raises(BadDatabase) as refused:
        Database(named)
    assert "hunter" not in str(refused.value) + refused.value.hint


def test_a_reference_with_the_letters_of_another_worker_is_not_taken(tmp_path: Path) -> None:
    """An enrolled worker cannot take the references of another, whose own captures the case would then refuse."""
    key, _ = load_or_create_signing_key(tmp_path / "collector.pem")
    honest, _ = load_or_create_signing_key(tmp_path / "honest.pem")
    case, by = (
        Case.open_or_create(tmp_path / "CASE", key=key, officer="John Hill"),
        Merger(officer="John Hill", key=key),
    )
    maker = make_case(tmp_path)
    # The honest worker is not even enrolled yet.
    enrol(case, maker.key.public, key=key, officer=by.officer, own={by.signer})
    maker.capture([], initials=suggested_initials("MP", honest.public))
    maker.capture([], initials=suggested_initials("MP", maker.key.public))
    enrolled = enrolled_keys(case, {by.signer})
    outcomes = list(collect(case, [maker.path], by, enrolled, unfinished=False))
    assert [each.outcome for each in outcomes] == [REFUSED, TAKEN]
    assert "another worker's key" in outcomes[0].reason


def test_two_keys_with_the_same_letters_are_not_enrolled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that was searched for until it had another's five letters is refused by its whole fingerprint."""
    key, _ = load_or_create_signing_key(tmp_path / "collector.pem")
    keys = [load_or_create_signing_key(tmp_path / f"{number}.pem")[0].public for number in range(2)]
    case = Case.open_or_create(tmp_path / "CASE", key=key, officer="John Hill")
    monkeypatch.setattr("fleet.enrol.letters_of", lambda _: "AAAAA")  # some 33 million keys were made to find it
    enrol(case, keys[0], key=key, officer="John Hill", own={key.public.raw.hex()})
    with pytest.raises(WouldOverwrite) as refused:
        enrol(case, keys[1], key=key, officer="John Hill", own={key.public.raw.hex()})
    assert all(each.fingerprint() in str(refused.value) for each in keys)
    assert enrolled_keys(case, {key.public.raw.hex()}) == {keys[0].raw.hex()}


@pytest.mark.skipif(psycopg.pq.version() < 160000, reason="libpq refuses no way of authentication before 16")
def test_a_password_is_sent_in_clear_to_nobody_who_asks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sits on the way, takes the call without TLS and asks for the password itself, hears none."""
    heard = list[bytes]()

    def _between(server: socket.socket) -> None:
        call, _ = server.accept()
        with call, suppress(OSError):
            for answer in (b"N", b"R" + struct.pack("!II", 8, 3)):  # no TLS; AuthenticationCleartextPassword
                call.recv(4096)
                call.sendall(answer)
            heard.append(call.recv(4096))

    with socket.create_server(("127.0.0.1", 0)) as server:
        (tmp_path / "pass").write_text("*:*:*:*:hunter2")
        (tmp_path / "pass").chmod(0o600)
        monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pass"))
        between = threading.Thread(target=_between, args=(server,))
        between.start()
        named = f"postgresql://me@127.0.0.1:{server.getsockname()[1]}/fleet?gssencmode=disable"
        with pytest.raises(DatabaseGone), Database(named).transaction():
            pass
        between.join()
    assert heard == [b""]


def test_what_is_unfinished_and_has_grown_is_brought_in_once_more(tmp_path: Path) -> None:
    """A live worker's capture that was copied is copied anew when more has arrived; links and pipes in it are not."""
    key, _ = load_or_create_signing_key(tmp_path / "collector.pem")
    case, by = (
        Case.open_or_create(tmp_path / "CASE", key=key, officer="John Hill"),
        Merger(officer="John Hill", key=key),
    )
    maker = make_case(tmp_path)
    capture = maker.begin().folder.path
    (capture / "items" / "link").symlink_to("/etc/passwd")
    os.mkfifo(capture / "items" / "pipe")

    def _brought() -> str:
        [outcome] = collect(case, [capture.parents[1]], by, frozenset(), unfinished=True)
        assert outcome.outcome == UNFINISHED
        return outcome.reason

    aside = tmp_path / "CASE.set-aside"
    assert "signed by nobody" in _brought()
    assert "before" in _brought()
    (capture / "items" / "more").write_bytes(b"arrived since")
    assert f"{capture.name}-2" in _brought()
    assert "before" in _brought()
    assert {path.name for path in aside.iterdir()} == {capture.name, f"{capture.name}-2"}
    assert [path.name for path in aside.glob("*/items/*")] == ["more"]
    (capture / "items" / "endless").touch()
    os.truncate(capture / "items" / "endless", 8 << 40)  # it takes no room there
    [outcome] = collect(case, [capture.parents[1]], by, frozenset(), unfinished=True)
    assert (outcome.outcome, "the disk has room for" in outcome.reason) == (REFUSED, True)
