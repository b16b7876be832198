from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cli import main
from commands.exit import Exit
from exports.verification import verify
from hashing.case.case import Case
from hashing.case.events import Custody
from tests.exports.small_case import photo
from tests.intelligence.intake import handed_in

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Take in four photos and a mail from a source, and grade all but one of them."""
    folder, case = tmp_path / "handed-in", tmp_path / "OP-ALDER"
    folder.mkdir()
    for number in range(1, 5):
        (folder / f"{number}.jpg").write_bytes(photo(number))
    (folder / "mail.eml").write_bytes(handed_in.mail())
    assert (
        _typed(
            "intake", str(folder), "--case", str(case), "--received-from", "canary-7", "--consent", "photo"
        ).exit_code
        == Exit.OK
    )
    _grade(case, "MP/1-0001", "P")
    _grade(case, "MP/1-0002", "C", "--conditions", "not to the press")
    _grade(case, "MP/1-0003", "2", scheme="5x5x5")
    return case


def _typed(*words: str) -> Result:
    officer = ("--officer", "Mary Price") if words[0] in {"intake", "grade", "export"} else ()
    return CliRunner().invoke(main, [*words, *officer])


def _grade(case: Path, ref: str, handling: str, *words: str, scheme: str = "3x5x2") -> None:
    source, information = ("1", "A") if scheme == "3x5x2" else ("A", "1")
    codes = ("--scheme", scheme, "--source", source, "--information", information, "--handling", handling)
    ran = _typed("grade", ref, "--case", str(case), *codes, *words)
    assert ran.exit_code == Exit.OK, ran.output


def _shared(case: Path, out: Path, *words: str) -> list[str]:
    ran = _typed("export", str(case), "--sanitised", "--output", str(out), "--quiet", *words)
    assert ran.exit_code == Exit.OK, ran.output
    assert verify(out).verdict == "ok"
    return [json.loads(line)["ref"] for line in (out / "data/items.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(
    ("words", "refs"),
    [
        ((), ["MP/1-0001"]),
        (("--conditions-met",), ["MP/1-0001", "MP/1-0002"]),
        (("--for", "uk-partner"), ["MP/1-0001", "MP/1-0003"]),
        (("--for", "own-agency", "--conditions-met"), ["MP/1-0001", "MP/1-0002", "MP/1-0003"]),
    ],
)
def test_who_may_have_what(case: Path, tmp_path: Path, words: tuple[str, ...], refs: list[str]) -> None:
    """Only what a handling code lets the recipient have goes out, with its proofs, and without the source."""
    out = tmp_path / "out"
    assert _shared(case, out, *words) == refs
    assert not [path for path in out.rglob("*") if path.is_file() and b"canary" in path.read_bytes()]


def test_what_is_kept_back_is_told_and_recorded(case: Path, tmp_path: Path) -> None:
    """The command says how many items each rule keeps back; the custody log says for whom the others were made."""
    words = ("--sanitised", "--output", str(tmp_path / "out"), "--quiet", "--to", "Fire service", "--reason", "warning")
    told = _typed("export", str(case), *words).stdout.splitlines()
    assert told[:3] == [
        "withheld 1 kept back: handling code 2 of 5x5x5",
        "withheld 1 kept back: handling code C of 3x5x2, whose conditions are not said to be met",
        "withheld 5 kept back: not graded",
    ]
    [said] = [event for event in Case.open(case).events() if isinstance(event, Custody)]
    law = "law enforcement in the United Kingdom and the European Economic Area"
    assert (said.ref, said.receiver, said.reason) == ("MP/1-0001", "Fire service", f"sanitised for {law}: warning")


def test_an_item_that_names_its_author(case: Path, tmp_path: Path) -> None:
    """A mail whose bytes name whoever sent it goes out only without its content."""
    mail = next(line.split()[0] for line in _typed("show", str(case), "MP/1").stdout.splitlines() if " mail " in line)
    _grade(case, mail, "P")
    refused = _typed("export", str(case), "--sanitised", "--output", str(tmp_path / "out"))
    assert refused.exit_code == Exit.REFUSED
    assert "Zo" in refused.stderr or mail in refused.stderr
    assert not (tmp_path / "out").exists()


def test_nothing_may_go_out(case: Path, tmp_path: Path) -> None:
    """Where no code lets anything go, nothing is written, and each rule is named."""
    _grade(case, "MP/1-0001", "C", "--conditions", "none", "--reason", "the source asked")
    words = ("--sanitised", "--for", "foreign-law-enforcement", "--output", str(tmp_path / "out"))
    refused = _typed("export", str(case), *words)
    assert (refused.exit_code, refused.stdout) == (Exit.NOTHING, "")
    assert "nothing may go to foreign-law-enforcement: 5 not graded; 2 handling code C of 3x5x2" in refused.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--sanitised", "--only", "MP/1-0001"), "--sanitised chooses them"),
        (("--sanitised", "--for", "the press"), "--for the press: not one of own-agency"),
        (("--to", "Ada"), "go with --only or --sanitised"),
    ],
)
def test_contradictions(case: Path, words: tuple[str, ...], said: str) -> None:
    """Options that contradict each other are a wrong use."""
    ran = _typed("export", str(case), *words)
    assert (ran.exit_code, ran.stdout) == (Exit.USAGE, "")
    assert said in ran.stderr
