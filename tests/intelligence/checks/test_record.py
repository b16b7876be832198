from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cli import main
from commands.exit import Exit
from exports.bundle import export_bundle
from exports.disclosure.making.request import DisclosureRequest
from exports.verification import verify
from hashing.case.events import Checked, FoundFact
from hashing.ledger.keys import default_key_path, load_or_create_signing_key
from hashing.tool import tool
from tests.exports.small_case import CaseMaker, Thing
from tests.intelligence.checks.pictures import CHANGES, jpeg, scene

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Make a case of two exhibits with a photo in common, one of them twice."""
    maker = CaseMaker(tmp_path / "OP-ALDER", load_or_create_signing_key(default_key_path())[0])
    for names in (("half the size", "a white border"), ("encoded badly",)):
        capture = maker.begin()
        for name in names:
            capture.add(Thing(f"{len(name)}.jpg", CHANGES[name](scene(1))))
        capture.add(Thing("other.jpg", jpeg(scene(len(names) + 1))))
        capture.seal()
    return maker


def _record(maker: CaseMaker, *words: str) -> Result:
    line = ["check", str(maker.path), "--keep", "--officer", "Mary Price", "--quiet", *words]
    return CliRunner().invoke(main, line)


def _findings(maker: CaseMaker) -> list[FoundFact]:
    return [event for event in maker.case.events() if isinstance(event, FoundFact)]


def test_findings_stand_in_ledger_bundle_and_report(maker: CaseMaker, tmp_path: Path) -> None:
    """What a check finds is recorded with tool and items, proven in a bundle, and on a page of its report."""
    ran = _record(maker)
    assert ran.exit_code == Exit.OK, ran.output
    found = _findings(maker)
    [same] = [each for each in found if each.kind == "same picture"]
    assert {each.ref for each in same.rests_on} == {"MP/1-0001", "MP/1-0002", "MP/2-0001"}
    [ended] = [event for event in maker.case.events() if isinstance(event, Checked)]
    assert (ended.items, ended.findings, ended.officer, ended.tool) == (5, len(found), "Mary Price", tool())
    assert f"recorded {len(found)} findings" in ran.stderr
    assert verify(maker.path).verdict == "ok"
    bundle = export_bundle(maker.case, key=maker.key, officer="M", output=tmp_path / "all").path
    assert verify(bundle, report=True).verdict == "ok"
    page = (bundle / "data/report/findings-1.html").read_text()
    assert same.says in page
    assert "and no verdict" in page
    assert 'href="report/findings-1.html"' in (bundle / "data/report.html").read_text()


def test_a_bundle_has_the_findings_of_what_is_in_it(maker: CaseMaker, tmp_path: Path) -> None:
    """A finding that rests on an item that is not handed over is not told, nor any where something is withheld."""
    assert _record(maker).exit_code == Exit.OK
    assert len(_findings(maker)) > 1
    one = export_bundle(maker.case, key=maker.key, officer="M", output=tmp_path / "one", exhibits=["MP/1"]).path
    assert not [path for path in one.rglob("*") if path.is_file() and b"MP/2" in path.read_bytes()]
    assert verify(one, report=True).verdict == "ok"
    for number, words in enumerate(((), ("url",))):
        request = DisclosureRequest(items=("MP/1-0001",), redact=words)
        single = export_bundle(
            maker.case, key=maker.key, officer="M", output=tmp_path / f"s{number}", only=request
        ).path
        assert verify(single, report=True).verdict == "ok"
        assert not [path for path in single.rglob("*") if path.is_file() and b"MP/1-0002" in path.read_bytes()]


def test_a_later_run_counts_and_alters_nothing(maker: CaseMaker, tmp_path: Path) -> None:
    """Recorded again, the earlier findings stay in the ledger, and a bundle tells those of the last run."""
    for _ in range(2):
        assert _record(maker).exit_code == Exit.OK
    runs = {event.run: event for event in maker.case.events() if isinstance(event, Checked)}
    assert len(runs) == 2
    bundle = export_bundle(maker.case, key=maker.key, officer="M", output=tmp_path / "out").path
    told = b"".join(path.read_bytes() for path in (bundle / "seal/custody").iterdir() if path.suffix == ".json")
    first, last = sorted(runs)
    assert (first.encode() in told, last.encode() in told) == (False, True)
    assert verify(bundle).verdict == "ok"


def test_a_strangers_case_is_not_written_to(maker: CaseMaker, tmp_path: Path) -> None:
    """With another key nothing is recorded."""
    before = (maker.path / "ledger.jsonl").read_bytes()
    ran = _record(maker, "--key", str(tmp_path / "other.pem"))
    assert ran.exit_code not in {Exit.OK, Exit.FAULT}
    assert (maker.path / "ledger.jsonl").read_bytes() == before
