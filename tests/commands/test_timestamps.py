from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from commands.exit import Exit
from tests.servers import SceneServer
from tests.servers.time_authority import TimeAuthority
from tests.test_cli import FILES, typed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from subprocess import CompletedProcess

OFFICER = ("--officer", "Mary Price", "--initials", "MP")


@pytest.fixture
def server() -> Iterator[SceneServer]:
    """Return a server with a page of two photos."""
    with SceneServer(FILES) as running:
        yield running


def _capture(tmp_path: Path, server: SceneServer, *more: str, **environment: str) -> CompletedProcess[str]:
    words = ("capture", server.url("/one.jpg"), "--case", "OP", *OFFICER, "--allow-private", *more)
    return typed(*words, cwd=tmp_path, **environment)


def test_a_capture_is_stamped_and_handed_over_with_its_time(
    tmp_path: Path, server: SceneServer, authority: TimeAuthority
) -> None:
    """Captured, verified, exported and verified again, the trusted time is shown, and confirmed with its root."""
    captured = _capture(tmp_path, server, "--timestamp", authority.url())
    assert captured.returncode == 0, captured.stderr
    assert "time-stamped  MP/1" in captured.stdout
    assert "by CN=Test Authority, " in captured.stdout
    told = typed("verify", "OP", cwd=tmp_path)
    assert told.returncode == 0, told.stdout
    assert "by CN=Test Authority, not confirmed: name its root with --tsa-root" in told.stdout
    confirmed = typed("verify", "OP", "--tsa-root", authority.root, "--json", cwd=tmp_path)
    stamps = json.loads(confirmed.stdout)["timestamps"]
    assert [(each["authority"], each["confirmed"]) for each in stamps] == [("CN=Test Authority", True)] * 2
    assert typed("export", "OP", "--output", "bundle", cwd=tmp_path).returncode == 0
    checked = typed("verify", "bundle", "--tsa-root", authority.root, cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout
    assert "by CN=Test Authority, confirmed" in checked.stdout
    alone = typed("verify", *(tmp_path / "OP" / "captures").iterdir(), "--tsa-root", authority.root, cwd=tmp_path)
    assert alone.returncode == 0, alone.stdout


def test_a_capture_does_not_fail_for_want_of_an_authority(
    tmp_path: Path, server: SceneServer, authority: TimeAuthority
) -> None:
    """Where no authority answers, that is said on stderr, the exit code stays, and `seal` does it later, once."""
    captured = _capture(tmp_path, server, GOLDENHOUR_TIMESTAMP=server.url("/tsr"))
    assert captured.returncode == 0
    assert (
        f"MP/1 is sealed but not time-stamped: {server.url('/tsr')}: answered with HTTP status 405" in captured.stderr
    )
    assert "hint: time-stamp it later with: goldenhour timestamp OP" in captured.stderr
    assert "time-stamped" not in captured.stdout
    unasked = typed("timestamp", "OP", cwd=tmp_path)
    assert unasked.returncode == Exit.USAGE
    assert "name an authority with --timestamp" in unasked.stderr
    failed = typed("timestamp", "OP", "--timestamp", server.url("/tsr"), cwd=tmp_path)
    assert failed.returncode == Exit.NOTHING
    assert "not time-stamped  MP/1" in failed.stdout
    done = typed("timestamp", "OP", "--timestamp", server.url("/tsr"), "--timestamp", authority.url(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["time-stamped", "MP/1"],
        ["time-stamped", "case"],
    ]
    again = typed("timestamp", "OP", "--timestamp", authority.url(), cwd=tmp_path)
    assert (again.returncode, again.stdout) == (0, "OP: every seal has its trusted time\n")
    assert len(authority.requests) == 2


def test_a_program_is_told_of_trusted_times(tmp_path: Path, server: SceneServer, authority: TimeAuthority) -> None:
    """With `--json` each seal is an object behind the capture, as `timestamp --json` prints it, in any case."""
    captured = _capture(tmp_path, server, "--timestamp", authority.url(), "--json")
    one, *stamps = map(json.loads, captured.stdout.splitlines())
    assert [each["what"] for each in stamps] == [one["exhibit"], "case"]
    assert all((tmp_path / "OP" / each["token"]).is_file() and each["time"] for each in stamps)
    failed = _capture(tmp_path, server, "--timestamp", server.url("/tsr"), "--json")
    two, *stamps = map(json.loads, failed.stdout.splitlines())
    assert [(each["what"], each["time"]) for each in stamps] == [(two["exhibit"], None), ("case", None)]
    assert all("HTTP status 405" in each["reason"] for each in stamps)


def test_stamped_in_part(tmp_path: Path, server: SceneServer, authority: TimeAuthority) -> None:
    """Where one seal cannot be time-stamped and others can, the exit code says so and the output names it."""
    assert _capture(tmp_path, server).returncode == 0
    [folder] = (tmp_path / "OP" / "captures").iterdir()
    (folder / "checkpoint.tsr").write_bytes(b"in the way")
    done = typed("timestamp", "OP", "--timestamp", authority.url(), "--json", cwd=tmp_path)
    assert done.returncode == Exit.IN_PART, done.stderr
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["what"], first["time"], "exists already" in first["reason"]) == ("MP/1", None, True)
    assert (second["what"], second["authority"]) == ("case", "CN=Test Authority")


def test_the_config_file_names_authorities(tmp_path: Path, server: SceneServer, authority: TimeAuthority) -> None:
    """Without an option the authorities of the config file are asked; a name that is no address is refused."""
    config = tmp_path / "config" / "goldenhour"
    config.mkdir(parents=True)
    (config / "goldenhour.toml").write_text(f'timestamp = ["{authority.url()}"]\n')
    assert "time-stamped  MP/1" in _capture(tmp_path, server, XDG_CONFIG_HOME=str(config.parent)).stdout
    refused = _capture(tmp_path, server, "--timestamp", "tsa.example")
    assert refused.returncode == Exit.USAGE
    assert "--timestamp tsa.example: not an http or https address" in refused.stderr


def test_a_watch_stamps_each_round(tmp_path: Path, server: SceneServer, authority: TimeAuthority) -> None:
    """Every round of a watch has a trusted time as soon as it is sealed."""
    words = (
        "watch",
        server.url("/one.jpg"),
        "--every",
        "1s",
        "--for",
        "2s",
        "--case",
        "OP",
        *OFFICER,
        "--allow-private",
    )
    watched = typed(*words, "--timestamp", authority.url(), cwd=tmp_path)
    assert watched.returncode in {Exit.OK, Exit.IN_PART, Exit.NOTHING}, watched.stderr
    captures = list((tmp_path / "OP" / "captures").iterdir())
    assert len(captures) >= 2
    assert all((capture / "checkpoint.tsr").is_file() for capture in captures)
    assert typed("verify", "OP", "--tsa-root", authority.root, cwd=tmp_path).returncode == 0


def test_another_authority_is_exit_code_six(tmp_path: Path, server: SceneServer, authority: TimeAuthority) -> None:
    """A token that does not lead to the root named is told, and so is a file that holds no root."""
    assert _capture(tmp_path, server, "--timestamp", authority.url()).returncode == 0
    stranger = TimeAuthority(tmp_path / "stranger", "Somebody Else")
    checked = typed("verify", "OP", "--tsa-root", stranger.root, cwd=tmp_path)
    assert checked.returncode == Exit.UNCHECKED
    assert "signed by CN=Test Authority, which stands under none of the roots given" in checked.stdout
    assert typed("verify", "OP", "--tsa-root", "OP/case.json", cwd=tmp_path).returncode == Exit.UNCHECKED


def test_a_login_for_an_authority_is_kept_nowhere(
    tmp_path: Path, server: SceneServer, authority: TimeAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password in the address of an authority is refused where a shell would keep it, used, and nowhere shown."""
    url = authority.url("/").replace("http://", "http://me:s3cret@")
    refused = _capture(tmp_path, server, "--timestamp", url)
    assert refused.returncode == Exit.USAGE
    assert "GOLDENHOUR_TIMESTAMP" in refused.stderr
    assert "s3cret" not in refused.stderr
    monkeypatch.setenv("GOLDENHOUR_TIMESTAMP", url)
    captured = _capture(tmp_path, server)
    assert captured.returncode == 0
    assert authority.requests[0].header("Authorization").startswith("Basic ")
    assert "s3cret" not in captured.stdout + captured.stderr
    assert not [path for path in (tmp_path / "OP").rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()]
