from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from cli import main
from commands.exit import Exit
from commands.settings_file import user_file
from hashing.case.capture_folder import capture_events
from hashing.case.events import ClockMeasured, ServerDates
from tests.capture.conftest import jpeg
from tests.patience import PATIENCE, wait_until
from tests.servers import Body, SceneServer
from tests.servers.time_server import TimeServer
from tests.test_cli import FILES, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

OFFICER = ("--officer", "Mary Price", "--initials", "MP")


def _run(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(main, words, env=environment)


def _capture(tmp_path: Path, url: str, *more: str, **environment: str) -> Result:
    words = ("capture", url, "--case", str(tmp_path / "OP"), *OFFICER, "--allow-private", "--quiet", *more)
    return _run(*words, **environment)


def test_the_clock_is_compared_beside_a_capture_and_at_a_seal(tmp_path: Path) -> None:
    """Capture, show, verify and seal tell and record by how much this computer's clock is wrong."""
    with SceneServer(FILES) as server, TimeServer(offset=2.5) as clock:
        captured = _capture(tmp_path, server.url("/one.jpg"), "--ntp", clock.name)
        words = ("timestamp", str(tmp_path / "OP"), "--timestamp", server.url("/tsr"), "--allow-private")
        sealed = _run(*words, GOLDENHOUR_NTP=clock.name)
    assert captured.exit_code == 0, captured.stderr
    assert "clock    this computer's clock was 2." in captured.stdout
    assert f"s behind {clock.name}; " in captured.stdout
    assert _run("show", str(tmp_path / "OP")).stdout.count(f" s behind {clock.name}") == 1
    assert sealed.exit_code == Exit.NOTHING
    assert "clock    this computer's clock was 2." in sealed.stderr
    assert '"event":"clock-measured"' in (tmp_path / "OP/ledger.jsonl").read_text()
    verified = _run("verify", str(tmp_path / "OP"))
    assert verified.exit_code == 0, verified.stdout


def test_a_capture_does_not_fail_for_want_of_a_time_server(tmp_path: Path) -> None:
    """Where the server of the settings does not answer, the capture is whole and its ledger says why."""
    user_file().parent.mkdir(parents=True)
    with TimeServer() as gone:
        nobody = gone.name
    user_file().write_text(f'ntp = "{nobody}"')
    with SceneServer(FILES) as server:
        captured = _capture(tmp_path, server.url("/one.jpg"))
        refused = _capture(tmp_path, server.url("/one.jpg"), GOLDENHOUR_NTP="a b")
    assert captured.exit_code == 0, captured.stderr
    assert f"could not be compared with {nobody}: nobody answers at this port; this" in captured.stdout
    assert refused.exit_code == Exit.USAGE
    assert "'a b' names no time server" in refused.stderr


@pytest.mark.parametrize("offset", [3600.0, -3600.0])
def test_what_a_server_says_of_the_time_is_worked_out(tmp_path: Path, offset: float) -> None:
    """A server's clock that differs from ours is seen in its Date headers."""
    told = _told(tmp_path, lambda: formatdate(time.time() + offset, usegmt=True))
    assert told["ntp"] is None
    [host] = told["server_dates"]["hosts"]
    assert offset - 1800 < host["low"] <= offset + 0.01 <= host["high"] + 0.02 < offset + 1800
    assert f"s {'behind' if offset > 0 else 'ahead'}" in told["says"]


def test_what_is_no_date_is_counted(tmp_path: Path) -> None:
    """A Date header that cannot be read says nothing of the clock, and that it came is recorded."""
    told = _told(tmp_path, lambda: "half past ten")
    assert (told["server_dates"]["hosts"], told["server_dates"]["unread"]) == ([], 1)


def _told(tmp_path: Path, date: Callable[[], str]) -> dict[str, Any]:
    """Return what `capture --json` tells of the clock where a server sends this Date header."""
    with SceneServer({"/one.jpg": lambda _: Body(data=jpeg(), headers=(("Date", date()),))}) as server:
        captured = _capture(tmp_path, server.url("/one.jpg"), "--json")
    assert captured.exit_code == 0, captured.stderr
    told: dict[str, Any] = json.loads(captured.stdout)["clock"]
    return told


def test_a_watch_does_not_ask_too_often(tmp_path: Path) -> None:
    """Rounds in quick succession ask the time server once; each has the word of the servers it fetches from."""
    with SceneServer(FILES) as server, TimeServer() as clock:
        words = ("watch", server.url("/one.jpg"), server.url("/two.jpg"), "--case", str(tmp_path / "OP"), *OFFICER)
        watched = _run(*words, "--allow-private", "--every", "1s", "--for", "1.5s", "--ntp", clock.name)
        assert watched.exit_code == 0, watched.stderr
        assert 1 <= len(clock.requests) <= 4  # the samples of one comparison
    captures = [list(capture_events(path)) for path in sorted((tmp_path / "OP/captures").iterdir())]
    assert len(captures) == 4
    assert sum(isinstance(event, ClockMeasured) for events in captures for event in events) == 1
    assert sum(isinstance(event, ServerDates) for events in captures for event in events) == 4


PATIENT = """
import sys
from capture.clock import beside, measure
beside.WHOLE_PATIENCE = measure.measure_clock.__kwdefaults__["patience"] = 3600.0
from cli import main
main(sys.argv[1:])
"""
"""A program that waits so long for a time server that no machine is too slow to interrupt it."""


def test_ctrl_c_while_the_clock_is_waited_for_seals_the_capture(tmp_path: Path) -> None:
    """What was captured is sealed at once, and the ledger says that the time server had not answered."""
    with SceneServer(FILES) as server, TimeServer(lie=lambda _, __: []) as silent:
        words = ("capture", server.url("/one.jpg"), "--case", "OP", *OFFICER, "--allow-private", "--ntp", silent.name)
        command = [sys.executable, "-c", PATIENT, *words]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(
            command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stderr is not None
            while b"one.jpg" not in process.stderr.readline():
                assert process.poll() is None
            wait_until(lambda: silent.requests and any(tmp_path.glob("OP/captures/*/items/*.jpg")))
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE)
        assert process.returncode == Exit.INTERRUPTED
    [capture] = (tmp_path / "OP/captures").iterdir()
    problems = [event.problem for event in capture_events(capture) if isinstance(event, ClockMeasured)]
    assert problems == ["had not answered when the capture was stopped"]
    assert _run("verify", str(tmp_path / "OP")).exit_code == 0
