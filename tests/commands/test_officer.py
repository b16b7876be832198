"""Who captures is never guessed: it is given, or asked for once on a terminal."""

from __future__ import annotations

import os
import pty
import pwd
import select
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from commands.exit import Exit
from commands.officer import _name
from hashing.case.case import Case
from hashing.case.events import CaptureRegistered, CaseCreated
from tests.capture.conftest import jpeg
from tests.patience import PATIENCE
from tests.servers import SceneServer
from tests.test_cli import ROOT, typed, typed_in_a_process

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@pytest.fixture
def server() -> Iterator[SceneServer]:
    """Return a server with a photo."""
    with SceneServer({"/one.jpg": jpeg(10)}) as running:
        yield running


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing name the officer."""
    monkeypatch.delenv("GOLDENHOUR_OFFICER")


def _config() -> Path:
    return Path(os.environ["XDG_CONFIG_HOME"]) / "goldenhour"


def on_terminal(
    words: Sequence[str | Path], cwd: Path, answers: Sequence[tuple[str, str]] = (), **environment: str
) -> tuple[int, str]:
    """Run a command on a terminal of 80 columns, answering each question; return its exit code and what it showed."""
    controller, terminal = pty.openpty()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "LINES": "24", "TERM": "xterm", **environment}
    command = [sys.executable, "-m", "cli", *map(str, words)]
    shown, left = b"", list(answers)
    with subprocess.Popen(command, cwd=cwd, env=env, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        while select.select([controller], [], [], PATIENCE)[0]:
            try:
                piece = os.read(controller, 1 << 16)
            except OSError:  # Linux: nobody holds the other end any more
                break
            if not piece:
                break
            shown += piece
            if left and left[0][0].encode() in shown:
                os.write(controller, f"{left.pop(0)[1]}\n".encode())
        os.close(controller)
        code = process.wait(PATIENCE)
    assert not left, shown.decode()
    return code, shown.decode().replace("\r\n", "\n")


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize("empty", [{}, {"GOLDENHOUR_OFFICER": " "}, {"GOLDENHOUR_OFFICER": "\u200b\u2060 -"}])
def test_without_a_name_nothing_is_captured(tmp_path: Path, server: SceneServer, empty: Mapping[str, str]) -> None:
    """Where nobody can be asked, a capture without an officer is a usage error that says what to type."""
    for words in (["capture", server.url("/one.jpg")], ["watch", server.url("/one.jpg"), "--for", "1s"]):
        ran = typed(*words, "--case", "OP", "--allow-private", cwd=tmp_path, **empty)
        assert ran.returncode == Exit.USAGE, ran.stderr
        assert all(said in ran.stderr for said in ("--officer", "GOLDENHOUR_OFFICER", "goldenhour.toml"))
    assert not list(tmp_path.iterdir())
    assert not _config().exists()
    assert not server.requests


@pytest.mark.usefixtures("nobody")
def test_the_first_capture_asks_once(tmp_path: Path, server: SceneServer) -> None:
    """On a terminal the name and the initials are asked for, remembered in the settings, and not asked for again."""
    _config().mkdir(parents=True)
    (_config() / "goldenhour.toml").write_text("# ours\njobs = 2\n")
    words = ["capture", server.url("/one.jpg"), "--case", "OP", "--allow-private", "--quiet"]
    answers = [
        ("Your name", " "),
        ("a name is wanted", 'Ann "Nan" Ó Hara'),
        ("Your initials", "a/b"),
        ("one to", "AOH"),
    ]
    code, shown = on_terminal(words, tmp_path, [*answers, ("Remember both", "")])
    assert code == Exit.OK, shown
    assert "AOH/1" in shown
    text = (_config() / "goldenhour.toml").read_text()
    assert text.endswith("# ours\njobs = 2\n")
    assert tomllib.loads(text) == {"officer": 'Ann "Nan" Ó Hara', "initials": "AOH", "jobs": 2}

    code, shown = on_terminal(words, tmp_path)
    assert (code, "Your name" in shown) == (Exit.OK, False), shown
    assert typed(*words, cwd=tmp_path).returncode == Exit.OK
    created, *registered = [
        each for each in Case.open(tmp_path / "OP").events() if isinstance(each, CaseCreated | CaptureRegistered)
    ]
    assert {each.officer for each in (created, *registered)} == {'Ann "Nan" Ó Hara'}
    assert [each.exhibit for each in registered if isinstance(each, CaptureRegistered)] == ["AOH/1", "AOH/2", "AOH/3"]


@pytest.mark.usefixtures("nobody")
def test_what_is_not_to_be_remembered_is_not(tmp_path: Path, server: SceneServer) -> None:
    """Who says no is asked again the next time, and no settings are written."""
    words = ["capture", server.url("/one.jpg"), "--case", "OP", "--allow-private", "--quiet"]
    code, shown = on_terminal(
        words, tmp_path, [("Your name", "Mary Price"), ("Your initials", ""), ("Remember both", "n")]
    )
    assert (code, "MP/1" in shown) == (Exit.OK, True), shown
    assert not (_config() / "goldenhour.toml").exists()


def test_which_names_are_taken() -> None:
    """A name may have what its script writes it with, such as a joiner in Persian; one that hides something is none."""
    assert _name(" \u0646\u0627\u0632\u0646\u06cc\u0646\u200c\u0632\u0647\u0631\u0627 ").startswith("\u0646")
    for hidden in ("Mary\u202ePrice", "Mary\x1b[2J", "\u200d", "Mary\nPrice"):
        with pytest.raises(click.BadParameter):
            _name(hidden)


@pytest.mark.usefixtures("nobody")
def test_a_question_that_is_not_answered(tmp_path: Path) -> None:
    """Ctrl-D at a question, which click takes for Ctrl-C, ends as an interruption and is no fault; nothing was made."""
    code, shown = on_terminal(["init", "OP"], tmp_path, [("Your name", "\x04")])
    assert code == Exit.INTERRUPTED, shown
    assert shown.splitlines()[-1].endswith("goldenhour: interrupted: the question was not answered")
    assert not list(tmp_path.iterdir())


def test_a_job_without_a_home_makes_no_key(tmp_path: Path, server: SceneServer) -> None:
    """Without HOME no signing key is made, and the error says what to set; a key that is named is used."""
    # Without HOME the system is asked for it, which no test can change.
    if Path(pwd.getpwuid(os.getuid()).pw_dir, ".config/goldenhour/signing-key.pem").exists():
        pytest.skip("whoever runs this has a key")
    words = ["capture", server.url("/one.jpg"), "--case", "OP", "--allow-private"]
    ran = typed_in_a_process(*words, cwd=tmp_path, HOME="", XDG_CONFIG_HOME="")
    assert ran.returncode == Exit.USAGE, ran.stderr
    assert "HOME" in ran.stderr
    assert "--key" in ran.stderr
    assert not list(tmp_path.iterdir())

    assert typed("key", "new", "--key", "own.pem", cwd=tmp_path).returncode == Exit.OK
    ran = typed_in_a_process(*words, cwd=tmp_path, HOME="", XDG_CONFIG_HOME="", GOLDENHOUR_KEY="own.pem")
    assert ran.returncode == Exit.OK, ran.stderr
