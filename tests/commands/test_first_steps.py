"""What somebody who has never used goldenhour meets: empty cases, wrong values, libraries that are not there."""

from __future__ import annotations

from errno import EACCES
from importlib import util
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cli import main
from commands import COMMANDS, load_command
from commands.exit import Exit
from hashing.case.case import Case
from hashing.files.storage import storage_error
from hashing.ledger.keys import default_key_path, load_or_create_signing_key

OFFICER = "Mary Price"


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a case without captures, in the current folder; return its name."""
    monkeypatch.chdir(tmp_path)
    Case.open_or_create(Path("OP-ALDER"), key=load_or_create_signing_key(default_key_path())[0], officer=OFFICER)
    return "OP-ALDER"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("show OP-ALDER", Exit.OK, "no captures yet\n  hint: make one: goldenhour capture ADDRESS --case OP-ALDER"),
        (
            f"export OP-ALDER --officer '{OFFICER}'",
            Exit.NOTHING,
            "it has no captures yet\n  hint: capture something: goldenhour capture ADDRESS --case OP-ALDER",
        ),
        ("appeal list --case OP-ALDER", Exit.OK, "no appeal is open"),
        ("login --list", Exit.OK, "no session is kept here"),
        ("view nowhere.zip", Exit.UNCHECKED, "hint: name a bundle, as `ls` shows it"),
        ("config nowhere", Exit.USAGE, "nowhere: no such case folder"),
        ("merge nowhere OP-ALDER --dry-run", Exit.USAGE, "nowhere: no such case yet"),
        ("store list nowhere", Exit.USAGE, "is no place in a store: such as s3://evidence/OP-ALDER"),
    ],
)
def test_an_empty_case_and_a_mistyped_name_end_in_what_to_do(words: str, code: Exit, said: str, case: str) -> None:
    """Where there is nothing to show, hand over or read, a sentence says so, and the next step."""
    assert case
    done = CliRunner().invoke(main, words.replace(f"'{OFFICER}'", OFFICER.replace(" ", "_")))
    assert done.exit_code == code, done.output
    assert said in done.stderr


def test_a_wrong_value_is_told_with_its_variable(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that is none, set in the environment, names the variable, and `config` names itself in full."""
    monkeypatch.setenv("GOLDENHOUR_MAX_SIZE", "abc")
    done = CliRunner().invoke(main, ["config", case], prog_name="goldenhour")
    assert done.exit_code == Exit.USAGE
    assert "GOLDENHOUR_MAX_SIZE: max-size: 'abc': a whole number is wanted" in done.stderr
    assert "Try 'goldenhour config --help'" in done.stderr


def test_what_could_not_be_written_is_called_by_its_own_name() -> None:
    """A refusal names what was asked for, and never the draft that would have become it."""
    for draft in (".OP-ALDER.ccee8da9.part", ".OP-ALDER.d4f9a2d3-15425-26aebcd5.part", "OP-ALDER"):
        error = storage_error(Path("usb") / draft, OSError(EACCES, "no"))
        assert str(error) == "usb/OP-ALDER: permission denied"


def test_a_page_for_the_public_without_its_library_is_a_sentence(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without multipart nothing is made, and the command that installs it is named."""
    there = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name, *more: None if name == "multipart" else there(name, *more))
    done = CliRunner().invoke(main, ["receive", "--case", "OP-NEW", "--officer", OFFICER])
    assert case
    assert done.exit_code == Exit.USAGE
    assert "-m pip install 'multipart>=1.2'" in done.stderr
    assert not Path("OP-NEW").exists()


def test_the_help_of_a_group_tells_each_command_in_a_whole_sentence() -> None:
    """No command of a group is described by the beginning of a sentence."""
    groups = [name for name in COMMANDS if isinstance(load_command(name), click.Group)]
    assert "fleet" in groups
    for name in groups:
        commands = CliRunner().invoke(main, [name, "--help"]).stdout.partition("\nCommands:")[2]
        assert commands
        assert "..." not in commands
