from __future__ import annotations

import json
from typing import TYPE_CHECKING

from exports.verification import verify
from tests.fleet.conftest import OPERATION
from tests.test_cli import typed

if TYPE_CHECKING:
    import pytest

    from tests.fleet.conftest import Fleet, Host
    from tests.servers.object_store import ObjectStoreServer


def test_a_worker_pushes_and_a_case_collects_from_the_store(
    fleet: Fleet, host: Host, object_store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As typed: at its end a worker puts its case into a store, and it is collected from there, without its folder."""
    for name, value in object_store.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GOLDENHOUR_DATABASE", fleet.address)
    place = object_store.place("fleet")
    object_store.client.create_bucket(Bucket="fleet", ObjectLockEnabledForBucket=True)
    object_store.client.put_object_lock_configuration(
        Bucket="fleet",
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}},
        },
    )  # fmt: skip
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
