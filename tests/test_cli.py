from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from cli import main
from commands import COMMANDS, load_command, settings
from commands.exit import Exit
from tests.capture.conftest import jpeg
from tests.patience import PATIENCE
from tests.servers import Body, Certificate, MisbehavingServer, SceneServer, TlsServer

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PAGE = b'<!doctype html><title>Fire \x1b[31mon Market Street</title><p>dark<img src="/one.jpg"><img src="/two.jpg">'
FILES: dict[str, Body | bytes] = {"/": PAGE, "/one.jpg": jpeg(10), "/two.jpg": jpeg(20)}


def typed(*words: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a user types it, without a process of its own: seconds less on a slow machine.

    An error that no command expects is raised here, where a process would end with its traceback.
    """
    command = [*map(str, words)]
    settings.load.cache_clear()  # the files of one run, which are another test's at the next
    with contextlib.chdir(cwd):
        ran = CliRunner().invoke(main, command, env=environment, prog_name="goldenhour")
    if ran.exception is not None and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    return subprocess.CompletedProcess(command, ran.exit_code, ran.stdout, ran.stderr)


def typed_in_a_process(*words: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, for what only that shows: encodings, imports, the way out."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-m", "cli", *map(str, words)]
    return subprocess.run(
        command,
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        check=False,
        timeout=PATIENCE,
    )


@pytest.fixture
def server() -> Iterator[SceneServer]:
    """Return a server with a page of two photos."""
    with SceneServer(FILES) as running:
        yield running


def _capture(tmp_path: Path, url: str, *more: str) -> subprocess.CompletedProcess[str]:
    officer = ("--officer", "Mary Price", "--initials", "MP")
    return typed("capture", url, "--case", "OP-ALDER", *officer, "--allow-private", *more, cwd=tmp_path)


def test_the_main_job_from_scene_to_bundle(tmp_path: Path, server: SceneServer) -> None:
    """Capture, show, verify, export and verify again all succeed, each in a process, and say what a person needs."""
    captured = _capture(tmp_path, server.url("/"))
    assert captured.returncode == 0, captured.stderr
    assert "MP/1-0001" in captured.stdout
    assert "MP/1  complete: 3 stored, 0 not captured" in captured.stdout
    [fingerprint] = re.findall(r"^seal +((?:[0-9a-f]{4} ){9}[0-9a-f]{4})$", captured.stdout, re.MULTILINE)
    assert "made your signing key" in captured.stderr

    shown = typed_in_a_process("show", "OP-ALDER", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "one.jpg" in shown.stdout

    verified = typed_in_a_process("verify", "OP-ALDER", cwd=tmp_path)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "unconfirmed" in verified.stdout

    exported = typed_in_a_process(
        "export", "OP-ALDER", "--zip", "--output", "bundle.zip", "--officer", "Mary Price", cwd=tmp_path
    )
    assert exported.returncode == 0, exported.stderr
    again = typed_in_a_process("verify", "bundle.zip", cwd=tmp_path)
    assert again.returncode == 0, again.stdout
    assert fingerprint in typed_in_a_process("show", "OP-ALDER", "--json", cwd=tmp_path).stdout


def test_json_is_one_object_a_scene(tmp_path: Path, server: SceneServer) -> None:
    """`capture --json` prints what it promises and nothing else on stdout."""
    captured = _capture(tmp_path, server.url("/"), server.url("/one.jpg"), "--json")
    assert captured.returncode == 0, captured.stderr
    first, second = map(json.loads, captured.stdout.splitlines())
    assert {"scene", "case", "capture", "status", "items", "failed", "seal"} <= first.keys()
    assert (first["status"], len(first["items"]), first["failed"]) == ("complete", 3, [])
    for item in first["items"]:
        assert {"ref", "kind", "url", "path", "size", "sha256"} <= item.keys()
        assert (tmp_path / "OP-ALDER" / item["path"]).stat().st_size == item["size"]
    assert {"root", "size", "fingerprint"} <= first["seal"].keys()
    assert second["items"][0]["ref"] == "MP/2-0001"

    verified = json.loads(typed("verify", "OP-ALDER", "--json", cwd=tmp_path).stdout)
    assert {"path", "verdict", "altered", "missing", "added", "signer"} <= verified.keys()
    assert (verified["verdict"], verified["altered"]) == ("ok", [])


def test_nothing_hostile_reaches_the_terminal(tmp_path: Path, server: SceneServer) -> None:
    """Escape sequences in a title are shown as text, not sent to the terminal."""
    for command in (_capture(tmp_path, server.url("/")), typed("show", "OP-ALDER", cwd=tmp_path)):
        assert "\x1b" not in command.stdout + command.stderr


def test_nothing_hostile_reaches_the_terminal_by_any_command(tmp_path: Path) -> None:
    """Names, titles and descriptions meant for terminals and file systems do no harm, from capture to hand-over."""
    with MisbehavingServer() as server:
        captured = _capture(tmp_path, server.url("/names"), "--title", "\x1b[2Jtitle\u202e", "--note", "a\x9b31m\nb")
    assert captured.returncode == Exit.OK, captured.stderr
    shown = typed("show", "OP-ALDER", cwd=tmp_path)
    exported = typed("export", "OP-ALDER", "--output", "bundle", cwd=tmp_path)
    photo = next((tmp_path / "bundle").glob("data/captures/*/items/0003-*"))
    photo.unlink()
    (photo.parent / "\x1b]0;owned\x07\u202egpj.exe").touch()
    verified = typed("verify", "bundle", cwd=tmp_path)
    assert verified.returncode == Exit.MISMATCH
    for ran in (captured, shown, exported, verified):
        assert all(line.isprintable() for line in (ran.stdout + ran.stderr).splitlines())
    readme = (tmp_path / "bundle" / "README.txt").read_text()
    assert all(line.isprintable() for line in readme.splitlines())


def test_a_command_that_is_none_is_named_harmlessly(tmp_path: Path) -> None:
    """A word that was pasted in a command's place is written out and commands no terminal."""
    ran = typed("\x1b]0;owned\x07\u202egpj", cwd=tmp_path)
    assert (ran.returncode, "\\x1b]0;owned\\x07\\u202egpj" in ran.stderr) == (Exit.USAGE, True), ran.stderr
    assert all(line.isprintable() for line in ran.stderr.splitlines())


def test_every_name_in_a_bundle_fits_every_file_system(tmp_path: Path) -> None:
    """Whatever a server called its files, a bundle can be unpacked on a stick of any make, and on Windows."""
    with MisbehavingServer() as server:
        _capture(tmp_path, server.url("/names"))
    assert typed("export", "OP-ALDER", "--output", "bundle", cwd=tmp_path).returncode == Exit.OK
    paths = [path.relative_to(tmp_path / "bundle") for path in (tmp_path / "bundle").rglob("*")]
    assert len({str(path).lower() for path in paths}) == len(paths)
    devices = {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(10))}
    for path in paths:
        assert not set(path.name) & set('<>:"\\|?*'), path
        assert path.name.isascii(), path
        assert path.name == path.name.rstrip(". "), path
        assert path.name.partition(".")[0].upper() not in devices, path
        assert len(str(path)) < 200, path


@pytest.mark.parametrize(("name", "top"), [("OP: Alder.zip", "OP- Alder"), ("a\\b.zip", "a-b"), (".zip", "bundle")])
def test_a_zip_may_have_any_name(tmp_path: Path, server: SceneServer, name: str, top: str) -> None:
    """The one folder in a zip has a name that every system takes, whatever the zip itself is called."""
    _capture(tmp_path, server.url("/one.jpg"))
    exported = typed("export", "OP-ALDER", "--zip", "--output", name, cwd=tmp_path)
    assert exported.returncode == Exit.OK, exported.stderr
    with zipfile.ZipFile(tmp_path / name) as archive:
        assert {each.partition("/")[0] for each in archive.namelist()} == {top}
    assert typed("verify", name, cwd=tmp_path).returncode == Exit.OK


def test_names_that_are_no_text_are_shown_as_text(tmp_path: Path, server: SceneServer) -> None:
    """A case in a folder whose name is not UTF-8 can be filled, shown, verified and handed over."""
    case = os.fsdecode(b"OP\xff")
    captured = typed_in_a_process("capture", server.url("/"), "--case", case, "--allow-private", cwd=tmp_path)
    assert captured.returncode == Exit.OK, captured.stderr
    for command in ("show", "verify", "export"):
        ran = typed_in_a_process(command, case, cwd=tmp_path)
        assert ran.returncode == Exit.OK, ran.stderr
    assert (tmp_path / "OP-_all").is_dir()
    refused = typed_in_a_process("export", case, "--output", os.fsdecode(b"b\xff"), cwd=tmp_path)
    assert refused.returncode == Exit.REFUSED
    assert "choose another name" in refused.stderr


def test_an_altered_case_is_not_added_to(tmp_path: Path, server: SceneServer) -> None:
    """A case whose own ledger was changed is not signed anew by the next command; the hint says where to go on."""
    _capture(tmp_path, server.url("/one.jpg"))
    ledger = tmp_path / "OP-ALDER" / "ledger.jsonl"
    ledger.write_text(ledger.read_text().replace("Mary", "Gary"))
    refused = _capture(tmp_path, server.url("/two.jpg"))
    assert refused.returncode == Exit.MISMATCH
    assert "altered" in refused.stderr
    assert "capture into another case" in refused.stderr
    assert len(list((tmp_path / "OP-ALDER" / "captures").iterdir())) == 1


def test_a_bundle_is_made_although_nobody_reads_what_is_said_of_it(tmp_path: Path, server: SceneServer) -> None:
    """A pipe that is closed at its other end, as by `| head -1`, ends no capture and no export before they are done."""
    _capture(tmp_path, server.url("/"))
    words = [sys.executable, "-m", "cli", "export", "OP-ALDER", "--output", "bundle"]
    with subprocess.Popen(words, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=-1) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(PATIENCE) in set(Exit)
    assert typed("verify", "bundle", cwd=tmp_path).returncode == Exit.OK


def test_a_capture_does_not_mind_that_nobody_reads_its_progress(tmp_path: Path, server: SceneServer) -> None:
    """Where the pipe for its messages is closed, as by `2>&1 | head -1`, a capture goes on to its seal."""
    words = ["capture", server.url("/"), "--case", "OP-ALDER", "--allow-private", "--officer", "M", "--initials", "MP"]
    typed("key", cwd=tmp_path)  # made beforehand: what is said of a new key is for eyes
    read, write = os.pipe()
    os.close(read)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "cli", *words]
    subprocess.run(command, cwd=tmp_path, env=environment, stdout=-3, stderr=write, check=False, timeout=PATIENCE)
    os.close(write)
    assert "complete" in typed("show", "OP-ALDER", cwd=tmp_path).stdout


def test_session_cookies_are_sent(tmp_path: Path) -> None:
    """A cookie that ends with the session, which export tools write with an end of 0, opens the door."""
    files = {
        "/": Body(
            data=b"<h1>Smoke over the hall</h1><p>Seen at ten past ten, from the north bank.",
            needs_cookie="session=s3cret",
        )
    }
    (tmp_path / "cookies.txt").write_text(
        "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\ts3cret\n"
    )
    with SceneServer(files) as server:
        captured = _capture(tmp_path, server.url("/"), "--cookies", "cookies.txt")
    assert captured.returncode == Exit.OK, captured.stdout


def test_the_cookies_of_a_browser_are_lent_and_never_stored(tmp_path: Path) -> None:
    """The officer's browser opens the door; the value stands in no byte of the case, nor of what was printed."""
    with sqlite3.connect(tmp_path / "cookies.sqlite") as base:
        base.execute("CREATE TABLE moz_cookies (name, value, host, path, expiry, isSecure)")
        base.execute("INSERT INTO moz_cookies VALUES ('session', 's3cret', '127.0.0.1', '/', 0, 0)")
    base.close()
    with SceneServer(
        {
            "/": Body(
                data=b"<h1>Smoke over the hall</h1><p>Seen at ten past ten, from the north bank.",
                needs_cookie="session=s3cret",
            )
        }
    ) as server:
        captured = _capture(tmp_path, server.url("/"), "--cookies-from-browser", f"firefox:{tmp_path}")
    assert captured.returncode == Exit.OK, captured.stdout
    assert "s3cret" not in captured.stdout + captured.stderr
    kept = [path.read_bytes() for path in (tmp_path / "OP-ALDER").rglob("*") if path.is_file()]
    kept += [gzip.decompress(data) for data in kept if data.startswith(b"\x1f\x8b")]
    assert any(b"[replaced: credential of the user]" in data for data in kept)
    assert not any(b"s3cret" in data for data in kept)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/page?img=/404", Exit.IN_PART), ("/404", Exit.NOTHING), ("/500", Exit.NOTHING), ("/photos/a.png", Exit.OK)],
)
def test_exit_codes_of_capture(tmp_path: Path, path: str, status: Exit) -> None:
    """Whole, in part and nothing are told apart, and what is missing is named with its reason."""
    with MisbehavingServer() as server:
        captured = _capture(tmp_path, server.url(path))
    assert captured.returncode == status
    if status is not Exit.OK:
        assert "the server answered" in captured.stdout


def test_a_refused_address_is_exit_code_seven(tmp_path: Path, server: SceneServer) -> None:
    """Without --allow-private a loopback scene is refused, and the output says how to allow it."""
    refused = typed("capture", server.url("/"), "--case", "OP", cwd=tmp_path)
    assert refused.returncode == Exit.REFUSED
    assert "--allow-private" in refused.stdout
    assert typed("verify", "OP", cwd=tmp_path).returncode == 0


def test_a_network_is_opened_by_its_name(tmp_path: Path, server: SceneServer) -> None:
    """--allow-network opens the network that it names and no other, and what is no private network is refused."""
    words = ("capture", server.url("/"), "--case", "OP", "--initials", "MP", "--quiet", "--allow-network")
    assert typed(*words, "127.0.0.0/8", cwd=tmp_path).returncode == Exit.OK
    assert typed(*words, "10.1.0.0/16", "--allow-network", "192.168.0.0/16", cwd=tmp_path).returncode == Exit.REFUSED
    refused = typed(*words, "0.0.0.0/0", cwd=tmp_path)
    assert (refused.returncode, "10.1.0.0/16" in refused.stderr) == (Exit.USAGE, True)


@pytest.mark.parametrize("name", ["allow-private", "allow-network", "insecure"])
def test_no_settings_file_lifts_a_guard(name: str, tmp_path: Path, server: SceneServer) -> None:
    """What weakens a guard stands on the command line; in a case's file it is refused, or passed over and said."""
    (tmp_path / "OP").mkdir()
    value = '["127.0.0.0/8"]' if name == "allow-network" else "true"
    (tmp_path / "OP/goldenhour.toml").write_text(f"{name} = {value}\n")
    ran = typed("capture", server.url("/"), "--case", "OP", "--initials", "MP", "--quiet", cwd=tmp_path)
    assert ran.returncode in {Exit.USAGE, Exit.REFUSED}, ran
    assert server.requests == []


@pytest.mark.parametrize(
    ("address", "code"), [("http://10.9.8.7/", Exit.REFUSED), ("https://scene.invalid/", Exit.NOTHING)]
)
def test_what_never_left_the_computer_is_no_exhibit(
    tmp_path: Path, server: SceneServer, address: str, code: Exit
) -> None:
    """A refused address and a name without one get no exhibit number, by whatever command, and the reason is told."""
    own = ("--case", "OP", "--initials", "MP", "--quiet")
    told = typed("capture", address, *own, cwd=tmp_path)
    assert (told.returncode, address in told.stdout) == (code, True), told
    as_json = typed("capture", address, *own, "--json", cwd=tmp_path)
    assert (as_json.returncode, json.loads(as_json.stdout)["exhibit"]) == (code, None)
    assert typed("watch", address, *own, "--for", "1s", cwd=tmp_path).returncode == code
    (tmp_path / "rows").write_text(f"{address}\n")
    assert typed("batch", "rows", *own, "--retries", "0", cwd=tmp_path).returncode == code
    both = typed("capture", address, server.url("/one.jpg"), *own, "--allow-network", "127.0.0.0/8", cwd=tmp_path)
    assert (both.returncode, "MP/1  complete" in both.stdout) == (Exit.IN_PART, True), both
    captures = json.loads(typed("show", "OP", "--json", cwd=tmp_path).stdout)["captures"]
    assert [each["exhibit"] for each in captures] == ["MP/1"]
    before = sorted(tmp_path.iterdir())
    assert typed("capture", address, "--initials", "MP", cwd=tmp_path).returncode == code
    assert sorted(tmp_path.iterdir()) == before
    assert typed("verify", "OP", cwd=tmp_path).returncode == Exit.OK


def test_a_dead_host_is_nothing_captured(tmp_path: Path) -> None:
    """A host where nobody listens ends with code 4 and a plain sentence."""
    with SceneServer({}) as gone:
        url = gone.url("/")
    captured = _capture(tmp_path, url)
    assert captured.returncode == Exit.NOTHING
    assert "connection refused" in captured.stdout


def test_insecure_is_on_record(tmp_path: Path) -> None:
    """A bad certificate is refused; with --insecure it is captured, and the case says that nothing was verified."""
    with TlsServer(SceneServer(FILES), Certificate.SELF_SIGNED) as server:
        refused = _capture(tmp_path, server.url("/"))
        assert refused.returncode == Exit.NOTHING
        assert "not to be trusted" in refused.stdout
        assert _capture(tmp_path, server.url("/"), "--insecure").returncode == Exit.OK
    typed("export", "OP-ALDER", "--output", "bundle", cwd=tmp_path)
    manifest = json.loads((tmp_path / "bundle/data/manifest.json").read_bytes())
    assert [capture["started"]["settings"]["tls_verified"] for capture in manifest["captures"]] == [True, False]


def test_show_tells_of_bundles_and_of_what_is_not_there(tmp_path: Path, server: SceneServer) -> None:
    """A case shows the bundles made of it, a capture whose folder is gone, and one that its ledger does not know."""
    _capture(tmp_path, server.url("/"))
    _capture(tmp_path, server.url("/one.jpg"))
    typed("export", "OP-ALDER", "--output", "bundle", "--officer", "Mary Price", cwd=tmp_path)
    first, _ = sorted((tmp_path / "OP-ALDER/captures").iterdir())
    first.rename(first.with_name("19700101T000000Z-00000000"))
    shown = typed("show", "OP-ALDER", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "by Mary Price: MP/1, MP/2" in shown.stdout
    assert f"has a capture {first.name}, and its folder is gone" in shown.stdout
    assert "knows no capture 19700101T000000Z-00000000" in shown.stdout


def test_tampering_is_named_and_exit_code_five(tmp_path: Path, server: SceneServer) -> None:
    """A changed, a removed and an added file are each named, and the verdict says that it does not match."""
    _capture(tmp_path, server.url("/"))
    items = sorted((tmp_path / "OP-ALDER").glob("captures/*/items/*"))
    items[1].chmod(0o600)
    items[1].write_bytes(b"changed")
    items[2].unlink()
    (items[0].parent / "extra.jpg").write_bytes(b"planted")
    verified = typed("verify", "OP-ALDER", cwd=tmp_path)
    assert verified.returncode == Exit.MISMATCH
    for name in (items[1].name, items[2].name, "extra.jpg"):
        assert name in verified.stdout


@pytest.mark.parametrize("name", ["nothing-here", "notes.txt", "empty"])
def test_what_cannot_be_checked_is_exit_code_six(tmp_path: Path, name: str) -> None:
    """A path that is no case, capture or bundle could not be checked, which is not the same as altered."""
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "empty").mkdir()
    assert typed("verify", name, cwd=tmp_path).returncode == Exit.UNCHECKED


def test_another_key_is_exit_code_six(tmp_path: Path, server: SceneServer) -> None:
    """Where a certain signer is demanded and another signed, it could not be confirmed; with the right one it is."""
    _capture(tmp_path, server.url("/"))
    (tmp_path / "mine.pem").write_text(typed("key", cwd=tmp_path).stdout)
    other = {"XDG_CONFIG_HOME": str(tmp_path / "other")}
    (tmp_path / "other.pem").write_text(typed("key", cwd=tmp_path, **other).stdout)
    mine = typed("verify", "OP-ALDER", "--key", "mine.pem", cwd=tmp_path)
    assert mine.returncode == Exit.OK, mine.stdout
    assert "unconfirmed" not in mine.stdout
    assert typed("verify", "OP-ALDER", "--key", "other.pem", cwd=tmp_path).returncode == Exit.UNCHECKED


def test_an_export_never_overwrites(tmp_path: Path, server: SceneServer) -> None:
    """Where the output exists, the command is refused and what stands there stays."""
    _capture(tmp_path, server.url("/"))
    (tmp_path / "bundle").mkdir()
    refused = typed("export", "OP-ALDER", "--output", "bundle", cwd=tmp_path)
    assert refused.returncode == Exit.REFUSED
    assert list((tmp_path / "bundle").iterdir()) == []


def test_an_altered_case_is_not_handed_over(tmp_path: Path, server: SceneServer) -> None:
    """Exporting a case whose photo was changed is refused, and the photo is named."""
    _capture(tmp_path, server.url("/"))
    photo = sorted((tmp_path / "OP-ALDER").glob("captures/*/items/*"))[1]
    photo.chmod(0o600)
    photo.write_bytes(b"changed")
    refused = typed("export", "OP-ALDER", "--output", "bundle", cwd=tmp_path)
    assert refused.returncode == Exit.MISMATCH
    assert photo.name in refused.stderr
    assert not (tmp_path / "bundle").exists()


def test_a_bundle_that_climbs_out_is_not_followed(tmp_path: Path) -> None:
    """A zip with a path that leads outside is refused, and nothing is written."""
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("bag/bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
        archive.writestr("bag/../../evil", "x")
    before = sorted(tmp_path.rglob("*"))
    assert typed("verify", "evil.zip", cwd=tmp_path).returncode == Exit.UNCHECKED
    assert sorted(tmp_path.rglob("*")) == before


def test_without_a_case_one_is_made_here(tmp_path: Path, server: SceneServer) -> None:
    """The case gets a name from the scene's host and the time, in the current folder."""
    captured = typed("capture", server.url("/"), "--allow-private", "--quiet", cwd=tmp_path)
    assert captured.returncode == 0, captured.stderr
    [case] = [path for path in tmp_path.iterdir() if path.name.startswith("case-127-0-0-1-")]
    assert str(case.name) in captured.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["capture", "ftp://example.org/"],
        ["capture"],
        ["capture", "http://example.org", "--media", "films"],
        ["capture", "http://example.org", "--initials", "M/P"],
        ["capture", "http://example.org", "--cookies", "missing.txt"],
        ["capture", "#FireWatch"],
        ["capture", "#two words", "--on", "mastodon.example"],
        ["capture", "at://did:plc:abc/app.bsky.feed.post/1", "--since", "yesterday"],
        ["capture", "http://example.org", "--token", "missing.txt"],
        ["capture", "http://example.org", "--timeout", "nan"],
        ["capture", "http://example.org", "--timeout", "inf"],
        ["capture", "http://example.org", "--max-size", "99999999999999999999"],
        ["capture", "http://example.org", "--limit", "99999999999999999999"],
        ["watch", "http://example.org", "--every", "60"],
        ["watch", "http://example.org", "--for", "0s"],
        ["capture", "http://example.org", "--proxy", "socks5://127.0.0.1:1"],
        ["hash"],
        ["hash", "--also", "crc32", "."],
        ["hash", "--also", "md5", "--check", "list"],
        ["nonsense"],
    ],
)
def test_what_cannot_be_carried_out_is_exit_code_two(tmp_path: Path, words: list[str]) -> None:
    """A command that makes no sense as typed leaves nothing behind and says what is wrong."""
    ran = typed(*words, cwd=tmp_path)
    assert ran.returncode == Exit.USAGE
    assert ran.stderr
    assert "Traceback" not in ran.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="a read-only file system needs root to be made")
def test_a_read_only_case_is_refused_and_can_be_verified(tmp_path: Path, server: SceneServer) -> None:
    """On a read-only file system a case can be shown and verified; capturing into it is refused in plain words."""
    _capture(tmp_path, server.url("/"))
    case = tmp_path / "OP-ALDER"
    mounted = subprocess.run(["mount", "--bind", case, case], check=False).returncode == 0
    if not mounted or subprocess.run(["mount", "-o", "remount,ro,bind", case], check=False).returncode != 0:
        pytest.skip("this machine does not let us mount")
    try:
        refused = _capture(tmp_path, server.url("/"))
        assert refused.returncode == Exit.REFUSED
        assert "read-only file system" in refused.stderr
        assert typed("verify", "OP-ALDER", cwd=tmp_path).returncode == 0
        assert typed("show", "OP-ALDER", cwd=tmp_path).returncode == 0
    finally:
        subprocess.run(["umount", "-l", case], check=True)


def test_a_later_format_is_not_touched(tmp_path: Path, server: SceneServer) -> None:
    """A case made by a newer goldenhour is left alone, with a hint to update."""
    _capture(tmp_path, server.url("/"))
    file = tmp_path / "OP-ALDER/case.json"
    file.chmod(0o600)
    file.write_text(file.read_text().replace("goldenhour-case/2", "goldenhour-case/9"))
    for command in (_capture(tmp_path, server.url("/")), typed("verify", "OP-ALDER", cwd=tmp_path)):
        assert command.returncode == Exit.UNCHECKED
        assert "update goldenhour" in command.stdout + command.stderr


def test_every_command_has_help_with_an_example_and_is_in_the_readme() -> None:
    """No command is hidden from a newcomer."""
    readme = (ROOT / "README.md").read_text()
    for name in COMMANDS:
        command = load_command(name)
        helps = [command, *(command.commands.values() if isinstance(command, click.Group) else [])]
        assert any(f"goldenhour {name}" in (each.help or "") for each in helps), name
        assert f"`goldenhour {name}" in readme, name


def test_every_exit_code_is_in_the_readme() -> None:
    """The table of exit codes is complete."""
    readme = (ROOT / "README.md").read_text()
    for code in Exit:
        assert f"\n| {code.value} | " in readme


def test_the_version_is_told(tmp_path: Path) -> None:
    """`--version` names the tool as it signs."""
    assert typed_in_a_process("--version", cwd=tmp_path).stdout.startswith("goldenhour ")


def test_the_demo_shows_the_whole_job(tmp_path: Path) -> None:
    """The demo captures, verifies, exports, tampers, and names the file that was changed."""
    ran = typed("demo", "demo", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    [changed] = re.findall(r"^changed +(\S+)$", ran.stdout, re.MULTILINE)
    assert ran.stdout.count(Path(changed).name) >= 2
    assert (tmp_path / "demo/bundle/data/report.html").is_file()
    assert typed("verify", "demo/bundle", cwd=tmp_path).returncode == Exit.OK
    assert typed("verify", "demo/bundle-tampered-with", cwd=tmp_path).returncode == Exit.MISMATCH


@pytest.mark.parametrize(
    ("command", "place"),
    [
        (("show",), "ledger.jsonl"),
        (("show",), "case.json"),
        (("export", "--officer", "Mary Price"), "ledger.jsonl"),
        (("export", "--officer", "Mary Price"), "checkpoints"),
        (("verify",), "checkpoints"),
    ],
)
def test_a_case_that_cannot_be_read_is_a_sentence(
    command: tuple[str, ...], place: str, tmp_path: Path, server: SceneServer
) -> None:
    """Whatever the system refuses to show of a case, the command says so in a sentence, and that it could not check."""
    assert _capture(tmp_path, server.url("/"), "--quiet").returncode == Exit.OK
    path = tmp_path / "OP-ALDER" / place
    path.rename(path.with_name("away"))
    path.mkdir() if path.suffix else path.write_bytes(b"no folder")
    ran = typed(command[0], "OP-ALDER", *command[1:], cwd=tmp_path)
    assert "Traceback" not in ran.stderr
    assert ran.returncode in {Exit.UNCHECKED, Exit.MISMATCH}, ran
    assert ran.stderr or ran.stdout
