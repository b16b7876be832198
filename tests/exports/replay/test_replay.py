"""A bundle played back: in a real browser, from what was captured alone, with nothing let out."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from exports.errors import ExportError
from exports.replay import OfflineBrowser, player_at
from exports.replay.server import ReplayServer
from hashing.files.run_folder import runs_folders
from tests.browser.chromium import found
from tests.exports.bundles import bundle_of
from tests.exports.small_case import CaseMaker
from tests.patience import PATIENCE, wait_until
from tests.servers import Body, SceneServer

ROOT = Path(__file__).resolve().parents[3]
ARCHIVE = bytes(range(256)) * 40


@pytest.fixture
def player(tmp_path: Path) -> Path:
    """Return a folder with two scripts, which stand for a player where no browser runs them."""
    folder = tmp_path / "player"
    folder.mkdir()
    (folder / "ui.js").write_text("/* window */")
    (folder / "sw.js").write_text("/*! sw.js (wabac.js 9.8.7) is part of a test. */")
    return folder


def _served(player: Path, archive: Path, **more: str) -> ReplayServer:
    served = player_at(player).serve(archive, **{"name": "a.wacz", **more})
    assert isinstance(served, ReplayServer)
    return served


def _asked(server: ReplayServer, name: str, **fields: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=PATIENCE)
    headers = {field.replace("_", "-"): value for field, value in fields.items()}
    connection.request("GET", f"/{server.token}/{name}", headers={"Host": server.host, **headers})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {key.lower(): value for key, value in answer.getheaders()}, body


@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [
        ("", 200, 0, 10_239),
        ("bytes=0-0", 206, 0, 0),
        ("bytes=100-199", 206, 100, 199),
        ("bytes=10000-", 206, 10_000, 10_239),
        ("bytes=10000-99999999", 206, 10_000, 10_239),
        ("bytes=-240", 206, 10_000, 10_239),
        ("bytes=-99999999", 206, 0, 10_239),
        ("bytes=10240-", 416, 1, 0),
        ("bytes=5-4", 416, 1, 0),
        ("bytes=-", 200, 0, 10_239),
        ("bytes=0-1,4-5", 200, 0, 10_239),
        ("lines=0-1", 200, 0, 10_239),
    ],
)
def test_parts_of_the_archive(asked: str, status: int, first: int, last: int, player: Path, tmp_path: Path) -> None:
    """The player reads an archive in parts (RFC 9110, section 14); what is no one range is answered with all of it."""
    (tmp_path / "a.wacz").write_bytes(ARCHIVE)
    with _served(player, tmp_path / "a.wacz") as server:
        got, fields, body = _asked(server, "archive.wacz", **({"Range": asked} if asked else {}))
    assert (got, body) == (status, ARCHIVE[first : last + 1])
    assert (
        fields.get("content-range", "") == {200: "", 206: f"bytes {first}-{last}/10240", 416: "bytes */10240"}[status]
    )


@pytest.mark.parametrize("fields", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
def test_no_other_page_reads_the_archive(fields: dict[str, str], player: Path, tmp_path: Path) -> None:
    """Who asks by another name, or from another page, is refused."""
    (tmp_path / "a.wacz").write_bytes(ARCHIVE)
    with _served(player, tmp_path / "a.wacz") as server:
        status, _, body = _asked(server, "archive.wacz", **fields)
    assert status in {403, 421}
    assert ARCHIVE[:100] not in body


def test_a_hostile_name_or_address_writes_no_markup(player: Path, tmp_path: Path) -> None:
    """The name of a file and the address to show stand in the page as text."""
    (tmp_path / "a.wacz").write_bytes(ARCHIVE)
    hostile = '"><script>alert(1)</script>'
    with _served(player, tmp_path / "a.wacz", name=hostile, url=hostile) as server:
        _, _, page = _asked(server, "")
    assert b"<script>alert" not in page


def test_a_player_is_named_by_version_and_digest(player: Path) -> None:
    """What showed the page is told so that it can be had again."""
    assert re.fullmatch(r"ReplayWeb.page \(wabac.js 9.8.7, sw.js sha256:[0-9a-f]{16}…\)", player_at(player).version)


def test_without_a_player(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a player, or no such program, is an error that says how to get one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for folder in (None, tmp_path, tmp_path / "wayback"):
        with pytest.raises(ExportError) as raised:
            player_at(folder)
        assert "npm pack replaywebpage" in raised.value.hint


def test_the_browser_reaches_the_player_alone(tmp_path: Path) -> None:
    """A page's picture, script, WebSocket and frame from elsewhere are refused and named, loopback included."""
    if (chromium := found()) is None:
        pytest.skip("chromium is not installed")
    program = tmp_path / "headless"
    program.write_text(f'#!/bin/sh\nexec {chromium} --headless=new --disable-gpu "$@"\n')
    program.chmod(0o700)
    done, other = threading.Event(), socket.create_server(("127.0.0.1", 0))
    other.setblocking(False)
    beside = f"127.0.0.1:{other.getsockname()[1]}"
    page = f"""<script>
      const ended = (made) => new Promise((resolve) => {{ made.onload = made.onerror = made.onclose = resolve; }});
      const picture = new Image(); picture.src = "http://one.example/a.gif";
      const beside = new Image(); beside.src = "http://{beside}/";
      const socket = new WebSocket("ws://192.0.2.7:81/x");
      Promise.allSettled([ended(picture), ended(beside), ended(socket), fetch("https://two.example/"),
        fetch("http://[2001:db8::1]/", {{ mode: "no-cors" }})]).then(() => fetch("/done"));
    </script>""".encode()

    def _done(_: object) -> Body:
        done.set()
        return Body(data=b"ok", type="text/plain")

    with SceneServer({"/": Body(data=page, type="text/html"), "/done": _done}) as server:
        host = server.url("/").split("/")[2]
        with OfflineBrowser(str(program), server.url("/"), host, sandbox=os.geteuid() != 0) as window:
            assert done.wait(PATIENCE)
    with pytest.raises(BlockingIOError):
        other.accept()
    other.close()
    assert {"one.example", "two.example:443", "192.0.2.7:81", "[2001:db8::1]", beside} <= set(window.refused)


def test_a_replay_that_is_killed(maker: CaseMaker, player: Path, tmp_path: Path) -> None:
    """What it made of the evidence, and its window's profile, stand in its own folders, and go with the next replay."""
    bundle = bundle_of(maker, tmp_path / "out")
    window = tmp_path / "window"
    window.write_text(
        "#!/bin/sh\nfor each; do case $each in --user-data-dir=*) cd ${each#*=}; echo seen > page; echo $PWD;; esac\n"
        f"done > {tmp_path}/told.new; mv {tmp_path}/told.new {tmp_path}/told; exec sleep 600\n"
    )
    window.chmod(0o700)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}
    command = [sys.executable, "-m", "cli", "replay", str(bundle), "--player", str(player), "--quiet"]
    with subprocess.Popen(
        [*command, "--browser", str(window)], stdout=subprocess.DEVNULL, env=environment, start_new_session=True
    ) as process:
        wait_until((tmp_path / "told").exists)
        profile = Path((tmp_path / "told").read_text().strip())
        os.killpg(process.pid, signal.SIGKILL)
    left = [path for folder in {*runs_folders()} for path in folder.iterdir()]
    assert profile in left
    assert (profile / "page").exists()
    assert [path.name for folder in left for path in folder.glob("*.wacz")] == ["archive.wacz"]
    assert list(temporary.iterdir()) == []
    subprocess.run([*command, "--no-browser", "--for", "1s"], check=True, capture_output=True, env=environment)
    assert [path for folder in {*runs_folders()} for path in folder.iterdir()] == []
    assert list(temporary.iterdir()) == []
