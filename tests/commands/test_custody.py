from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from commands.exit import Exit
from hashing.ledger.keys import default_key_path, load_or_create_signing_key
from tests.exports.small_case import CaseMaker, Thing, photo
from tests.test_cli import typed

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Make a case with two exhibits, signed by the user's own key."""
    maker = CaseMaker(tmp_path / "OP-ALDER", load_or_create_signing_key(default_key_path())[0])
    maker.capture([Thing("p.jpg", photo())])
    maker.capture([Thing("q.jpg", photo(2))])
    return maker.path


def _typed(case: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return typed(*words, cwd=case.parent)


def test_from_seizure_to_court(case: Path) -> None:
    """An exhibit is described, handed over, verified by another, and shown with its whole log."""
    described = _typed(case, "exhibit", "OP-ALDER", "MP/1", "--describe", "photo of the fire", "--place", "Alder")
    assert described.returncode == Exit.OK, described.stderr
    assert "photo of the fire" in described.stdout
    hand_over = ("--event", "handed-over", "--from", "Mary Price", "--to", "John Hill", "--reason", "for court")
    added = _typed(case, "custody", "add", "OP-ALDER", "MP/1", *hand_over, "--officer", "Mary Price")
    assert added.returncode == Exit.OK, added.stderr
    assert added.stdout.startswith("MP/1  handed-over, ")
    assert _typed(case, "verify", "OP-ALDER", "--receipt", "r", "--sign-with", str(default_key_path())).returncode == 0
    received = _typed(case, "custody", "add", "OP-ALDER", "MP/1", "--receipt", "r", "--officer", "John Hill")
    assert received.returncode == Exit.OK, received.stderr
    shown = _typed(case, "custody", "show", "OP-ALDER", "MP/1")
    events = [line.split()[4] for line in shown.stdout.splitlines() if line.startswith("20")]
    assert events == ["seized", "sealed", "described", "handed-over", "verified"]
    assert "to John Hill" in shown.stdout
    listed = _typed(case, "exhibit", "OP-ALDER")
    assert "verified" in listed.stdout.splitlines()[1]
    assert _typed(case, "verify", "OP-ALDER").returncode == Exit.OK


def test_custody_in_json(case: Path) -> None:
    """`--json` prints an object for each exhibit, and each of its entries says all that is known."""
    _typed(case, "custody", "add", "OP-ALDER", "MP/2", "--event", "received", "--from", "Mary Price", "--at", "0.001s")
    first, second = map(json.loads, _typed(case, "custody", "show", "OP-ALDER", "--json").stdout.splitlines())
    assert (first["exhibit"], len(first["custody"]), second["exhibit"]) == ("MP/1", 2, "MP/2")
    entry = second["custody"][-1]
    assert (entry["event"], entry["from"], entry["late"]) == ("received", "Mary Price", True)
    assert {"line", "ref", "time", "recorded", "signer"} <= entry.keys()
    exhibit = json.loads(_typed(case, "exhibit", "OP-ALDER", "MP/1", "--json").stdout)
    assert (exhibit["exhibit"], exhibit["items"], exhibit["descriptions"]) == ("MP/1", 1, [])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("add", "OP-ALDER", "MP/9", "--event", "opened"), Exit.USAGE, "OP-ALDER: no exhibit MP/9"),
        (("add", "OP-ALDER", "MP/1-0009", "--event", "opened"), Exit.USAGE, "MP/1 has no item MP/1-0009"),
        (("add", "OP-ALDER", "MP/1", "--event", "lost"), Exit.USAGE, "lost: not a custody event"),
        (("add", "OP-ALDER", "MP/1", "--event", "opened", "--at", "2999-01-01"), Exit.USAGE, "in the future"),
        (("add", "OP-ALDER", "MP/1", "--event", "opened", "--at", "noon"), Exit.USAGE, "--at noon: not a moment"),
        (("add", "OP-ALDER", "MP/1", "--event", "verified"), Exit.USAGE, "--receipt"),
        (("add", "OP-ALDER", "MP/1"), Exit.USAGE, "--event"),
        (("add", "OP-ALDER", "--event", "opened"), Exit.USAGE, "name an exhibit"),
        (("add", "OP-ALDER", "--receipt", "none", "--at", "1h"), Exit.USAGE, "leave out"),
        (("add", "OP-ALDER", "--receipt", "none"), Exit.UNCHECKED, "none: no such file"),
        (("show", "OP-ALDER", "MP/9"), Exit.USAGE, "no exhibit MP/9"),
        (("show", "nothing"), Exit.UNCHECKED, "nothing: no such case folder"),
    ],
)
def test_what_cannot_be_recorded(case: Path, words: tuple[str, ...], code: Exit, said: str) -> None:
    """What cannot be recorded ends with a sentence and its exit code, and changes nothing."""
    before = (case / "ledger.jsonl").read_bytes()
    ran = _typed(case, "custody", *words)
    assert (ran.returncode, ran.stdout) == (code, "")
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert (case / "ledger.jsonl").read_bytes() == before


def test_receipts_forged_and_foreign(case: Path) -> None:
    """A forged receipt could not be checked (6); one of another case is refused (7)."""
    assert _typed(case, "verify", "OP-ALDER", "--receipt", "own").returncode == Exit.OK
    own = (case.parent / "own").read_bytes()
    (case.parent / "forged").write_bytes(own.replace(b'"missing":0', b'"missing":1'))
    forged = _typed(case, "custody", "add", "OP-ALDER", "--receipt", "forged")
    assert (forged.returncode, forged.stdout) == (Exit.UNCHECKED, "")
    CaseMaker(case.with_name("OP-BIRCH"), load_or_create_signing_key(default_key_path())[0]).capture(
        [Thing("p.jpg", photo())]
    )
    foreign = _typed(case, "custody", "add", "OP-BIRCH", "--receipt", "own")
    assert (foreign.returncode, foreign.stdout) == (Exit.REFUSED, "")
    assert "OP-BIRCH: has no seal" in foreign.stderr


def test_receipts_and_labels_lie_outside_of_evidence(case: Path) -> None:
    """Neither overwrites anything, and neither goes into a case, where it would be found as added."""
    (case.parent / "taken").write_text("mine")
    for place in ("taken", "OP-ALDER/new", "OP-ALDER/captures/new"):
        assert _typed(case, "verify", "OP-ALDER", "--receipt", place).returncode == Exit.REFUSED
        assert _typed(case, "label", "OP-ALDER", "MP/1", "--output", place).returncode == Exit.REFUSED
    assert (case.parent / "taken").read_text() == "mine"
    assert _typed(case, "verify", "OP-ALDER").returncode == Exit.OK


def test_labels_as_typed(case: Path) -> None:
    """A label goes to stdout as text, and into a file as its ending says."""
    shown = _typed(case, "label", "OP-ALDER", "MP/1")
    assert (shown.returncode, "EXHIBIT MP/1" in shown.stdout) == (Exit.OK, True)
    for name, magic in (("l.png", b"\x89PNG"), ("l.pdf", b"%PDF"), ("l.txt", b"+---")):
        assert _typed(case, "label", "OP-ALDER", "MP/1", "--output", name).returncode == Exit.OK
        assert (case.parent / name).read_bytes().startswith(magic)
    assert _typed(case, "label", "OP-ALDER", "MP/1", "--format", "pdf").returncode == Exit.USAGE
    assert _typed(case, "label", "OP-ALDER", "MP/9").returncode == Exit.USAGE


def test_nothing_hostile_reaches_the_terminal(case: Path) -> None:
    """Escapes and reordering marks in what was typed are shown as text by every command."""
    hostile = "\x1b[2J\u202egpj.exe\x07"
    made = [
        _typed(case, "exhibit", "OP-ALDER", "MP/1", "--describe", hostile, "--place", hostile, "--officer", hostile),
        _typed(
            case, "custody", "add", "OP-ALDER", "MP/1", "--event", "disclosed", "--to", hostile, "--reason", hostile
        ),
        _typed(case, "custody", "show", "OP-ALDER"),
        _typed(case, "exhibit", "OP-ALDER"),
        _typed(case, "label", "OP-ALDER", "MP/1"),
        _typed(case, "custody", "add", "OP-ALDER", hostile, "--event", "opened"),
    ]
    assert [ran.returncode for ran in made] == [Exit.OK] * 5 + [Exit.USAGE]
    for ran in made:
        assert all(line.isprintable() for line in (ran.stdout + ran.stderr).splitlines())
