from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from capture.recorder.stopping import Stop
from exports.verification import verify
from fleet.collect import captured_twice
from hashing.case.case import Case
from hashing.case.events import CaptureRegistered, CaptureSealed
from hashing.times import system_clock
from tests.fleet.conftest import OPERATION, counted_host
from tests.fleet.test_fleet import start_worker
from tests.patience import wait_until
from tests.test_cli import typed

if TYPE_CHECKING:
    from subprocess import Popen

    from tests.fleet.conftest import Fleet
    from tests.sampling import Sample

PER_HOST, HOSTS, OF_EACH = 3, 5, 200
OTHER = "OP-BIRCH"


def _has(fleet: Fleet, least: int) -> bool:
    return fleet.states()["captured"] >= least


def test_a_night_of_a_thousand_scenes(fleet: Fleet, sample: Sample) -> None:
    """Workers die, the database restarts, a clock is wrong, two fleets work for one case: no row is lost, none torn.

    Each row is captured; what was captured twice is told; no host is asked by more at once than was agreed, as it saw
    it; and the case of both fleets verifies and exports.
    """
    if not sample.whole:
        pytest.skip("four workers, a thousand scenes and ten deaths take minutes: make test-all runs it")
    pick = random.Random(19)  # noqa: S311 - no secret
    with ExitStack() as stack:
        hosts = [stack.enter_context(counted_host(f"127.0.0.{2 + number}", OF_EACH)) for number in range(HOSTS)]
        scenes = [host.server.url(f"/p{number}") for number in range(OF_EACH) for host in hosts]
        env = {"GOLDENHOUR_DATABASE": fleet.address}
        for operation, part in ((OPERATION, scenes[::2]), (OTHER, scenes[1::2])):
            (fleet.folder / "rows.txt").write_text("\n".join(part))
            words = ("fleet", "submit", "rows.txt", "--case", operation, "--per-host", str(PER_HOST))
            assert typed(*words, cwd=fleet.folder, **env).returncode == 0
        # 1. A worker whose clock is an hour off, and two for each fleet.
        stop = Stop()
        late = fleet.worker("late", clock=lambda: system_clock() + timedelta(hours=1), stop=stop)
        wrong = threading.Thread(target=late.run)
        wrong.start()
        workers = {f"w{number}": (OPERATION, OTHER)[number % 2] for number in range(4)}
        running: dict[str, Popen[str]] = {}
        for name, operation in workers.items():
            running[name] = start_worker(fleet, name, operation)
        # 2. Ten times one dies, and comes back with what it had; once, half-way, the database is restarted.
        for death in range(1, 11):
            wait_until(partial(_has, fleet, 80 * death))
            name = pick.choice(list(workers))
            running[name].send_signal(signal.SIGKILL)
            running[name].communicate()
            key = fleet.key(name).public.raw.hex()
            fleet.ask(f"update goldenhour.workers set lease = '0', beat = beat - interval '1 hour' where key = '{key}'")  # noqa: S608 - ours
            if death == 5:
                fleet.server.restart()
            running[name] = start_worker(fleet, name, workers[name])
        for name, process in running.items():
            _, err = process.communicate()
            assert process.returncode == 0, (name, err)
        stop.ask("over")
        wrong.join()
        # 3. None is lost, and no host was asked by more at once.
        assert fleet.states() == {"captured": len(scenes)}
        assert late.summary.captured == 0
        assert [host.most for host in hosts if host.most > PER_HOST] == []
        assert fleet.ask("select sum(running) from goldenhour.hosts") == [(0,)]
    # 4. One case of both fleets.
    assert typed("init", "CASE", cwd=fleet.folder).returncode == 0
    for name in workers:
        assert typed("fleet", "enrol", "CASE", f"{name}.pem", cwd=fleet.folder).returncode == 0
    began = time.monotonic()
    ran = typed("fleet", "collect", "CASE", *workers, "--unfinished", "--quiet", cwd=fleet.folder)
    print(f"collected in {time.monotonic() - began:.0f} s: {ran.stdout.splitlines()[-1]}")
    assert ran.returncode in {0, 3}, ran.stderr
    case = Case.open(fleet.folder / "CASE")
    whole = {
        event.capture for event in case.events() if isinstance(event, CaptureSealed) and event.status == "complete"
    }
    found = Counter(
        event.scene for event in case.events() if isinstance(event, CaptureRegistered) and event.capture in whole
    )
    assert set(found) == set(scenes)
    assert {each.scene for each in captured_twice(case)} == {scene for scene, count in found.items() if count > 1}
    assert verify(case.path).verdict == "ok"
    assert typed("export", "CASE", "--output", "BUNDLE", "--quiet", cwd=fleet.folder).returncode == 0
    assert verify(fleet.folder / "BUNDLE").verdict == "ok"
