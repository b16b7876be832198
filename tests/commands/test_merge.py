from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from commands.exit import Exit
from exports.merge import MergeOutcome
from hashing.case.custody import Handling, record_custody
from hashing.ledger.keys import default_key_path, load_or_create_signing_key
from tests.exports.small_case import CaseMaker, Thing, photo
from tests.exports.tampering import rewrite
from tests.test_cli import typed

if TYPE_CHECKING:
    import subprocess


@pytest.fixture
def other(tmp_path: Path) -> CaseMaker:
    """Make a case with one exhibit, and beside it that of another officer."""
    mine = CaseMaker(tmp_path / "OP-ALDER", load_or_create_signing_key(default_key_path())[0])
    mine.capture([Thing("p.jpg", photo())])
    other = CaseMaker(tmp_path / "UNIT-2", load_or_create_signing_key(tmp_path / "hill.pem")[0])
    other.capture([Thing("q.jpg", photo(2))], initials="JH")
    record_custody(other.case, ["JH/1"], Handling(action="opened", reason="to look"), key=other.key, officer="J")
    return other


def _typed(other: CaseMaker, *words: str) -> subprocess.CompletedProcess[str]:
    return typed(*words, cwd=other.path.parent)


def test_what_cannot_be_taken_ends_in_a_code_of_its_own(other: CaseMaker) -> None:
    """5: altered; 6: nothing there; 7: the case itself; each names the path, and the worst counts."""
    itself = _typed(other, "merge", "OP-ALDER", "OP-ALDER")
    assert (itself.returncode, itself.stdout) == (Exit.REFUSED, "")
    assert itself.stderr.startswith("goldenhour: OP-ALDER: is the case itself")
    nowhere = _typed(other, "merge", "OP-ALDER", "nowhere", "OP-ALDER")
    assert nowhere.returncode == Exit.UNCHECKED
    assert "no such file or folder" in nowhere.stderr
    rewrite(next(other.path.glob("captures/*/items/*")), b"x")
    altered = _typed(other, "merge", "OP-ALDER", "UNIT-2", "nowhere")
    assert (altered.returncode, altered.stdout) == (Exit.MISMATCH, "")
    assert "altered" in altered.stderr
    assert "Traceback" not in altered.stderr
    assert _typed(other, "verify", "OP-ALDER").returncode == Exit.OK


def test_from_another_computer_into_the_case(other: CaseMaker) -> None:
    """What would be taken is said first; then it is taken, verifies, and its log tells what the other case stated."""
    dry = _typed(other, "merge", "OP-ALDER", "UNIT-2", "--dry-run")
    assert dry.returncode == Exit.OK, dry.stderr
    assert dry.stdout.startswith("JH/1  would be taken, from UNIT-2\nseal     ")
    taken = _typed(other, "merge", "OP-ALDER", "UNIT-2", "--officer", "Mary Price")
    assert taken.returncode == Exit.OK, taken.stderr
    assert taken.stdout.startswith("JH/1  taken, from UNIT-2: 1 item, 1 line of its case's log\nseal     ")
    log = _typed(other, "custody", "show", "OP-ALDER", "JH/1").stdout
    assert f"as stated in case {other.case.info.id}" in log
    assert "merged  by Mary Price" in log
    assert _typed(other, "verify", "OP-ALDER").returncode == Exit.OK


def test_in_json(other: CaseMaker) -> None:
    """`--json` prints an object for each capture, with the fields that docs/json.md names and no others."""
    printed = _typed(other, "merge", "OP-ALDER", "UNIT-2", "UNIT-2", "nowhere", "--json").stdout.splitlines()
    taken, there, nowhere = map(json.loads, printed)
    assert (taken["exhibit"], taken["outcome"], taken["items"], taken["stated"]) == ("JH/1", "taken", 1, 1)
    assert (there["outcome"], there["stated"], nowhere["outcome"]) == ("already there", 0, "unchecked")
    text = (Path(__file__).parents[2] / "docs/json.md").read_text("utf-8")
    part = text.partition("## `goldenhour merge --json`")[2].partition("\n## ")[0]
    fields = set(MergeOutcome(source=Path(), outcome="").to_json())
    assert fields == set(taken)
    assert fields <= set(re.findall(r"`([a-z0-9_]+)`", part))
