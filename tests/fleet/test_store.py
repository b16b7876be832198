from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from exports.verification import verify
from fleet.collect import captured_twice
from hashing.case.case import Case
from hashing.case.events import CaptureRegistered
from tests.fleet.conftest import OPERATION
from tests.fleet.test_fleet import start_worker
from tests.patience import PATIENCE, wait_until
from tests.test_cli import typed

if TYPE_CHECKING:
    from tests.fleet.conftest import Fleet, Host
    from tests.sampling import Sample
    from tests.servers.object_store import ObjectStoreServer


def _place(object_store: ObjectStoreServer) -> str:
    """Return an address in a bucket that locks what comes."""
    client = object_store.client
    with suppress(client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
        client.create_bucket(Bucket="fleet", ObjectLockEnabledForBucket=True)
    client.put_object_lock_configuration(
        Bucket="fleet",
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}},
        },
    )  # fmt: skip
    return object_store.place("fleet")


def test_a_worker_pushes_and_a_case_collects_from_the_store(
    fleet: Fleet, host: Host, object_store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As typed: at its end a worker puts its case into a store, and it is collected from there, without its folder."""
    for name, value in object_store.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GOLDENHOUR_DATABASE", fleet.address)
    place = _place(object_store)
    fleet.submit(host.scenes(3))
    fleet.key("one")
    words = ("--work", "one", "--key", "one.pem", "--allow-private", "--until-done", "--quiet")
    ran = typed("fleet", "worker", "--case", OPERATION, *words, "--store", place, cwd=fleet.folder)
    assert ran.returncode == 0, ran.stderr
    assert f"stored   {place}/" in ran.stderr
    assert typed("init", "CASE", cwd=fleet.folder).returncode == 0
    assert typed("fleet", "enrol", "CASE", "one.pem", cwd=fleet.folder).returncode == 0
    ran = typed("fleet", "collect", "CASE", place, "--json", "--quiet", cwd=fleet.folder)
    assert [json.loads(line)["outcome"] for line in ran.stdout.splitlines()] == ["taken"] * 3, ran.stderr
    assert verify(fleet.folder / "CASE").verdict == "ok"
    assert [path.name for path in fleet.folder.iterdir() if path.name.startswith(".collecting")] == []


def test_a_store_that_restarts_while_workers_push(
    fleet: Fleet, host: Host, object_store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch, sample: Sample
) -> None:
    """What a push left there is gone on with by the worker that is started again: all of it is collected, once."""
    if not sample.whole:
        pytest.skip("a store that ends and starts again takes ten seconds and more: make test-all runs it")
    for name, value in object_store.environment.items():
        monkeypatch.setenv(name, value)
    place, scenes = _place(object_store), host.scenes(40)
    fleet.submit(scenes)
    prefix = place.removeprefix("s3://fleet/")

    def _bodies() -> int:
        listed = object_store.client.list_objects_v2(Bucket="fleet", Prefix=prefix)
        return sum("/sha256/" in each["Key"] for each in listed.get("Contents", []))

    running = {name: start_worker(fleet, name, OPERATION, "--store", place) for name in ("one", "two")}
    wait_until(lambda: _bodies() > 20)
    object_store.restart()
    codes = dict[str, int]()
    for name, process in running.items():
        _, err = process.communicate(timeout=PATIENCE)
        codes[name] = process.returncode
        assert process.returncode in {0, 6}, err
        if process.returncode:
            _, err = start_worker(fleet, name, OPERATION, "--store", place).communicate(timeout=PATIENCE)
            assert "stored   " in err
    print(f"restarted amid {codes}")
    assert typed("init", "CASE", cwd=fleet.folder).returncode == 0
    for name in running:
        assert typed("fleet", "enrol", "CASE", f"{name}.pem", cwd=fleet.folder).returncode == 0
    ran = typed("fleet", "collect", "CASE", place, "--quiet", cwd=fleet.folder)
    assert ran.returncode == 0, ran.stderr
    case = Case.open(fleet.folder / "CASE")
    found = [event.scene for event in case.events() if isinstance(event, CaptureRegistered)]
    assert (sorted(found), captured_twice(case)) == (sorted(scenes), [])
    assert verify(case.path).verdict == "ok"
