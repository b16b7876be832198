"""A log-in kept and lent, with the system's Chromium: without a screen, so that its window is one that nobody sees."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from capture.browser.session import Session, SessionCookie, keep_session, sessions_folder
from cli import main
from commands.exit import Exit
from tests.browser.chromium import found
from tests.patience import PATIENCE
from tests.servers import Body, SceneServer
from tests.test_cli import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.seen import Seen

WORDS = b"<p>" + b"What only members are shown: the meeting place, the time and the plan. " * 8
LOGGED_IN = (
    b"<!doctype html><title>In</title><script>localStorage.token = 'C4NARY-' + 'STORED';"
    b"setTimeout(() => fetch('/stored'), 300)</script>"
)
MEMBERS = (
    b"<!doctype html><title>Members</title>"
    + WORDS
    + b"<script>fetch('/who?' + (localStorage.token || 'nobody'))</script>"
)
WALL = b"<!doctype html><title>Log in</title><form><h1>Log in to continue</h1><input type=password name=p></form>"


def members(seen: Seen) -> Body:
    """Answer who is logged in, and ask anybody else to log in."""
    return Body(data=MEMBERS if "sid=C4NARY-SID" in (seen.header("Cookie") or "") else WALL, type="text/html")


@pytest.mark.skipif(found() is None, reason="this system has no Chromium")
def test_a_log_in_is_kept_lent_and_forgotten(tmp_path: Path) -> None:
    """Cookies and stored tokens reach the site from the recorder and the browser, and stand in no sealed byte."""
    program = tmp_path / "chromium"
    program.write_text(f'#!/bin/sh\nexec {found()} --headless=new --disable-gpu "$@"\n')
    program.chmod(0o700)
    stored = threading.Event()

    def _stored(_: Seen) -> Body:
        stored.set()
        return Body(data=b"ok")

    files: dict[str, Body | bytes | Callable[[Seen], Body]] = {
        "/in": Body(data=LOGGED_IN, type="text/html", cookies=("sid=C4NARY-SID; HttpOnly; Path=/", "no=; Path=/in")),
        "/stored": _stored, "/members": members, "/who": b"ok",
    }  # fmt: skip
    as_root = ["--no-browser-sandbox"] if os.geteuid() == 0 else []
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DISPLAY": ":none"}
    with SceneServer(files) as server:
        command = [sys.executable, "-m", "cli", "login", server.url("/in"), "--session", "unit-7", "--json", *as_root]
        for _ in range(2):  # the second window has what the first one kept
            stored.clear()
            with subprocess.Popen(
                [*command, "--browser", str(program)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
            ) as process:
                assert stored.wait(PATIENCE)
                process.send_signal(signal.SIGINT)
                out, said = process.communicate(timeout=PATIENCE)
            assert process.returncode == 0, said
            told = json.loads(out)
            assert (told["session"], told["hosts"], told["cookies"]) == ("unit-7", ["127.0.0.1"], 2)
        words = ["--allow-private", "--quiet", *as_root, "--officer", "M P", "--browser", found() or ""]
        case, run = str(tmp_path / "OP"), CliRunner()
        captured = ["capture", server.url("/members"), "--case", case, "--rendered", "auto", *words]
        lent = run.invoke(main, [*captured, "--session", "unit-7"])
        asked = [(seen.path, seen.header("Cookie")) for seen in server.requests if seen.path.startswith(("/m", "/who"))]
        unlent = run.invoke(main, [*captured, "--rendered", "never"])
        elsewhere = run.invoke(main, ["capture", "https://other.example/", "--session", "unit-7", *words])
        server.files["/members"] = Body(data=WALL, type="text/html")
        ended = run.invoke(main, [*captured, "--rendered", "never", "--session", "unit-7"])
    assert lent.exit_code == Exit.OK, lent.output
    assert [path for path, _ in asked] == ["/members", "/members", "/who?C4NARY-STORED"]
    assert {cookie for _, cookie in asked} == {"sid=C4NARY-SID"}
    assert unlent.exit_code != Exit.OK
    assert elsewhere.exit_code == Exit.USAGE
    assert (
        "the session has ended that was lent to 127.0.0.1, or its account may not see this: lend a new one"
        in ended.output
    )
    for path in (tmp_path / "OP").rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        data += gzip.decompress(data) if path.name.endswith(".gz") else b""
        assert b"C4NARY-SID" not in data, path
    listed = run.invoke(main, ["login", "--list"])
    assert "unit-7  for 127.0.0.1; 2 cookies" in listed.output
    assert "C4NARY" not in listed.output
    assert run.invoke(main, ["login", "--forget", "unit-7"]).exit_code == Exit.OK
    assert [path.name for path in sessions_folder().iterdir()] == [".lock"]


def test_a_batch_stops_at_a_site_whose_session_has_ended(tmp_path: Path) -> None:
    """Five walls end the site's further rows, which are named with what to do; with a new session all nine are had."""
    cookie = SessionCookie(name="sid", value="C4NARY-SID", domain="127.0.0.1", path="/")
    session = Session(name="u7", hosts=("127.0.0.1",), logged_in="", browser="", cookies=(cookie,))
    keep_session(session, tmp_path / "none")
    run = CliRunner()
    with SceneServer({"/members": Body(data=WALL, type="text/html")}) as server:
        (tmp_path / "rows.txt").write_text("".join(f"{server.url('/members')}?{number}\n" for number in range(9)))
        batch = ["batch", str(tmp_path / "rows.txt"), "--case", str(tmp_path / "OP"), "--allow-private"]
        walls = run.invoke(main, [*batch, "--session", "u7", "--scenes", "1", "--quiet"])
        asked = [seen.path for seen in server.requests]
        server.files["/members"] = members
        again = run.invoke(main, [*batch, "--session", "u7", "--quiet"])
    assert asked == [f"/members?{number}" for number in range(5)]
    assert walls.exit_code == Exit.NOTHING
    [table] = (tmp_path / "OP").rglob("failed*")
    told = table.read_text()
    assert [f"/members?{number}" in told for number in range(9)] == [False] * 5 + [True] * 4
    assert "asks for a log-in, row after row: login wall: the session has ended" in told
    assert "lend a new one with `goldenhour login 127.0.0.1`" in told
    assert again.exit_code == Exit.OK, again.output
    assert "9 rows: 9 captured" in again.output


def test_a_damaged_session_hides_no_other() -> None:
    """Each session that can be read is listed, and the others are named."""
    for name in ("a", "c"):
        folder = sessions_folder() / name
        folder.mkdir(parents=True)
        (folder / "session.json").write_bytes(b"{")
    kept = Session(name="b", hosts=("b.example",), logged_in="2026-11-30T10:00:00Z", browser="Chrome/1")
    keep_session(kept, sessions_folder())
    listed = CliRunner().invoke(main, ["login", "--list"])
    assert listed.exit_code == Exit.UNCHECKED
    assert "session  b  for b.example" in listed.stdout
    assert all(f"--session {name}: cannot be read" in listed.stderr for name in ("a", "c"))


def test_without_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    """No window can be opened: a sentence says so, and what else there is."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    done = CliRunner().invoke(main, ["login", "forum.example", "--browser", sys.executable])
    assert done.exit_code == Exit.REFUSED
    assert "no window can be opened" in done.stderr
    assert "--cookies FILE" in done.stderr


@pytest.mark.parametrize("words", [[], ["x.com", "--list"], ["--list", "--forget", "a"], ["https://u:p@x.com/"]])
def test_what_is_no_log_in(words: list[str]) -> None:
    """One thing at a time, and no password in an address."""
    assert CliRunner().invoke(main, ["login", *words]).exit_code == Exit.USAGE
