from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
import pytest
from click.testing import CliRunner

from cli import main
from commands.exit import Exit
from exports.bundle import export_bundle
from exports.custody.receipt import brief_receipt, write_receipt
from exports.verification import verify
from fleet.database import Database
from fleet.errors import BadJob
from fleet.evidence import Due, EvidenceSchedule, RecheckReport, Target, evidence_status
from fleet.verifier import Verifier
from hashing.files.user_folders import data_folder
from hashing.times import system_clock
from tests.exports.small_case import OFFICER, CaseMaker, Thing, make_case, photo
from tests.fleet.conftest import OPERATION
from tests.fleet.test_worker import with_roles_of_the_page
from tests.patience import PATIENCE, wait_until
from tests.test_cli import ROOT, typed, typed_in_a_process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from exports.verification import Verification
    from fleet.evidence import EvidenceStatus
    from tests.fleet.conftest import Fleet
    from tests.servers.object_store import ObjectStoreServer

DAY = timedelta(days=1)
EVERY_DUE = "update goldenhour.evidence set due = now()"


@pytest.fixture(name="kept")
def kept_case(fleet: Fleet) -> CaseMaker:
    """Return a case `OP-ALDER` below the folder `evidence`, which has one capture."""
    maker = make_case(fleet.folder / "evidence")
    maker.capture([Thing("one.jpg", photo(1))])
    return maker


def _ran(fleet: Fleet, *words: str) -> tuple[int, str]:
    env = {"GOLDENHOUR_DATABASE": fleet.address}
    ran = CliRunner(env=env).invoke(main, ["fleet", *words, "--case", OPERATION])
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran.exit_code, ran.output


def _recheck(fleet: Fleet, *names: str) -> None:
    code, said = _ran(fleet, "recheck", *names)
    assert code == 0, said


def _verify(fleet: Fleet, worker: str, *words: str) -> tuple[int, str]:
    """Have a worker with a key and receipts of its own check all that is due."""
    fleet.key(worker)
    folder = fleet.folder
    words = ("--receipts", str(folder / f"receipts-{worker}"), "--key", str(folder / f"{worker}.pem"), *words)
    return _ran(fleet, "verify", "--evidence", str(folder / "evidence"), *words, "--officer", OFFICER, "--once")


def _status(fleet: Fleet, after: timedelta = timedelta()) -> dict[str, EvidenceStatus]:
    with closing(Database(fleet.address)) as database:
        return {each.target: each for each in evidence_status(database, OPERATION, system_clock() + after)}


def _alter(case: Path) -> None:
    [item] = case.glob("captures/*/items/*one.jpg")
    item.chmod(0o600)
    item.write_bytes(b"altered")


def test_evidence_is_proven_whole_and_a_change_is_told(fleet: Fleet, kept: CaseMaker) -> None:
    """As typed: a case and a zip are proven by whoever has them, once a period; what is altered stands first."""
    fleet.key("one")
    zipped = fleet.folder / "evidence" / "2026" / "OP-ALDER.zip"
    zipped.parent.mkdir()
    export_bundle(kept.case, key=kept.key, officer="M", output=zipped, zipped=True)
    env = {"GOLDENHOUR_DATABASE": fleet.address}
    names = ("OP-ALDER", "2026/OP-ALDER.zip", "ELSEWHERE")
    ran = typed("fleet", "recheck", *names, "--case", OPERATION, cwd=fleet.folder, **env)
    assert (ran.returncode, "3 targets added" in ran.stdout) == (0, True), ran.stderr
    worker = ("fleet", "verify", "--case", OPERATION, "--evidence", "evidence", "--receipts", "r", "--key", "one.pem")
    words = (*worker, "--officer", OFFICER, "--once", "--json")
    for expected, whole in ((Exit.OK, 2), (Exit.OK, 0)):
        ran = typed_in_a_process(*words, cwd=fleet.folder, **env)
        verdicts = [json.loads(line)["verdict"] for line in ran.stdout.splitlines()]
        assert (ran.returncode, verdicts) == (expected, ["ok"] * whole), ran.stderr
    shown = typed("fleet", "status", "--case", OPERATION, cwd=fleet.folder, **env)
    assert (shown.returncode, shown.stdout.count("evidence WHOLE")) == (Exit.OK, 2), shown.stdout + shown.stderr
    assert "signed 2 proofs: any key is taken here" in shown.stdout
    assert fleet.keys["one"].public.fingerprint() in shown.stdout
    _alter(kept.path)
    fleet.ask(EVERY_DUE)
    ran = typed_in_a_process(*words, cwd=fleet.folder, **env)
    assert ran.returncode == Exit.MISMATCH, ran.stderr
    shown = typed("fleet", "status", "--case", OPERATION, cwd=fleet.folder, **env)
    first = shown.stdout.splitlines()[0]
    assert (shown.returncode, first.startswith("evidence DOES NOT MATCH  OP-ALDER  ")) == (Exit.MISMATCH, True), first
    assert "one.jpg" in first
    assert len(list((fleet.folder / "r").glob("*.receipt"))) == 4
    # What no worker has is overdue by and by.
    assert _status(fleet)["ELSEWHERE"].state == "NEVER CHECKED"
    late = _status(fleet, after=2 * DAY)
    assert {each.target: each.state for each in late.values()} == {
        "OP-ALDER": "DOES NOT MATCH", "2026/OP-ALDER.zip": "OVERDUE", "ELSEWHERE": "OVERDUE",
    }  # fmt: skip
    assert _ran(fleet, "recheck", "--remove", "ELSEWHERE")[0] == 0
    assert set(_status(fleet)) == set(names[:2])


def test_a_case_that_was_set_back_between_two_workers(fleet: Fleet, kept: CaseMaker) -> None:
    """Its own receipt makes it a fault; the one of another worker, that the database told, makes it unchecked."""
    _recheck(fleet, "OP-ALDER")
    shutil.copytree(kept.path, fleet.folder / "before")
    kept.capture([Thing("two.jpg", photo(2))])
    assert _verify(fleet, "one")[0] == Exit.OK
    shutil.rmtree(kept.path)
    (fleet.folder / "before").rename(kept.path)
    shutil.rmtree(data_folder() / "signed")
    for worker, expected, state in (
        ("two", Exit.UNCHECKED, "COULD NOT BE CHECKED"),
        ("one", Exit.MISMATCH, "DOES NOT MATCH"),
    ):
        fleet.ask(EVERY_DUE)
        code, said = _verify(fleet, worker)
        assert (code, "set back" in said) == (expected, True), said
        assert _status(fleet)["OP-ALDER"].state == state


@pytest.mark.usefixtures("kept")
def test_what_a_stranger_writes_about_evidence(fleet: Fleet) -> None:
    """Names that lead elsewhere, kinds and receipts that are none are refused and told; what is sound goes on."""
    _recheck(fleet, "OP-ALDER")
    assert _verify(fleet, "one")[0] == Exit.OK
    fleet.ask('update goldenhour.evidence set proof = replace(proof, \'"verdict":"ok"\', \'"verdict":"OK"\')')
    hostile = ["../OP-ALDER", "/etc/passwd", "a/../b", ".hidden", "a\nb", "x" * 180]
    for name in hostile:
        fleet.ask(f"insert into goldenhour.evidence values ('{OPERATION}', '{name}', 'disk', '1 day')")  # noqa: S608 - a stranger's
    fleet.ask(f"insert into goldenhour.evidence values ('{OPERATION}', 'OP-ALDER', 'tape', '1 day')")  # noqa: S608
    fleet.ask(EVERY_DUE)
    code, said = _verify(fleet, "one")
    assert (code, said.count("no name of a target"), said.count("no kind of target")) == (Exit.UNCHECKED, 6, 1), said
    assert "the receipt in the database is none" in said
    states = [each.state for each in _status(fleet).values()]
    assert states == ["COULD NOT BE CHECKED"] * 8
    fleet.ask("delete from goldenhour.evidence where name <> 'OP-ALDER' or kind <> 'disk'")
    fleet.ask(f"{EVERY_DUE}, proof = ''")
    assert _verify(fleet, "one")[0] == Exit.OK


def _signed(fleet: Fleet, found: Verification, name: str, target: str) -> str:
    path = fleet.folder / f"{name}-{system_clock().timestamp()}.receipt"
    return brief_receipt(
        write_receipt(path, found, key=fleet.key(name), officer="Nobody", target=target), fleet.key(name)
    )


def test_a_receipt_that_the_database_made_up(fleet: Fleet, kept: CaseMaker) -> None:
    """One that claims more is told with its key and is no fault; an older one shows as overdue, another's as none."""
    _recheck(fleet, "OP-ALDER", "other")
    assert _verify(fleet, "one")[0] == Exit.OK
    found, target = verify(kept.path), Target("OP-ALDER").id
    more = _signed(fleet, _longer(found), "stranger", target)
    fleet.ask(f"{EVERY_DUE}, proof = $r${more}$r$ where name = 'OP-ALDER'")
    code, said = _verify(fleet, "one")
    assert (code, fleet.keys["stranger"].public.fingerprint() in said) == (Exit.UNCHECKED, True), said
    # The database says that it is whole, as it was a week ago; or of another target.
    fleet.ask("update goldenhour.evidence set verdict = 'ok', receipt = proof where name = 'OP-ALDER'")
    assert _status(fleet, after=7 * DAY)["OP-ALDER"].state == "OVERDUE"
    fleet.ask(f"update goldenhour.evidence set verdict = 'ok', receipt = $r${more}$r$ where name = 'other'")  # noqa: S608
    assert _status(fleet)["other"].state == "COULD NOT BE CHECKED"
    fleet.ask("update goldenhour.evidence set verdict = 'ok', receipt = '' where name = 'OP-ALDER'")
    assert _status(fleet)["OP-ALDER"].state == "COULD NOT BE CHECKED"


def _longer(found: Verification) -> Verification:
    seal = msgspec.structs.replace(found.seals[0], size=found.seals[0].size + 9, root="ab" * 32)
    return msgspec.structs.replace(found, seals=(seal,))


@pytest.mark.parametrize("name", ["", "..", "a//b", "a/", "a\\b", "C:x", "a/.b", "é"])
def test_no_name_of_a_target(name: str) -> None:
    """A name that is not plain on every machine is refused."""
    with pytest.raises(BadJob):
        Target(name)


def test_a_worker_that_died_leaves_its_target_to_others(fleet: Fleet) -> None:
    """While it lives nobody else takes the target; when it gives no sign of life any more another does."""
    _recheck(fleet, "OP-ALDER")
    with closing(Database(fleet.address)) as database:
        schedule, due = EvidenceSchedule(database, OPERATION), Due(name="OP-ALDER", kind="disk")
        fleet.queue.beat("first", "key", "name", "", 300)
        assert schedule.take("first", due) == ""
        assert (schedule.due(), schedule.take("second", due)) == ([], None)
        fleet.ask("update goldenhour.workers set lease = '0', beat = beat - interval '1 hour'")
        assert schedule.take("second", due) == ""
        assert schedule.report("first", due, RecheckReport(verdict="ok", reason="")) is False
        assert schedule.report("second", due, RecheckReport(verdict="unchecked", reason="")) is True
        assert schedule.due() == []


def test_a_worker_that_is_told_to_end_amid_a_check(fleet: Fleet) -> None:
    """As typed: it ends at once with all its processes, signs nothing, and its target is free for others."""
    fleet.key("one")
    bag = fleet.folder / "evidence" / "BIG"
    (bag / "data").mkdir(parents=True)
    (bag / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    (bag / "manifest-sha256.txt").write_text("0" * 64 + "  data/endless\n")
    (bag / "data" / "endless").touch()
    os.truncate(bag / "data" / "endless", 8 << 40)  # it takes no room there, and hours to hash
    _recheck(fleet, "BIG")
    words = ["fleet", "verify", "--case", OPERATION, "--evidence", "evidence", "--receipts", "r", "--key", "one.pem"]
    env = os.environ | {"PYTHONPATH": str(ROOT), "GOLDENHOUR_DATABASE": fleet.address}
    running = subprocess.Popen(
        [sys.executable, "-m", "cli", *words, "--officer", OFFICER],
        cwd=fleet.folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    wait_until(lambda: fleet.ask("select run is not null from goldenhour.evidence") == [(True,)])
    running.send_signal(signal.SIGTERM)
    said, _ = running.communicate(timeout=PATIENCE)  # to the end of what any process of it could say
    assert (running.returncode, "Traceback" in said) == (Exit.OK, False), said
    assert list((fleet.folder / "r").glob("*.receipt")) == []
    with closing(Database(fleet.address)) as database:
        assert EvidenceSchedule(database, OPERATION).due() == [Due(name="BIG", kind="disk")]


def test_a_database_that_goes_away_while_a_target_is_checked(fleet: Fleet) -> None:
    """It is told of the check when it is back; a clock that is off checks nothing."""
    _recheck(fleet, "OP-ALDER")
    said = list[str]()

    def _check(_: Target, __: str, alive: Callable[[], None]) -> RecheckReport:
        fleet.server.restart()
        alive()
        return RecheckReport(verdict="unchecked", reason="seen")

    def _verifier(**more: Any) -> Verifier:  # noqa: ANN401 - of Verifier
        database = Database(fleet.address)
        fleet.stack.callback(database.close)
        return Verifier(
            database, OPERATION, "key", has=lambda _: True, check=_check, refused=lambda *_: None, says=said.append,
            pause=lambda _: None, **more,
        )  # fmt: skip

    _verifier(clock=lambda: system_clock() + timedelta(hours=1)).run(once=True)
    assert (len(said), fleet.ask("select reason from goldenhour.evidence")) == (1, [("",)])
    running = threading.Thread(target=_verifier().run, kwargs={"once": True})
    running.start()
    running.join()
    assert fleet.ask("select reason from goldenhour.evidence") == [("seen",)]


def test_a_copy_in_the_store_is_proven_too(
    fleet: Fleet, kept: CaseMaker, object_store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store holds what the disk vouches for; an object that is gone is named, and a store that was set back."""
    for name, value in object_store.environment.items():
        monkeypatch.setenv(name, value)
    place = object_store.place()
    _ran(fleet, "recheck", "OP-ALDER", "--stored")

    def _push() -> None:
        words = ["store", "push", str(kept.path), f"{place}/OP-ALDER", "--lock", "governance", "--retain-until"]
        ran = CliRunner().invoke(main, [*words, "2999-01-01", "--quiet"])
        assert ran.exit_code == 0, ran.output

    _push()
    assert _verify(fleet, "none")[0] == Exit.OK  # it has no store, and leaves it
    assert _status(fleet)["OP-ALDER (in the store)"].state == "NEVER CHECKED"
    kept.capture([Thing("two.jpg", photo(2))])
    _push()
    code, said = _verify(fleet, "one", "--store", place)
    assert (code, "WHOLE" in said) == (Exit.OK, True), said
    # Whoever may pass governance removes the newest head: what is left is the state before, whole.
    prefix, client = place.removeprefix("s3://evidence/"), object_store.client

    def _remove(part: str) -> None:
        """Remove the last of the objects whose names begin so."""
        listed = client.list_object_versions(Bucket="evidence", Prefix=f"{prefix}/OP-ALDER/{part}")["Versions"]
        newest = max(listed, key=lambda each: each["Key"])
        client.delete_object(
            Bucket="evidence", Key=newest["Key"], VersionId=newest["VersionId"], BypassGovernanceRetention=True
        )

    _remove("heads/")
    fleet.ask(EVERY_DUE)
    code, said = _verify(fleet, "one", "--store", place)
    assert (code, "set back: it holds" in said) == (Exit.MISMATCH, True), said
    [item] = kept.path.glob("captures/*/items/*one.jpg")
    _remove(f"sha256/{sha256(item.read_bytes()).hexdigest()}")
    fleet.ask(EVERY_DUE)
    code, said = _verify(fleet, "one", "--store", place)
    assert (code, f"missing    {item.relative_to(kept.path)}" in said) == (Exit.MISMATCH, True), said
    assert _status(fleet)["OP-ALDER (in the store)"].state == "DOES NOT MATCH"
    fleet.ask(EVERY_DUE)
    code, said = _verify(fleet, "two", "--store", f"{place}-not")
    assert (code, "nothing was pushed there" in said) == (Exit.UNCHECKED, True), said


def test_a_worker_may_report_on_evidence_and_no_more(fleet: Fleet) -> None:
    """With the rights of docs/fleet.md a worker reports; it adds no target, and changes neither names nor periods."""
    worker = replace(fleet, address=with_roles_of_the_page(fleet))
    _recheck(fleet, "OP-ALDER")
    with closing(Database(worker.address)) as database:
        schedule, due = EvidenceSchedule(database, OPERATION), Due(name="OP-ALDER", kind="disk")
        assert schedule.take("run", due) == ""
        assert schedule.report("run", due, RecheckReport(verdict="unchecked", reason="x"))
    for statement in (
        "insert into goldenhour.evidence values ('a', 'b', 'disk', '1 day')",
        "update goldenhour.evidence set every = '1 year'",
        "update goldenhour.evidence set name = 'x'",
        "delete from goldenhour.evidence",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            worker.ask(statement)


def test_a_process_that_checks_speaks_for_no_worker(fleet: Fleet) -> None:
    """It holds the key, and ends through the code of the worker that it was made of, which goes on."""
    fleet.submit([])
    ended = list[Any]()

    def _check(_target: Target, _proof: str, _alive: Callable[[], None]) -> RecheckReport:
        if (child := os.fork()) == 0:
            sys.exit(0)
        os.waitpid(child, 0)
        ended.extend(fleet.ask("select ended from goldenhour.workers"))
        return RecheckReport(verdict="unchecked", reason="as a test")

    process = os.getpid()
    with closing(Database(fleet.address)) as database:
        EvidenceSchedule(database, OPERATION).add([Target("OP-ALDER")], DAY)
        verifier = Verifier(
            database, OPERATION, "0" * 64, has=lambda _: True, check=_check, refused=lambda *_: None,
            says=lambda _: None,
        )  # fmt: skip
        try:
            verifier.run(once=True)
        except SystemExit:
            os._exit(0 if os.getpid() != process else 1)
    assert ended == [(None,)]


def test_a_receipt_of_a_fault_proves_nothing_whole(fleet: Fleet, kept: CaseMaker) -> None:
    """Whoever can write to the database puts it where the last proof stands: the target is not told as whole."""
    _recheck(fleet, "OP-ALDER")
    _alter(kept.path)
    assert _verify(fleet, "one")[0] == Exit.MISMATCH
    fleet.ask("update goldenhour.evidence set proof = receipt, receipt = '', verdict = ''")
    found = _status(fleet)["OP-ALDER"]
    assert (found.state, found.proven) == ("COULD NOT BE CHECKED", "")
