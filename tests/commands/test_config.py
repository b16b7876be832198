from __future__ import annotations

import json
import os
import re
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from capture.errors import BadSettings
from commands import load_command
from commands.config import config
from commands.exit import Exit
from commands.settings import all_settings, load
from tests.capture.conftest import jpeg
from tests.servers import SceneServer
from tests.test_cli import typed

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

DOCS = Path(__file__).parents[2] / "docs/configuration.md"


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


def _complaint(work: Callable[[], object]) -> str:
    """Return what the error says that something ends in; "" where it ends well."""
    try:
        work()
    except click.UsageError as error:
        return error.message
    except BadSettings as error:
        return str(error)
    return ""


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
    assert found["scroll"] == ("30s", "default")
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
        ('jobs = "4"', "jobs: a whole number is wanted"),
        ('timestamp = ["ftp://me:s3cret@tsa.example/"]', "--timestamp ftp://tsa.example/: not an http"),
        ('appview = "https://me:s3cret@view.example"', "--appview https://view.example: a login"),
        ('on = ["https://me:s3cret@social.example"]', "--on https://social.example: a login"),
        ('on = "bsky"', "on: a list is wanted"),
        ('initials = ["a", "b"]', "initials: one value is wanted"),
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
    assert "Traceback" not in done.stderr
    assert "s3cret" not in done.stderr
    assert not (tmp_path / "OP").exists()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("jobs = true", "jobs: a whole number is wanted"),
        ("limit = inf", "limit: a whole number is wanted"),
        ("limit = " + "9" * 5000, "a number that is too long"),
        ("limit = 0x" + "f" * 5000, "limit: a number beyond those that TOML has"),
        ("timeout = nan", "timeout: nan is no number of seconds"),
        ("thread = 1", "thread: true or false is wanted"),
        ("initials = 5", "initials: text in quotes is wanted"),
        ('officer = "Mary\\u001b[31m"', "officer: holds a control character"),
        ('cookies = ""', "cookies: the path of a file is wanted"),
        ('media = "pictures"', "--media pictures: pictures is not a kind of media"),
        ('min-free = "much"', "--min-free much: not a size"),
        ('initials = "!"', "--initials !: not initials"),
        ('user-agent = "\u00fc"', "holds more than a header can"),
    ],
)
def test_a_value_that_its_option_does_not_take_is_refused(text: str, complaint: str) -> None:
    """A value of another type, beyond bounds or without meaning is an error that names the file."""
    path = _own(text)
    said = _complaint(partial(click.Command("any", params=[*all_settings()]).make_context, "any", []))
    assert said.startswith(f"{path}: ")
    assert complaint in said


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "circle"])
def test_what_is_no_file_in_the_place_of_a_cases_file_holds_nothing_up(kind: str, tmp_path: Path) -> None:
    """A pipe, a device, a folder or a link in a circle where a case's file should be is an error at once."""
    path = tmp_path / "OP/goldenhour.toml"
    path.parent.mkdir()
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "folder":
            path.mkdir()
        case _:
            path.symlink_to(path.name)
    done = typed("config", "OP", cwd=tmp_path)
    assert done.returncode == Exit.USAGE
    assert done.stderr.startswith("goldenhour: OP/goldenhour.toml: ")


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f'officer = "{text}"'.encode("utf-8", "replace"))
)
def test_any_bytes_are_settings_or_an_error_of_ours(data: bytes) -> None:
    """Whatever stands in a file, it is read as settings or refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "goldenhour.toml")
        path.write_bytes(data)
        complaint = _complaint(lambda: load(path))
        assert complaint.startswith(f"{path}: ") or set(load(path)) <= {option.setting for option in all_settings()}


_ODD = [
    "true",
    "-1",
    "9223372036854775807",
    "1e400",
    "nan",
    '""',
    '"~nobody/x"',
    '"\ufffd="',
    '"://@"',
    '[""]',
    "[[]]",
    "[1]",
]


@pytest.mark.parametrize("literal", _ODD)
def test_any_value_is_taken_or_an_error_that_names_the_file(literal: str) -> None:
    """An odd value of any setting is taken, or refused with the file's name; it never ends in a traceback."""
    path = _own("")
    for option in all_settings():
        path.write_text(f"{option.setting} = {literal}\n")
        load.cache_clear()
        complaint = _complaint(partial(click.Command("any", params=[option]).make_context, "any", []))
        assert not complaint or complaint.startswith(f"{path}: ")


def test_a_value_of_the_environment_that_cannot_be_meant_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wrong in a variable is told with the variable, and without the password in it."""
    monkeypatch.setenv("GOLDENHOUR_PROXY", "ftp://me:s3cret@proxy.example")
    done = typed("config", cwd=tmp_path)
    assert done.returncode == Exit.USAGE
    assert "GOLDENHOUR_PROXY: --proxy: not the address of an HTTP proxy" in done.stderr
    assert "s3cret" not in done.stderr


def test_a_case_that_is_not_there_has_no_settings(tmp_path: Path) -> None:
    """A misspelt case is an error: what is shown would be of no case."""
    done = typed("config", "OP-ALDR", cwd=tmp_path)
    assert done.returncode == Exit.USAGE
    assert "OP-ALDR" in done.stderr


def test_paths_in_a_file_are_from_its_folder(tmp_path: Path) -> None:
    """A key, cookies or a token named in a file is the same one in whatever folder a command is run."""
    own = _own('key = "mine.pem"\ncookies = "~/cookies.txt"\ntoken = ["a.example=keys/a", "/b"]\n')
    found = _settings(tmp_path)
    assert found["key"][0] == str(own.parent / "mine.pem")
    assert found["cookies"][0] == os.path.expanduser("~/cookies.txt")  # noqa: PTH111 - as a shell says it
    assert found["token"][0] == [f"a.example={own.parent}/keys/a", "/b"]


@pytest.mark.parametrize("option", ["--token", "--cookies"])
def test_credentials_that_others_can_read_are_told(option: str, tmp_path: Path) -> None:
    """A file with a token or cookies that others on the computer can read is used, with a warning; its own is not."""
    secret = tmp_path / "lent"
    secret.write_text("# Netscape HTTP Cookie File\n" if option == "--cookies" else "s3cret")
    for mode, told in ((0o640, True), (0o604, True), (0o600, False)):
        secret.chmod(mode)
        done = _capture(tmp_path, option, "scene.invalid=lent" if option == "--token" else "lent")
        assert done.returncode == Exit.NOTHING, done.stderr
        assert ("lent: others on this computer can read it\n  hint: run: chmod 600 lent" in done.stderr) is told
        assert "s3cret" not in done.stderr


@pytest.mark.parametrize("option", [pytest.param(each, id=each.setting) for each in all_settings() if not each.in_case])
def test_a_case_from_somebody_else_cannot_redirect_us(option: object, tmp_path: Path) -> None:
    """What sends requests elsewhere, lends credentials or says who acts is refused in a case's file."""
    name = getattr(option, "setting", "")
    _case(tmp_path, f'{name} = "http://evil.example:1"\n')
    done = typed("capture", "https://scene.invalid/", "--case", "OP", cwd=tmp_path)
    assert done.returncode == Exit.USAGE
    assert f"OP/goldenhour.toml: {name}: a case's file may not set this" in done.stderr


@pytest.mark.parametrize("flag", ["allow-private", "allow-network", "insecure"])
def test_what_weakens_a_guard_is_typed(flag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What weakens a guard is typed each time: a file that sets it is refused, and no variable is read."""
    monkeypatch.setenv(f"GOLDENHOUR_{flag.upper().replace('-', '_')}", "1")
    command = load_command("capture")
    read = command.make_context("capture", ["https://scene.invalid/"])
    assert not read.params[flag.replace("-", "_") + ("s" if flag == "allow-network" else "")]
    path = _own(f"{flag} = true\n")
    load.cache_clear()
    said = _complaint(partial(command.make_context, "capture", ["https://scene.invalid/"]))
    assert said.startswith(f"{path}: {flag}: no such setting")


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
    """docs/configuration.md lists each setting, with its help and whether a case's file may give it; and no other."""
    text = DOCS.read_text("utf-8")
    listed = re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)
    assert sorted(listed) == sorted(option.setting for option in all_settings())
    for option in all_settings():
        assert f"| `{option.setting}` | {'yes' if option.in_case else ''} | {option.help} |" in text


@pytest.mark.parametrize(
    "named",
    [
        "postgresql://me:hunter2@db/fleet",
        "postgresql://db/fleet?password=hunter2",
        "host=db password=hunter2",
        "host=db password = 'hunter2 hunter2' user=me",
        "sslpassword=hunter2",
    ],
)
def test_a_databases_password_is_not_shown(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the setting writes it, `config` shows the rest alone: its output goes into a mail with a question."""
    monkeypatch.setenv("GOLDENHOUR_DATABASE", named)
    done = CliRunner().invoke(config, [])
    assert done.exit_code == 0
    assert "hunter2" not in done.output
    assert "GOLDENHOUR_DATABASE" in done.output
