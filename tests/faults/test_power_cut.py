"""The power fails at any moment: what was acknowledged is there, and what was not comes to no harm."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from capture.run.recovery import recover_abandoned
from exports.format.capture_view import read_capture
from exports.format.case_view import read_case
from exports.merge import TAKEN, THERE, Merger, merge
from exports.verification import verify
from hashing.case.case import Case
from hashing.case.events import Item, decode_capture_event
from hashing.ledger.keys import load_or_create_signing_key
from tests.capture.conftest import jpeg
from tests.exports.small_case import OFFICER, CaseMaker, Thing, photo
from tests.faults.operations import run_batch
from tests.faults.power_cut import FATES, Recording
from tests.faults.test_failing_disk import faults
from tests.servers import Body, SceneServer, redirect

if TYPE_CHECKING:
    from pathlib import Path

    from hashing.ledger.keys import SigningKey
    from tests.faults.power_cut import Disk
    from tests.sampling import Sample

_TOLD = b"<!doctype html><title>t</title><p>" + b"What she saw from the bridge, and at what time. " * 10
ROWS = {f"/{n}": Body(data=_TOLD, type="text/html") for n in range(3)}
PAGE = b'<!doctype html><title>t</title><p>words</p><img src="/one.jpg"><img src="/go"><img src="/large.jpg">'
FILES: dict[str, Body | bytes] = {
    "/": PAGE,
    "/one.jpg": jpeg(10),
    "/two.jpg": Body(data=jpeg(20), chunk=200),
    "/go": redirect("/two.jpg"),
    "/large.jpg": jpeg(30) + bytes(400_000),
}
MOST = 16
"""Moments, each with a fate of what was not waited for, that are tried where a run takes a sample."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder for a case, the key, and the user's own notes, all of which are on the disk that fails."""
    path = tmp_path / "disk"
    path.mkdir()
    monkeypatch.setenv("XDG_DATA_HOME", str(path / "data"))
    return path


@pytest.fixture
def key(folder: Path) -> SigningKey:
    """Return the key that the recorded process signs with."""
    return load_or_create_signing_key(folder / "key.pem")[0]


def acknowledged(disk: Disk) -> dict[str, str]:
    """Return path and digest of every item that a line of a capture's ledger speaks of for sure."""
    found = {}
    for path, data in disk.sure_files("ledger.jsonl").items():
        if path.startswith("case/captures/"):
            for line in data.split(b"\n")[:-1]:
                event = decode_capture_event(line)
                if isinstance(event, Item):
                    found[f"{path.rpartition('/')[0]}/{event.path}"] = event.sha256
    return found


def _judge(recording: Recording, point: int, fate: str, folder: Path, key: SigningKey) -> None:
    """Hold a case that a capture was made in, as it is found when the power is back, against what must be true."""
    where = f"after {point} of {len(recording.done)}, {str(recording.done[point - 1])[:200]}: {fate}"
    disk = recording.disk(point)
    said = acknowledged(disk)
    recording.put_back(disk.fail(fate, point))
    case = Case.open(folder / "case")
    found = verify(case.path)
    assert found.verdict != "mismatch", (where, faults(found))
    assert case.set_aside() == b"", where
    assert recover_abandoned(case, key=key, officer=OFFICER).left == (), where
    found = verify(case.path)
    assert found.verdict == "ok", (where, faults(found))
    for path, digest in said.items():
        assert hashlib.sha256((folder / path).read_bytes()).hexdigest() == digest, (where, path)


def _capture(folder: Path, key: SigningKey) -> Recording:
    Case.open_or_create(folder / "case", key=key, officer=OFFICER)
    with SceneServer(FILES) as server:
        (folder / "url").write_text(server.url("/"))
        return Recording("capture_scene", folder)


def _moments(recording: Recording) -> list[tuple[int, str]]:
    return [(point, fate) for point in range(recording.begins + 1, len(recording.done) + 1) for fate in FATES]


def test_a_capture(folder: Path, key: SigningKey, sample: Sample) -> None:
    """Each item that a synced line spoke of is there with its bytes, nothing is a mismatch, and the rest is sealed."""
    recording = _capture(folder, key)
    for point, fate in sample(_moments(recording), MOST):
        _judge(recording, point, fate, folder, key)
    recording.put_back(recording.disk(len(recording.done)).fail("least", 0))
    [whole] = Case.open(folder / "case").captures()
    assert read_capture(whole).status == "complete"
    assert verify(folder / "case").verdict == "ok"


def test_a_recovery(folder: Path, key: SigningKey, sample: Sample) -> None:
    """Where a capture was killed, and the power fails while or after it is finished off, the same is true."""
    killed = _capture(folder, key)
    for died in sample(range(1, len(killed.done) + 1), 3):
        recording = Recording("recover", folder, after=killed, point=died)
        moments = _moments(recording)
        for point, fate in random.Random(died).sample(moments, min(8, len(moments))):  # noqa: S311 - no secret
            _judge(recording, point, fate, folder, key)
        _judge(recording, len(recording.done), "least", folder, key)


@pytest.mark.parametrize(("operation", "name"), [("export_folder", "bundle"), ("export_zip", "bundle.zip")])
def test_an_export(operation: str, name: str, folder: Path, key: SigningKey, sample: Sample) -> None:
    """Under the bundle's name there is a whole bundle or nothing; when the command has said that it is there, it is."""
    maker = CaseMaker(folder / "case", key)
    maker.capture([Thing("one.jpg", photo(1)), Thing("two.jpg", photo(2))])
    recording = Recording(operation, folder)
    for point, fate in sample(_moments(recording), 16):
        where = f"after {point} of {len(recording.done)}, {str(recording.done[point - 1])[:200]}: {fate}"
        recording.put_back(recording.disk(point).fail(fate, point))
        case = Case.open(folder / "case")
        assert verify(case.path).verdict != "mismatch", where
        with case.held(key):
            pass
        assert verify(case.path).verdict == "ok", where
        if (folder / name).exists():
            found = verify(folder / name)
            assert found.verdict == "ok", (where, faults(found))
    recording.put_back(recording.disk(len(recording.done)).fail("least", 0))
    assert verify(folder / name).verdict == "ok"


def test_a_merge(folder: Path, key: SigningKey, tmp_path: Path, sample: Sample) -> None:
    """A capture is in the case whole and on record, or not at all; the next merge ends the work."""
    CaseMaker(folder / "case", key).capture([Thing("one.jpg", photo(1))])
    other = CaseMaker(folder / "other", load_or_create_signing_key(tmp_path / "other.pem")[0])
    other.capture([Thing("four.jpg", photo(4)), Thing("five.jpg", photo(5))], initials="JH")
    recording = Recording("merge", folder)
    for point, fate in sample(_moments(recording), 16):
        where = f"after {point} of {len(recording.done)}, {str(recording.done[point - 1])[:200]}: {fate}"
        recording.put_back(recording.disk(point).fail(fate, point))
        case = Case.open(folder / "case")
        found = verify(case.path)
        assert found.verdict != "mismatch", (where, faults(found))
        [outcome] = merge(case, [folder / "other"], Merger(officer=OFFICER, key=key))
        assert outcome.outcome in {TAKEN, THERE}, (where, outcome)
        with case.held(key):
            pass
        found = verify(case.path)
        assert found.verdict == "ok", (where, faults(found))
    recording.put_back(recording.disk(len(recording.done)).fail("least", 0))
    assert len(Case.open(folder / "case").captures()) == 2
    assert verify(folder / "case").verdict == "ok"


def test_a_batch(folder: Path, key: SigningKey, sample: Sample) -> None:
    """Begun again after a power cut, a batch ends with one whole capture of each row, and the case verifies."""
    Case.open_or_create(folder / "case", key=key, officer=OFFICER)
    with SceneServer(ROWS) as server:
        scenes = [server.url(path) for path in ROWS]
        (folder / "rows").write_text("\n".join(scenes), "utf-8")
        recording = Recording("run_batch", folder)
        for point, fate in sample(_moments(recording), 4):
            where = f"after {point} of {len(recording.done)}, {str(recording.done[point - 1])[:200]}: {fate}"
            recording.put_back(recording.disk(point).fail(fate, point))
            found = verify(folder / "case")
            assert found.verdict != "mismatch", (where, faults(found))
            run_batch(folder)
            found = verify(folder / "case")
            assert found.verdict == "ok", (where, faults(found))
            captures = read_case(folder / "case").captures
            assert Counter(each.started.scene for each in captures if each.status == "complete") == Counter(scenes), (
                where
            )
