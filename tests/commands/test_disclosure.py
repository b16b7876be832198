from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cli import main
from tests.exports.small_case import CaseMaker, Thing, make_case, photo

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


@pytest.fixture
def maker(tmp_path: Path) -> CaseMaker:
    """Make a case of one capture of two photos."""
    maker = make_case(tmp_path)
    maker.capture([Thing("front.jpg", photo(1)), Thing("crowd.jpg", photo(2))])
    return maker


def export(maker: CaseMaker, *words: str) -> Result:
    """Type `goldenhour export`, with the case's own key."""
    return CliRunner().invoke(main, ["export", str(maker.path), "--key", str(_key(maker)), "-q", *words])


def _key(maker: CaseMaker) -> Path:
    return maker.path.parent / "key" / "signing-key.pem"


def test_only(maker: CaseMaker, tmp_path: Path) -> None:
    """`export --only` says what is in it and how many items are withheld; `verify` says the same of the bundle."""
    done = export(maker, "--only", "MP/1-0002", "--to", "Ada Cole", "--output", str(tmp_path / "out"))
    assert (done.exit_code, done.stderr) == (0, "")
    assert "1 item of 1 capture" in done.stdout
    assert "withheld 1 item of the same captures" in done.stdout
    verified = CliRunner().invoke(main, ["verify", str(tmp_path / "out"), "-q"])
    assert verified.exit_code == 0
    assert "disclosed  MP/1: 1 of 2 items, 1 withheld" in verified.stdout
    shown = CliRunner().invoke(main, ["custody", "show", str(maker.path)])
    assert "disclosed" in shown.stdout
    assert "to Ada Cole" in shown.stdout


def test_named_for_its_items(maker: CaseMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --output a disclosure is named for its items, several in one option or in several."""
    monkeypatch.chdir(maker.path.parent)
    done = export(maker, "--only", "MP/1-0002,MP/1-0001", "--only", "MP/1-0002", "--zip", "--json")
    printed = json.loads(done.stdout)
    assert printed["path"].endswith("OP-ALDER_MP-1-0002+MP-1-0001.zip")
    assert (printed["only"], printed["withheld"]) == (["MP/1-0001", "MP/1-0002"], 0)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--only", "MP/1-0002", "--exhibit", "MP/1"], 2, "--only names single items, --exhibit whole exhibits"),
        (["--to", "Ada"], 2, "--to and --reason go with --only"),
        (
            ["--only", "MP/1-0009"],
            4,
            "MP/1-0009: MP/1 has no such item\n  hint: see its items with: goldenhour show CASE MP/1",
        ),
        (["--only", "MP/1"], 4, "MP/1: not the reference of an item"),
        (["--only", "MP/2-0001"], 4, "no exhibit MP/2"),
        (["--only", "MP/1-0001", "--to", "x" * 5000], 2, "to: 5,000 characters, and the log takes 4,000"),
    ],
)
def test_what_cannot_be_disclosed(maker: CaseMaker, tmp_path: Path, words: list[str], code: int, message: str) -> None:
    """What is typed wrongly, or is not there, ends in a plain sentence and leaves nothing behind."""
    done = export(maker, "--output", str(tmp_path / "out"), *words)
    assert done.exit_code == code
    assert message in done.stderr
    assert not list(tmp_path.glob("*out*"))


def test_redact_and_open(maker: CaseMaker, tmp_path: Path) -> None:
    """`export --redact` names what is withheld and the file that opens it; `verify --openings` shows it, proven."""
    done = export(maker, "--only", "MP/1-0002", "--redact", "url,network", "--output", str(tmp_path / "out"))
    assert done.exit_code == 0, done.stderr
    assert "without  url, network" in done.stdout
    assert f"openings {tmp_path}/out.openings.json" in done.stdout
    openings = ["--openings", str(tmp_path / "out.openings.json")]
    shut = CliRunner().invoke(main, ["verify", str(tmp_path / "out"), "-q"])
    assert "1 withheld; without url, network" in shut.stdout
    assert "crowd.jpg" not in shut.stdout
    assert "exchanges-" not in (tmp_path / "out" / "README.txt").read_text()
    opened = CliRunner().invoke(main, ["verify", str(tmp_path / "out"), "-q", *openings])
    assert opened.exit_code == 0
    assert "opened     MP/1-0002  url: https://news.example/crowd.jpg" in opened.stdout
    printed = json.loads(CliRunner().invoke(main, ["verify", str(tmp_path / "out"), "--json", *openings]).stdout)
    assert {each["word"] for each in printed["opened"]} == {"url", "network"}
    assert printed["disclosed"] == [{"exhibit": "MP/1", "items": 1, "withheld": 1, "redacted": ["url", "network"]}]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--redact", "url"], 2, "--redact, --to and --reason go with --only"),
        (["--only", "MP/1-0002", "--redact", ","], 2, "not one of url, author, text"),
        (["--only", "MP/1-0002", "--redact", "faces"], 2, "--redact faces: not one of url, author, text"),
        (["--only", "MP/1-0002", "--redact", "network", "--officer", "203.0.113.7"], 7, "would still be told"),
    ],
)
def test_what_cannot_be_withheld(maker: CaseMaker, tmp_path: Path, words: list[str], code: int, message: str) -> None:
    """What cannot be withheld ends in a plain sentence, and leaves nothing behind."""
    done = export(maker, "--output", str(tmp_path / "out"), *words)
    assert done.exit_code == code
    assert message in done.stderr
    assert not list(tmp_path.glob("*out*"))


def test_openings_that_are_none(maker: CaseMaker, tmp_path: Path) -> None:
    """A file that holds no openings, one that is not there, and several paths are refused with a sentence."""
    (tmp_path / "file").write_text("x")
    typed = ["verify", str(maker.path), "-q", "--openings"]
    assert "not a file of openings" in CliRunner().invoke(main, [*typed, str(tmp_path / "file")]).stderr
    assert CliRunner().invoke(main, [*typed, str(tmp_path / "none")]).exit_code == 6
    assert CliRunner().invoke(main, [*typed, str(tmp_path / "file"), str(maker.path)]).exit_code == 2
