from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cli import main
from commands.exit import Exit
from commands.settings_file import user_file
from hashing.ledger.keys import default_key_path, load_or_create_signing_key
from tests.servers import SceneServer
from tests.test_cli import ROOT, typed

if TYPE_CHECKING:
    from pathlib import Path


def test_a_computer_that_can_capture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit code is 0, every check stands in the table, and no key is made."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code == Exit.OK, done.stdout
    checks = re.findall(r"^(?:ok|warning) +(\S+(?: \S+)*)  ", done.stdout, re.MULTILINE)
    assert {"python", "yt-dlp", "clock", "signing key", "settings", "folder", "room", "ffmpeg"} <= set(checks)
    assert {"sandbox", "names", "network", "proxy", "certificates", "extractors"} <= set(checks)
    assert "none yet" in done.stdout
    assert re.search(r"(?:nothing at fault|\d+ faults?)(?:, \d+ warnings?)?; \d+ checked$", done.stdout)
    assert list(tmp_path.iterdir()) == []


def test_a_computer_that_cannot(tmp_path: Path) -> None:
    """A broken config and a key for all eyes are faults: exit code 3, each with what to do; --json says the same."""
    config = tmp_path / "config/goldenhour"
    config.mkdir(parents=True)
    (config / "goldenhour.toml").write_text("on = [")
    key = tmp_path / "key.pem"
    key.write_text("-----BEGIN PRIVATE KEY-----\n")
    key.chmod(0o644)
    words = ("doctor", "--key", key)
    done = typed(*words, cwd=tmp_path, XDG_CONFIG_HOME=str(tmp_path / "config"))
    assert done.returncode == Exit.IN_PART
    assert f"fault    signing key    {key}: others than its owner can use this private key" in done.stdout
    assert "hint: run: chmod 600" in done.stdout
    assert "goldenhour.toml" in done.stdout
    assert "2 faults" in done.stdout
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    told = CliRunner().invoke(main, ["doctor", "--key", str(key), "--json"], env=environment)
    assert told.exit_code == Exit.IN_PART
    findings = [json.loads(line) for line in told.stdout.splitlines()]
    assert {each["check"] for each in findings if each["state"] == "fault"} == {"signing key", "settings"}
    text = (ROOT / "docs/json.md").read_text("utf-8").partition("## `goldenhour doctor")[2].partition("\n## ")[0]
    assert set(findings[0]) <= set(re.findall(r"`([a-z0-9_]+)`", text))


@pytest.mark.parametrize("text", ["jbos = 4", 'ntp = "a b"', "on = 5", 'timestamp = "https://tsa.example"', "\0"])
def test_settings_that_cannot_be_used_are_a_finding(text: str) -> None:
    """The other checks are made all the same, as if there were no file."""
    user_file().parent.mkdir(parents=True)
    user_file().write_text(text)
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code == Exit.IN_PART
    assert f"fault    settings       {user_file()}: " in done.stdout
    assert "certificates" in done.stdout
    assert CliRunner().invoke(main, ["doctor", "--ntp", "a b"]).exit_code == Exit.USAGE


def test_a_login_in_the_settings_is_not_shown() -> None:
    """An AppView with a password in its address is refused, in the table and without the password."""
    user_file().parent.mkdir(parents=True)
    user_file().write_text('appview = "https://me:secret@view.example"')
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code == Exit.IN_PART
    assert "secret" not in done.output


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("lxml", "fault    lxml           cannot be loaded"),
        ("cryptography.exceptions", "fault    all else       could not be checked"),
    ],
)
def test_a_library_that_cannot_be_loaded_is_a_finding(tmp_path: Path, module: str, said: str) -> None:
    """A broken installation is what a doctor is called for: it is said, and is no traceback."""
    load_or_create_signing_key(default_key_path())
    program = f"import sys; sys.modules[{module!r}] = None; from cli import main; main(['doctor'])"
    command = [sys.executable, "-c", program]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == Exit.IN_PART, done.stderr
    assert f"{said}: import of {module}" in done.stdout
    assert done.stderr == ""


def test_services_that_are_down_are_found_by_a_probe() -> None:
    """With --probe the servers that were named are asked; without it nobody is."""
    with SceneServer({}) as gone:
        services = ("--appview", gone.origin, "--plc", gone.origin, "--on", gone.origin, "--allow-private")
    quiet = CliRunner().invoke(main, ["doctor", *services])
    assert quiet.exit_code == Exit.OK, quiet.stdout
    done = CliRunner().invoke(main, ["doctor", "--probe", *services])
    assert done.exit_code == Exit.IN_PART
    assert "connection refused" in done.stdout
    assert "1 fault, " in done.stdout


@pytest.mark.parametrize(
    "words", [("--ntp", "a b"), ("--proxy", "socks5://x"), ("--proxy", "http://me:pw@proxy.example:1")]
)
def test_what_cannot_be_meant_is_a_wrong_use(words: tuple[str, str]) -> None:
    """A time server or a proxy that is none, or a password for all to see, is refused before anything is looked at."""
    done = CliRunner().invoke(main, ["doctor", *words])
    assert done.exit_code == Exit.USAGE
    assert done.stdout == ""


def test_the_version_names_what_matters(tmp_path: Path) -> None:
    """`--version` names the tool in its first line as it signs, then each library on a line of its own."""
    lines = typed("--version", cwd=tmp_path).stdout.splitlines()
    assert re.fullmatch(r"goldenhour .*, Python 3\.\S+", lines[0])
    assert {line.split()[0] for line in lines[1:]} >= {"openssl", "lxml", "pillow", "yt-dlp", "cryptography"}
