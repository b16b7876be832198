"""kill -9 at any of some hundreds of points: what was acknowledged is there, and the next command goes on."""

from __future__ import annotations

import hashlib
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from warcio.checker import Checker

from capture.run.recovery import recover_abandoned
from exports.bundle import export_bundle
from exports.format.capture_view import read_capture
from exports.merge import TAKEN, THERE, Merger, merge
from exports.verification import verify
from hashing.case.case import Case
from hashing.case.custody import Handling, record_custody
from hashing.case.events import Custody, Merged, MergedLine
from hashing.case.timestamping import record_left_tokens, seals_without_timestamp, timestamp_seals
from hashing.ledger.keys import load_or_create_signing_key
from hashing.ledger.ledger import ledger_lines
from tests.capture.conftest import jpeg
from tests.exports.small_case import OFFICER, CaseMaker, Thing, photo
from tests.faults.killing import Killer
from tests.servers import Body, SceneServer, redirect
from tests.servers.time_authority import TimeAuthority

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hashing.ledger.keys import SigningKey
    from tests.sampling import Sample

PAGE = (
    b'<!doctype html><title>t</title><img src="/one.jpg"><img src="/go"><img src="/large.jpg"><img src="/missing.jpg">'
)
FILES: dict[str, Body | bytes] = {
    "/": PAGE,
    "/one.jpg": jpeg(10),
    "/two.jpg": Body(data=jpeg(20), chunk=200),
    "/go": redirect("/two.jpg"),
    "/large.jpg": jpeg(30) + bytes(400_000),
}


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    """Return a key that the process to be killed signs with as well."""
    (tmp_path / "before").mkdir()
    return load_or_create_signing_key(tmp_path / "before/key.pem")[0]


@pytest.fixture
def before(tmp_path: Path, key: SigningKey) -> Path:
    """Return a folder with a case of two sealed captures, which every process starts from."""
    maker = CaseMaker(tmp_path / "before/case", key)
    maker.capture([Thing("one.jpg", photo(1)), Thing("two.jpg", photo(2))])
    maker.capture([Thing("three.jpg", photo(3))])
    return tmp_path / "before"


def killed_at_points(operation: str, before: Path, sample: Sample, most: int) -> Iterator[Path]:
    """Kill an operation at all its points, or at `most` of them, each in a fresh copy of `before`; yield that copy."""
    whole = before.with_name("whole")
    shutil.copytree(before, whole)
    with Killer(operation) as killer:
        for point in sample(range(1, killer.count(whole) + 1), most):
            folder = killer.kill(point, before)
            yield folder
            shutil.rmtree(folder)
    assert killer.said == ""


def _acknowledged(case: Case) -> dict[str, str]:
    """Return path and digest of every item that a ledger line speaks of right now."""
    found: dict[str, str] = {}
    for folder in case.captures():
        if (folder / "ledger.jsonl").exists() and any(ledger_lines(folder / "ledger.jsonl")):
            view = read_capture(folder)
            found |= {f"{folder.name}/{entry.path}": entry.sha256 for entry in view.items}
    return found


def test_a_capture(tmp_path: Path, key: SigningKey, sample: Sample) -> None:
    """A capture that died is finished off: each item that a line spoke of is there, and no record is torn."""
    before = tmp_path / "before"
    Case.open_or_create(before / "case", key=key, officer=OFFICER)
    with SceneServer(FILES) as server:
        (before / "url").write_text(server.url("/"))
        for folder in killed_at_points("capture_scene", before, sample, 8):
            case = Case.open(folder / "case")
            acknowledged = _acknowledged(case)
            recover_abandoned(case, key=key, officer=OFFICER)
            assert verify(case.path).verdict == "ok", verify(case.path)
            for path, digest in acknowledged.items():
                assert hashlib.sha256((case.path / "captures" / path).read_bytes()).hexdigest() == digest
            for capture in case.captures():
                assert not (capture / "incoming").exists()
                for warc in capture.glob("*.warc.gz"):
                    assert Checker(_Check(str(warc))).process_all() == 0


class _Check:
    """What warcio's checker is told on the command line."""

    def __init__(self, path: str) -> None:
        self.inputs = [path]
        self.verbose = False


@pytest.mark.parametrize(("operation", "name"), [("export_folder", "bundle"), ("export_zip", "bundle.zip")])
def test_an_export(operation: str, name: str, before: Path, key: SigningKey, sample: Sample) -> None:
    """Under the bundle's name there is a whole bundle or nothing; the next export to it leaves no draft beside it."""
    for folder in killed_at_points(operation, before, sample, 5):
        case = Case.open(folder / "case")
        with case.held(key):
            pass
        assert verify(case.path).verdict == "ok", verify(case.path)
        if (folder / name).exists():
            assert verify(folder / name).verdict == "ok"
            name_again = "again"
        else:
            name_again = name
        again = export_bundle(
            case, key=key, officer=OFFICER, output=folder / name_again, zipped=name_again.endswith(".zip")
        )
        assert verify(again.path).verdict == "ok"
        assert not list(folder.glob(".*.part")) or not sys.platform.startswith("linux")


def test_a_custody_event(before: Path, key: SigningKey, sample: Sample) -> None:
    """The event is in the ledger whole, or not at all, and the next one can be recorded."""
    for folder in killed_at_points("add_custody", before, sample, 5):
        case = Case.open(folder / "case")
        known = sum(isinstance(event, Custody) for event in case.events())
        assert known in {0, 1}
        record_custody(case, ["MP/2"], Handling(action="opened"), key=key, officer=OFFICER)
        assert sum(isinstance(event, Custody) for event in case.events()) == known + 1
        assert verify(case.path).verdict == "ok", verify(case.path)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_stamping(before: Path, key: SigningKey, sample: Sample) -> None:
    """A token that was got is put on record by the next command, and no seal stays without one."""
    with TimeAuthority(before.with_name("authority")) as authority:
        (before / "url").write_text(authority.url())
        for folder in killed_at_points("timestamp_case", before, sample, 5):
            case = Case.open(folder / "case")
            tokens = len(list(case.path.rglob("*.tsr")))
            record_left_tokens(case, key=key)
            with case.held(key):
                pass
            found = verify(case.path)
            assert (found.verdict, len(found.timestamps)) == ("ok", tokens), found
            list(timestamp_seals(case, [authority.url()], key=key))
            assert seals_without_timestamp(case) == []


def test_a_merge(before: Path, key: SigningKey, tmp_path: Path, sample: Sample) -> None:
    """A capture is in the case whole and on record, or not at all; the next merge ends the work."""
    other = CaseMaker(before / "other", load_or_create_signing_key(tmp_path / "other.pem")[0])
    other.capture([Thing("four.jpg", photo(4)), Thing("five.jpg", photo(5))], initials="JH")
    record_custody(other.case, ["JH/1"], Handling(action="opened"), key=other.key, officer="John Hill")
    for folder in killed_at_points("merge", before, sample, 5):
        case = Case.open(folder / "case")
        assert verify(case.path).verdict in {"ok", "unchecked"}, verify(case.path)
        [outcome] = merge(case, [folder / "other"], Merger(officer=OFFICER, key=key))
        assert outcome.outcome in {TAKEN, THERE}, outcome
        with case.held(key):
            pass
        assert verify(case.path).verdict == "ok", verify(case.path)
        assert sum(isinstance(event, Merged) for event in case.events()) == 1
        assert sum(isinstance(event, MergedLine) for event in case.events()) == 1
        assert not list(case.path.glob(".merge*")) or not sys.platform.startswith("linux")
