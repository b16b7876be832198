from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cli import main
from commands.exit import Exit
from exports.bundle import export_bundle
from exports.forms.conversion import convert
from exports.verification import verify
from hashing.case.case import Case
from hashing.case.events import Grade, Graded, encode
from hashing.case.grade import PARTS, SCHEMES, record_grade
from hashing.ledger.keys import default_key_path, load_or_create_signing_key
from tests.exports.small_case import CaseMaker, Thing, photo

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

_CODES = ("--source", "2", "--information", "B", "--handling", "P")


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Make a case with an exhibit of two photos, signed by the user's own key."""
    maker = CaseMaker(tmp_path / "OP-ALDER", load_or_create_signing_key(default_key_path())[0])
    maker.capture([Thing("p.jpg", photo()), Thing("q.jpg", photo(2))])
    return maker


def _typed(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def _grade(maker: CaseMaker, ref: str, *words: str) -> Result:
    return _typed("grade", ref, "--case", str(maker.path), "--officer", "Mary Price", *words)


def test_the_codes_are_explained() -> None:
    """`--explain` shows every code of both schemes with its meaning, for people and for programs."""
    shown = _typed("grade", "--explain").stdout
    assert "    B  known indirectly to the source, but corroborated" in shown
    schemes = [json.loads(line) for line in _typed("grade", "--explain", "--json").stdout.splitlines()]
    assert {each["scheme"]: {part: "".join(each[part]) for part in PARTS} for each in schemes} == SCHEMES
    assert all(meaning in shown for each in schemes for part in PARTS for meaning in each[part].values())


def test_a_grade_and_a_change_of_mind(maker: CaseMaker, tmp_path: Path) -> None:
    """An item has its own latest grade, else its exhibit's; every grade stays in log and bundle, with its reason."""
    assert _grade(maker, "MP/1", *_CODES).exit_code == Exit.OK
    first = _grade(maker, "MP/1-0002", *_CODES)
    assert first.stdout.splitlines()[0].startswith("MP/1-0002  3x5x2 2 B P, ")
    changed = ("--source", "3", "--information", "e", "--handling", "C", "--conditions", "not to the press")
    refused = _grade(maker, "MP/1-0002", *changed)
    assert (refused.exit_code, refused.stdout) == (Exit.USAGE, "")
    assert "MP/1-0002: is graded 3x5x2 2 B P already" in refused.stderr
    assert _grade(maker, "MP/1-0002", *changed, "--reason", "he was not there").exit_code == Exit.OK

    shown = _typed("show", str(maker.path), "MP/1-0002").stdout
    assert "grade      3x5x2 3 E C, by Mary Price" in shown
    assert "conditions: not to the press" in shown
    assert "graded 3x5x2 2 B P" in _typed("show", str(maker.path), "MP/1").stdout
    log = _typed("custody", "show", str(maker.path), "MP/1").stdout
    assert log.count("graded  by Mary Price") == 3
    assert "reason: he was not there" in log
    assert verify(maker.path).verdict == "ok"

    bundle = export_bundle(maker.case, key=maker.key, officer="Mary Price", output=tmp_path / "out").path
    items = [json.loads(line) for line in (bundle / "data/items.jsonl").read_text().splitlines()]
    grades = [(each["grade"]["ref"], each["grade"]["grade"]["source"]) for each in items]
    assert grades == [("MP/1", "2"), ("MP/1-0002", "3")]
    custody = json.loads((bundle / "data/custody.json").read_text())["exhibits"][0]["custody"]
    assert [each["grade"]["source"] for each in custody if each["event"] == "graded"] == ["2", "2", "3"]
    report = "".join(path.read_text() for path in bundle.rglob("*.html"))
    assert "3x5x2 3 E C, by <bdi>Mary Price</bdi>" in report
    for form, said in (("csv", b'"3x5x2 3 E C","not to the press"'), ("case-uco", b"graded by Mary Price, ")):
        convert(bundle, form, tmp_path / form)
        assert said in (tmp_path / form).read_bytes()


def test_a_grade_that_was_altered_in_a_bundle(maker: CaseMaker, tmp_path: Path) -> None:
    """A list that says another grade than the case's ledger does not verify."""
    _grade(maker, "MP/1-0001", *_CODES)
    bundle = export_bundle(maker.case, key=maker.key, officer="M", output=tmp_path / "out").path
    assert verify(bundle).verdict == "ok"
    for name, before, after in (
        ("items.jsonl", b'"source":"2","information"', b'"source":"1","information"'),
        ("custody.json", b'"source": "2"', b'"source": "1"'),
    ):
        path = bundle / "data" / name
        kept = path.read_bytes()
        assert before in kept
        path.chmod(0o600)
        path.write_bytes(kept.replace(before, after))
        found = verify(bundle)
        assert found.verdict == "mismatch"
        assert any(each.path == f"data/{name}" and "not what the sealed" in each.reason for each in found.problems)
        path.write_bytes(kept)


def test_a_grade_that_cannot_be(maker: CaseMaker) -> None:
    """A line with a code that its scheme does not have, or of an item that is not there, is told by `verify`."""
    signer = maker.key.public.raw.hex()
    for ref, source in (("MP/1-0001", "9"), ("MP/1-0009", "1")):
        grade = Grade(scheme="3x5x2", source=source, information="A", handling="P")
        time = "2026-11-24T10:15:02.123Z"
        maker.case.record(Graded(time=time, ref=ref, grade=grade, officer="M", signer=signer), key=maker.key)
    reasons = [each.reason for each in verify(maker.path).problems]
    assert len(reasons) == 2
    assert "source '9' is no code of 3x5x2: one of 1, 2, 3" in reasons[0]
    assert "of an item MP/1-0009 that the exhibit does not have" in reasons[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("MP/1-0001", "--source", "4", "--information", "A", "--handling", "P"), "source '4' is no code of 3x5x2"),
        (("MP/1-0001", "--source", "1", "--information", "A", "--handling", "C"), "--conditions does not say which"),
        (("MP/1-0001", *_CODES, "--conditions", "none"), "say C where there are some"),
        (("MP/1-0001", *_CODES, "--scheme", "6x6"), "'6x6' is no scheme of grading"),
        (("MP/1-0001", *_CODES, "--scheme", "5x5x5"), "source '2' is no code of 5x5x5"),
        (("MP/1-0009", *_CODES), "MP/1 has no item MP/1-0009"),
        (("MP/1-0001", "--source", "1"), "a grade has a --source"),
        (("MP/1-0001", *_CODES, "--reason", "x" * 5000), "reason: 5,000 characters"),
    ],
)
def test_what_is_no_grade(maker: CaseMaker, words: tuple[str, ...], said: str) -> None:
    """What cannot be a grade ends with a sentence and changes nothing."""
    before = (maker.path / "ledger.jsonl").read_bytes()
    ran = _grade(maker, *words)
    assert (ran.exit_code, ran.stdout) == (Exit.USAGE, "")
    assert said in ran.stderr
    assert (maker.path / "ledger.jsonl").read_bytes() == before


def test_grades_go_along_with_a_merge(maker: CaseMaker, tmp_path: Path) -> None:
    """A capture that is merged brings its grades, as the word of the other case."""
    _grade(maker, "MP/1-0001", *_CODES)
    ran = _typed("merge", str(tmp_path / "OWN"), str(maker.path), "--officer", "John Hill", "--quiet")
    assert ran.exit_code == Exit.OK, ran.output
    shown = json.loads(_typed("show", str(tmp_path / "OWN"), "MP/1-0001", "--json").stdout)
    assert (shown["grade"]["grade"]["source"], shown["grade"]["elsewhere"]) == ("2", maker.case.info.id)
    assert verify(tmp_path / "OWN").verdict == "ok"


def test_a_disclosure_tells_no_grade_of_another_item(maker: CaseMaker, tmp_path: Path) -> None:
    """Of an item that is not handed over no grade goes out, nor the conditions of one."""
    _grade(maker, "MP/1-0001", *_CODES)
    secret = ("--source", "1", "--information", "A", "--handling", "C", "--conditions", "canary words")
    _grade(maker, "MP/1-0002", *secret)
    out = tmp_path / "out"
    ran = _typed("export", str(maker.path), "--only", "MP/1-0001", "--output", str(out), "--officer", "M", "--quiet")
    assert ran.exit_code == Exit.OK, ran.output
    assert '"source":"2"' in (out / "data/items.jsonl").read_text()
    assert not [path for path in out.rglob("*") if path.is_file() and b"canary" in path.read_bytes()]


def test_a_forces_own_words(maker: CaseMaker, tmp_path: Path) -> None:
    """A setting names a table in a force's own words, and a grade keeps the words and whose they are."""
    table = tmp_path / "ours.toml"
    codes = {part: ", ".join(f'"{code}" = "our {code}"' for code in SCHEMES["3x5x2"][part]) for part in PARTS}
    said = "\n".join(f"{part} = {{ {codes[part]} }}" for part in PARTS)
    table.write_text(f'name = "Alder Police"\ndate = "2027-01-01"\n[3x5x2]\ndescribed = "Order 7"\n{said}\n')
    assert "    2  our 2" in _typed("grade", "--explain", "--wording", str(table)).stdout
    _grade(maker, "MP/1-0001", *_CODES, "--wording", str(table))
    assert "wording: Alder Police, 2027-01-01" in _typed("show", str(maker.path), "MP/1-0001").stdout


def test_recording_checks_once_more(maker: CaseMaker) -> None:
    """Two items are graded by one change of the case's ledger, and a line holds the words of the table."""
    grade = Grade(scheme="5x5x5", source="B", information="2", handling="5")
    before = len(list(maker.case.events()))
    events = record_grade(maker.case, ["MP/1-0001", "MP/1-0002"], grade, key=maker.key, officer="M")
    lines = list(Case.open(maker.path).events())[before:]
    assert [getattr(each, "ref", "") for each in lines] == ["MP/1-0001", "MP/1-0002"]
    assert encode(events[1]) == encode(lines[1])
