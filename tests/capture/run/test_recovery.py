from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from capture.run.recovery import Recovery, recover_abandoned
from exports.format.capture_view import read_capture
from exports.verification import verify
from hashing.case.case import Case
from tests.capture.conftest import jpeg
from tests.exports.small_case import Thing, make_case
from tests.patience import PATIENCE, wait_until
from tests.servers import Connection, MisbehavingServer, RawServer, Seen

if TYPE_CHECKING:
    from hashing.ledger.keys import SigningKey

ROOT = Path(__file__).parents[3]


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """Return the path of a key that other processes can sign with."""
    from hashing.ledger.keys import load_or_create_signing_key

    load_or_create_signing_key(tmp_path / "key.pem")
    return tmp_path / "key.pem"


def _key(key_file: Path) -> SigningKey:
    from hashing.ledger.keys import load_signing_key

    return load_signing_key(key_file)


def test_bytes_on_their_way_in_are_kept(tmp_path: Path, key_file: Path) -> None:
    """A body that had half arrived when the process was killed becomes a partial item with exactly those bytes."""
    key = _key(key_file)
    case = Case.open_or_create(tmp_path / "OP", key=key, officer="Mary Price")
    half = jpeg() + bytes(50_000)
    arrived = threading.Event()

    def _serve(connection: Connection, _: Seen) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 900000\r\n\r\n" + half)
        arrived.set()
        connection.wait(None)

    with RawServer(_serve) as server:
        process = _capturing(case.path, key_file, server.url("/half.jpg"))
        assert arrived.wait(PATIENCE)
        folder = case.captures()[0]
        wait_until(lambda: any(path.stat().st_size == len(half) for path in folder.glob("incoming/*.body")))
        process.kill()
        process.wait()
    [recovered] = recover_abandoned(case, key=key, officer="John Doe").recovered
    view = read_capture(folder)
    [entry] = view.items
    assert (folder / entry.path).read_bytes() == half
    assert entry.kind == "photo"
    assert entry.partial == f"the process that captured it died when {len(half)} bytes of it had arrived"
    assert view.status == "interrupted"
    assert view.recovered[0].officer == "John Doe"
    assert any("had arrived" in line for line in recovered.found)
    assert verify(case.path).verdict == "ok"
    assert recover_abandoned(case, key=key, officer="John Doe") == Recovery((), ())


def test_what_servers_said_of_the_clock_is_worked_out_when_a_capture_is_finished_off(tmp_path: Path) -> None:
    """The line follows from all exchanges that had been recorded, and the case verifies."""
    maker = make_case(tmp_path)
    died = maker.begin()
    died.add(Thing("one.jpg", jpeg()))
    died.folder.warc.sync()
    died.folder.append(died.events)
    died.folder.close()
    [_] = recover_abandoned(maker.case, key=maker.key, officer="John Doe").recovered
    dates = read_capture(died.folder.path).dates
    assert dates is not None
    assert [(host.host, host.exchanges) for host in dates.hosts] == [("news.example", 1)]
    assert verify(maker.path).verdict == "ok"


def test_ctrl_c_seals_what_had_arrived(tmp_path: Path, key_file: Path) -> None:
    """An interrupted capture ends by itself, sealed, with exit code 130 and the pending rest named."""
    case = Case.open_or_create(tmp_path / "OP", key=_key(key_file), officer="Mary Price")
    with MisbehavingServer() as server:
        url = server.url("/page?img=/photos/a.png&img=/stall&img=/stall?2&img=/photos/b.png")
        process = _capturing(case.path, key_file, url)
        wait_until(lambda: len(server.requests) >= 5)
        wait_until(lambda: _sizes_on_their_way(case).count(200_000) == 2)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    view = read_capture(case.captures()[0])
    assert view.status == "interrupted"
    assert view.finished is not None
    assert view.finished.reason == "interrupted by the officer"
    assert {entry.size for entry in view.items if entry.partial} == {200_000}
    assert verify(case.path).verdict == "ok"


def test_a_terminated_batch_job_seals_as_well(tmp_path: Path, key_file: Path) -> None:
    """SIGTERM, as schedulers send it, is taken like Ctrl-C."""
    case = Case.open_or_create(tmp_path / "OP", key=_key(key_file), officer="Mary Price")
    with MisbehavingServer() as server:
        process = _capturing(case.path, key_file, server.url("/stall"))
        wait_until(lambda: 200_000 in _sizes_on_their_way(case))
        process.terminate()
        assert process.wait(PATIENCE) == 130
    assert read_capture(case.captures()[0]).status == "interrupted"


def test_a_running_capture_is_left_alone(tmp_path: Path, key_file: Path) -> None:
    """Another command does not take over a capture whose process lives, and verify says that it is not sealed."""
    key = _key(key_file)
    case = Case.open_or_create(tmp_path / "OP", key=key, officer="Mary Price")
    with MisbehavingServer() as server:
        process = _capturing(case.path, key_file, server.url("/stall"))
        wait_until(lambda: len(server.requests) >= 1)
        assert recover_abandoned(case, key=key, officer="John Doe") == Recovery((), ())
        assert verify(case.path).verdict == "unchecked"
        process.terminate()
        process.wait(PATIENCE)
    assert verify(case.path).verdict == "ok"


def _sizes_on_their_way(case: Case) -> list[int]:
    return [path.stat().st_size for path in case.path.glob("captures/*/incoming/*.body")]


def _capturing(case: Path, key_file: Path, scene: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cli", "capture", scene, "--case", str(case), "--key", str(key_file)]
    command += ["--allow-private", "--officer", "Mary Price", "--initials", "MP", "--quiet", "--timeout", "600"]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ.copy(), stdout=subprocess.DEVNULL)
