from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from commands.exit import Exit
from commands.settings_list import all_settings
from tests.capture.conftest import jpeg
from tests.servers import SceneServer
from tests.test_cli import typed

if TYPE_CHECKING:
    import subprocess

DOCS = Path(__file__).parents[1] / "docs/configuration.md"


def _own(text: str) -> Path:
    """Write the user's own file."""
    path = Path(os.environ["XDG_CONFIG_HOME"]) / "goldenhour/goldenhour.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def _case(folder: Path, text: str) -> Path:
    path = folder / "OP/goldenhour.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def _settings(folder: Path, *words: str) -> dict[str, tuple[object, str]]:
    done = typed("config", *words, "--json", cwd=folder)
    assert done.returncode == Exit.OK, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["setting"]: (row["value"], row["from"]) for row in rows}


def test_each_place_goes_before_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable goes before the user's file, that before the case's, that before the program's default."""
    own, case = _own("jobs = 4\nlimit = 7\n"), _case(tmp_path, 'jobs = 3\nlimit = 8\nmedia = "none"\n')
    monkeypatch.setenv("GOLDENHOUR_JOBS", "5")
    found = _settings(tmp_path, "OP")
    assert found["jobs"] == (5, "GOLDENHOUR_JOBS")
    assert found["limit"] == (7, str(own))
    assert found["media"] == ("none", "OP/goldenhour.toml")
    assert found["timeout"] == (30.0, "default")
    assert case.exists()
    assert _settings(tmp_path)["media"] == ("photos,videos", "default")


def test_a_capture_takes_its_settings_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the files and the environment say is what the capture does, and what its ledger says that it did."""
    _own('officer = "Mary Price"\ninitials = "MP"\ntimeout = 3\n')
    _case(tmp_path, 'media = "none"\ntimeout = 9\n')
    (tmp_path / "OP/goldenhour.toml").rename(tmp_path / "later.toml")
    (tmp_path / "OP").rmdir()
    monkeypatch.setenv("GOLDENHOUR_USER_AGENT", "of the environment")
    with SceneServer({"/": b'<!doctype html><img src="/one.jpg">', "/one.jpg": jpeg(1)}) as server:
        words = ["capture", server.url("/"), "--case", "OP", "--allow-private", "--json"]
        first = json.loads(typed(*words, cwd=tmp_path).stdout)
        assert [item["kind"] for item in first["items"]] == ["page", "photo"]
        (tmp_path / "later.toml").rename(tmp_path / "OP/goldenhour.toml")
        second = json.loads(typed(*words, "--limit", "5", cwd=tmp_path).stdout)
    assert [item["kind"] for item in second["items"]] == ["page"]
    assert (second["officer"], second["exhibit"]) == ("Mary Price", "MP/2")
    ledger = json.loads((tmp_path / "OP/captures" / second["capture"] / "ledger.jsonl").read_text().splitlines()[0])
    settings = ledger["settings"]
    assert (settings["media"], settings["timeout"], settings["limit"]) == ("none", "3 s", 5)
    assert settings["user_agent"] == "of the environment"
    assert typed("verify", "OP", cwd=tmp_path).returncode == Exit.OK


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("jobbs = 4", "jobbs: no such setting"),
        ("jobs = 400", "jobs: 400 is not in the range"),
        ('jobs = "many"', "jobs: 'many' is not a valid integer"),
        ('on = "bsky"', "on: a list is wanted"),
        ('officer = ["a", "b"]', "officer: one value is wanted"),
        ("officer = 2026-11-24", "officer: neither text nor a number"),
        ("[officer]\nname = 1", "officer: neither text nor a number"),
        ("on = [", "nvalid"),
        ("\0", "nvalid"),
        ('\ufeffon = ["bsky"]', "nvalid"),
        ("a = " + "[" * 5000, ""),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(text: str, complaint: str, tmp_path: Path) -> None:
    """A misspelt name, a wrong value, a broken file: an error that names the file, before anything is captured."""
    path = _own(text)
    done = typed("capture", "https://scene.invalid/", "--case", "OP", cwd=tmp_path)
    assert done.returncode == Exit.USAGE, done.stderr
    assert f"{path}: " in done.stderr
    assert complaint in done.stderr
    assert not (tmp_path / "OP").exists()


@pytest.mark.parametrize("option", [pytest.param(each, id=each.setting) for each in all_settings() if not each.in_case])
def test_a_case_from_somebody_else_cannot_redirect_us(option: object, tmp_path: Path) -> None:
    """What sends requests elsewhere, lends credentials or says who acts is refused in a case's file."""
    name = getattr(option, "setting", "")
    _case(tmp_path, f'{name} = "http://evil.example:1"\n')
    done = typed("capture", "https://scene.invalid/", "--case", "OP", cwd=tmp_path)
    assert done.returncode == Exit.USAGE
    assert f"OP/goldenhour.toml: {name}: a case's file may not set this" in done.stderr


def test_a_token_is_not_lent_to_a_server_that_the_case_names(tmp_path: Path) -> None:
    """A token without a host goes to the servers that the user names, and not to one that a case's file names."""
    (tmp_path / "token").write_text("s3cret")
    _case(tmp_path, 'on = ["evil.example"]\n')
    done = typed("capture", "#fire", "--case", "OP", "--token", "token", cwd=tmp_path)
    assert done.returncode == Exit.USAGE
    assert "say for which host it is" in done.stderr


def _capture(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return typed("capture", "https://scene.invalid/", "--case", "OP", *words, cwd=folder)


def test_no_password_on_the_command_line_or_in_any_output(tmp_path: Path) -> None:
    """A password in an address is refused where a shell would keep it, and shown nowhere."""
    refused = _capture(tmp_path, "--proxy", "http://me:s3cret@127.0.0.1:1")
    assert refused.returncode == Exit.USAGE
    assert "GOLDENHOUR_PROXY" in refused.stderr
    _own('proxy = "http://me:s3cret@127.0.0.1:1"\n')
    assert _settings(tmp_path)["proxy"][0] == "http://127.0.0.1:1"
    done = _capture(tmp_path)
    assert done.returncode == Exit.NOTHING, done.stderr
    files = [path.read_bytes() for path in (tmp_path / "OP").rglob("*") if path.is_file()]
    assert not any("s3cret" in text for text in (refused.stderr, refused.stdout, done.stderr, done.stdout))
    assert not any(b"s3cret" in data for data in files)


def test_every_setting_is_documented() -> None:
    """docs/configuration.md lists each setting, with its help and whether a case's file may give it."""
    text = DOCS.read_text("utf-8")
    for option in all_settings():
        assert f"| `{option.setting}` | {'yes' if option.in_case else ''} | {option.help} |" in text
