from __future__ import annotations

import gzip
import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from commands.exit import Exit
from exports.bundle import export_bundle
from exports.verification import verify
from hashing.case.case import Case
from tests.test_cli import typed
from validation.alterations import check_alterations
from validation.check import compare
from validation.run import capture_known, expected_findings
from validation.scenes import KnownScene, known_scenes

if TYPE_CHECKING:
    from pathlib import Path

    from hashing.ledger.keys import SigningKey

SCENES = [pytest.param(scene, id=scene.name) for scene in known_scenes()]


@pytest.mark.parametrize("scene", SCENES)
def test_every_served_body_is_expected_with_its_hash(scene: KnownScene) -> None:
    """What is expected of an item was worked out from the served bytes, by another way than goldenhour's."""
    expected = expected_findings(scene.name)
    named = {name.removesuffix(": sha256"): value for name, value in expected.items() if name.endswith(": sha256")}
    hashes = {name.split(" ", 1)[1]: value for name, value in named.items()}
    bodies = {url: answer.body for url, answer in scene.answers.items() if answer.body and answer.status == 200}
    if scene.name == "page":
        bodies["http://noticeboard.example/fire"] = bodies.pop("http://noticeboard.example/market-street-fire.html")
        plain = gzip.decompress(bodies["http://noticeboard.example/fire"])
        decoded = "http://noticeboard.example/fire: the item without its content coding"
        assert hashes[decoded] == hashlib.sha256(plain).hexdigest()
    bodies.pop("http://social.example/api/v1/statuses/102/context", None)  # no answers: nothing to keep
    for url, body in bodies.items():
        assert hashes[url] == hashlib.sha256(body).hexdigest(), url


def test_this_machine_is_valid(tmp_path: Path) -> None:
    """All is as expected here, and the record says of what program, on what machine, with every check."""
    record = tmp_path / "record.json"
    done = typed("validate", "--record", record, cwd=tmp_path)
    assert done.returncode == Exit.OK, done.stdout + done.stderr
    assert hashlib.sha256(record.read_bytes()).hexdigest() in done.stdout
    said = json.loads(record.read_bytes())
    assert (said["verdict"], said["failed"]) == ("as expected", 0)
    assert said["passed"] == len(said["checks"]) > 200
    assert all(check["expected"] == check["found"] is not None for check in said["checks"])
    assert said["versions"]["pillow"]
    assert len(said["program"]) > 300
    assert {"cli.py", "hashing/ledger/merkle.py", "validation/files/front.jpg"} <= said["program"].keys()
    again = typed("validate", "--record", record, cwd=tmp_path)
    assert again.returncode == Exit.REFUSED


def test_a_server_that_serves_something_else_is_told(tmp_path: Path, key: SigningKey) -> None:
    """One changed bit, one photo more, one photo fewer: each is a failed check of its own name."""
    scene = known_scenes()[0]
    front = "http://noticeboard.example/photos/front.jpg"
    body = bytearray(scene.answers[front].body)
    body[-100] ^= 1
    answers = {**scene.answers, front: type(scene.answers[front])(bytes(body), "image/jpeg")}
    del answers["http://noticeboard.example/photos/late.webp"]
    case = Case.open_or_create(tmp_path / "case", key=key, officer="V", title="")
    found = capture_known(KnownScene(name=scene.name, url=scene.url, answers=answers), case, key)
    failed = {each.name for each in compare(scene.name, expected_findings(scene.name), found) if not each.passed}
    assert f"photo {front}: sha256" in failed
    assert "not captured: http://noticeboard.example/photos/late.webp" in failed
    assert "photo http://noticeboard.example/photos/late.webp: sha256" in failed
    assert "photo http://noticeboard.example/photos/crowd.jpg: sha256" not in failed


def test_a_verification_that_finds_nothing_is_told(
    tmp_path: Path, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were verification to call every bundle whole, each alteration would be a failed check."""
    case = Case.open_or_create(tmp_path / "case", key=key, officer="V", title="")
    capture_known(known_scenes()[0], case, key)
    bundle = export_bundle(case, key=key, officer="V", output=tmp_path / "whole").path
    (tmp_path / "room").mkdir()
    monkeypatch.setattr("validation.alterations.verify", lambda _: verify(bundle))
    failed = [each.name for each in check_alterations(bundle, tmp_path / "room") if not each.passed]
    assert len(failed) == 9
    assert "nothing changed" not in failed
