from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from commands.exit import Exit
from exports.verification import verify
from hashing.case.case import Case
from hashing.case.events import CaptureRegistered
from tests.fleet.conftest import OPERATION
from tests.patience import PATIENCE, wait_until
from tests.test_cli import typed

if TYPE_CHECKING:
    from tests.fleet.conftest import Fleet, Host

ROOT = Path(__file__).parents[2]


def start_worker(fleet: Fleet, name: str, operation: str = OPERATION, *more: str) -> subprocess.Popen[str]:
    """Start a worker as on a machine of its own, with its own home."""
    home = fleet.folder / f"home-{name}"
    home.mkdir(exist_ok=True)
    fleet.key(name)
    words = ["fleet", "worker", "--case", operation, "--work", name, "--key", f"{name}.pem", "--allow-private"]
    return subprocess.Popen(
        [sys.executable, "-m", "cli", *words, "--until-done", "--json", "--scenes", "2", *more],
        cwd=fleet.folder,
        env={
            **os.environ, "PYTHONPATH": str(ROOT), "GOLDENHOUR_DATABASE": fleet.address, "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / ".config"), "XDG_DATA_HOME": str(home / ".local/share"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def test_two_workers_of_which_one_is_killed(fleet: Fleet, host: Host) -> None:
    """As typed: a worker is killed with -9 amid captures, another takes its rows over, and each is in the case once."""
    scenes = host.scenes(20)
    (fleet.folder / "rows.txt").write_text("\n".join(scenes))
    submit = ("fleet", "submit", "rows.txt", "--case", OPERATION, "--per-host", "3")
    for said in ("SUBMITTED  OP-ALDER: 20 rows\n", "SUBMITTED  OP-ALDER: 0 rows; 20 were there already\n"):
        ran = typed(*submit, cwd=fleet.folder, GOLDENHOUR_DATABASE=fleet.address)
        assert (ran.returncode, ran.stdout) == (0, said), ran.stderr
    # 1. The first worker is killed while it captures, once it has captured something.
    doomed = start_worker(fleet, "one")
    assert doomed.stdout is not None
    assert json.loads(doomed.stdout.readline())["status"] == "complete"
    host.hold.clear()
    wait_until(lambda: host.held == 2 and fleet.states()["captured"] >= 1)
    with doomed:
        doomed.send_signal(signal.SIGKILL)
    # 2. Its lease runs out, here by a clock that was put on; the second worker does all that is left.
    fleet.ask("update goldenhour.workers set beat = beat - interval '1 hour', begun = begun - interval '1 hour'")
    fleet.ask("update goldenhour.workers set lease = '0'")
    host.hold.set()
    out, err = start_worker(fleet, "two").communicate(timeout=PATIENCE)
    assert fleet.states() == {"captured": 20}, err
    last = json.loads(out.splitlines()[-1])
    assert (last["failed"], last["unreported"]) == (0, 0)
    assert host.most <= 3
    # 3. What enrolled workers sealed is collected; what the dead one left comes in beside the case.
    env = {"GOLDENHOUR_DATABASE": fleet.address}
    assert typed("init", "CASE", cwd=fleet.folder).returncode == 0
    assert typed("fleet", "enrol", "CASE", "two.pem", cwd=fleet.folder).returncode == 0
    ran = typed("fleet", "collect", "CASE", "one", "two", "--json", cwd=fleet.folder)
    outcomes = [json.loads(line) for line in ran.stdout.splitlines()]
    refused = {each["reason"].partition(":")[0] for each in outcomes if each["outcome"] == "refused"}
    assert (ran.returncode, refused) == (7, {"its key is not enrolled in this case"})
    assert typed("fleet", "enrol", "CASE", "one.pem", "--note", "dead", cwd=fleet.folder).returncode == 0
    ran = typed("fleet", "collect", "CASE", "one", "two", "--unfinished", cwd=fleet.folder)
    assert (ran.returncode, "signed by nobody" in ran.stderr) == (3, True), ran.stderr
    case = Case.open(fleet.folder / "CASE")
    found = [event.scene for event in case.events() if isinstance(event, CaptureRegistered)]
    assert sorted(found) == sorted(scenes)
    assert verify(case.path).verdict == "ok"
    beside = [path for path in (fleet.folder / "CASE.set-aside").iterdir() if (path / "ledger.jsonl").is_file()]
    assert len(beside) == 2
    assert typed("export", "CASE", "--output", "BUNDLE", cwd=fleet.folder).returncode == 0
    assert verify(fleet.folder / "BUNDLE").verdict == "ok"
    shown = typed("fleet", "status", "--case", OPERATION, "--json", cwd=fleet.folder, **env)
    status = json.loads(shown.stdout)
    assert (status["captured"], status["waiting"], len(status["workers"])) == (20, 0, 2)


def test_a_worker_without_its_database_says_so_at_once(fleet: Fleet) -> None:
    """A database that is not there, or is no fleet's, ends a worker before it has a case, in a sentence."""
    worker = ("fleet", "worker", "--case", OPERATION, "--work", "none", "--officer", "M")
    unset = typed(*worker, cwd=fleet.folder, GOLDENHOUR_DATABASE=fleet.address)
    assert (unset.returncode, "is not set up for a fleet" in unset.stderr) == (Exit.USAGE, True), unset.stderr
    away = typed(*worker, cwd=fleet.folder, GOLDENHOUR_DATABASE="postgresql://postgres@127.0.0.1:9/none")
    assert (away.returncode, "the database cannot be reached" in away.stderr) == (Exit.UNCHECKED, True), away.stderr
    fleet.queue.set_up()
    fleet.ask("update goldenhour.version set version = 99")
    other = typed(*worker, cwd=fleet.folder, GOLDENHOUR_DATABASE=fleet.address)
    assert (other.returncode, "another version of goldenhour" in other.stderr) == (Exit.USAGE, True), other.stderr
    assert not (fleet.folder / "none").exists()
