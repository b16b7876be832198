from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from commands.exit import Exit
from tests.capture.conftest import jpeg
from tests.patience import PATIENCE
from tests.servers import SceneServer
from tests.test_cli import ROOT, typed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WATCH = ("--case", "OP-ALDER", "--initials", "MP", "--allow-private", "--every", "1s")


@pytest.fixture
def server() -> Iterator[SceneServer]:
    """Return a server with a page of one photo."""
    with SceneServer({"/": b"<!doctype html><title>Fire</title><img src=/one.jpg>", "/one.jpg": jpeg(10)}) as running:
        yield running


def test_a_watch_in_a_pipe(tmp_path: Path, server: SceneServer) -> None:
    """Each round is a line on stderr, without the login; stdout names the case and the seal that stands for it all."""
    scene = server.url("/").replace("://", "://mary:secret@")
    watched = typed("watch", scene, *WATCH, "--for", "2s", cwd=tmp_path)
    assert watched.returncode == Exit.OK, watched.stderr
    assert [line for line in watched.stderr.splitlines() if line.startswith("round")] == [
        f"round 1  MP/1 complete  {server.url('/')}: 1 page, 1 media",
        f"round 2  MP/2 complete  {server.url('/')}: nothing new",
    ]
    assert "secret" not in watched.stderr + watched.stdout
    told, seal, _ = watched.stdout.splitlines()
    assert told == "2 captures sealed in OP-ALDER; see them with: goldenhour show OP-ALDER"
    shown = json.loads(typed("show", "OP-ALDER", "--json", cwd=tmp_path).stdout)
    assert seal == f"seal     {shown['seal']['fingerprint']}  case"
    assert f"seal       {shown['seal']['fingerprint']}  case" in typed("verify", "OP-ALDER", cwd=tmp_path).stdout


def test_a_watch_for_programs(tmp_path: Path) -> None:
    """With --json each round is one object on stdout; a server that is down is said, with its reason, on stderr."""
    with SceneServer({}) as gone:
        origin = gone.url("/")
    watched = typed("watch", origin, *WATCH, "--for", "2s", "--json", cwd=tmp_path)
    assert watched.returncode == Exit.NOTHING
    told = [json.loads(line) for line in watched.stdout.splitlines()]
    assert [(each["exhibit"], each["status"]) for each in told] == [(None, "nothing"), ("MP/1", "nothing")]
    assert f"not captured: {origin}: 127.0.0.1: connection refused" in watched.stderr
    assert f"round 1  MP/1 goes on  {origin}: 1 not captured" in watched.stderr
    assert f"round 2  MP/1 nothing  {origin}: 1 not captured" in watched.stderr


def test_ctrl_c_between_rounds(tmp_path: Path, server: SceneServer) -> None:
    """Ctrl-C in a pause ends the watch with code 130 and everything sealed."""
    command = [sys.executable, "-m", "cli", "watch", server.url("/"), *WATCH[:-1], "24h"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as watching:
        assert watching.stderr is not None
        assert any(line.startswith("round 1") for line in watching.stderr)
        watching.send_signal(signal.SIGINT)
        said, _ = watching.communicate(timeout=PATIENCE)
    assert watching.returncode == Exit.INTERRUPTED
    assert said.startswith("1 capture sealed in OP-ALDER; see it with: goldenhour show OP-ALDER")
    assert typed("verify", "OP-ALDER", cwd=tmp_path).returncode == Exit.OK
