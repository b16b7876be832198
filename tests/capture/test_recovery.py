from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from capture.recovery import finish_abandoned
from exports.capture_view import read_capture
from exports.verification import verify
from hashing.case import Case
from hashing.ledger import ledger_lines
from tests.capture.conftest import jpeg
from tests.servers import Body, Connection, MisbehavingServer, RawServer, SceneServer, Seen, redirect

if TYPE_CHECKING:
    from hashing.keys import SigningKey

ROOT = Path(__file__).parents[2]
PAGE = (
    b'<!doctype html><title>t</title><img src="/one.jpg"><img src="/go"><img src="/large.jpg"><img src="/missing.jpg">'
)
FILES: dict[str, Body | bytes] = {
    "/": PAGE,
    "/one.jpg": jpeg(10),
    "/two.jpg": Body(data=jpeg(20), chunk=200),
    "/go": redirect("/two.jpg"),
    "/large.jpg": jpeg(30) + bytes(400_000),
}


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """Return the path of a key that other processes can sign with."""
    from hashing.keys import load_or_create_signing_key

    load_or_create_signing_key(tmp_path / "key.pem")
    return tmp_path / "key.pem"


def _key(key_file: Path) -> SigningKey:
    from hashing.keys import load_signing_key

    return load_signing_key(key_file)


def _dying(case: Path, key_file: Path, scene: str, point: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.capture.dying", str(case), str(key_file), scene, str(point)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def _acknowledged(case: Case) -> dict[str, str]:
    """Return path and digest of every item that a ledger line speaks of right now."""
    found: dict[str, str] = {}
    for folder in case.captures():
        if (folder / "ledger.jsonl").exists() and any(ledger_lines(folder / "ledger.jsonl")):
            view = read_capture(folder)
            found |= {f"{folder.name}/{entry.item.path}": entry.item.sha256 for entry in view.items}
    return found


def test_a_process_killed_at_any_point_loses_nothing(tmp_path: Path, key_file: Path) -> None:
    """Killed before or after any write, sync or rename: what a line spoke of is there, all else is accounted for."""
    key = _key(key_file)
    with SceneServer(FILES) as server:
        fresh = Case.open_or_create(tmp_path / "count", key=key, officer="Mary Price")
        whole = _dying(fresh.path, key_file, server.url("/"), 0)
        assert whole.returncode == 0, whole.stderr
        points = int(whole.stdout)
        chosen = sorted(random.Random(2011).sample(range(1, points), 25))  # noqa: S311 - a fixed choice, not a secret
        for point in chosen:
            case = Case.open_or_create(tmp_path / f"at-{point}", key=key, officer="Mary Price")
            died = _dying(case.path, key_file, server.url("/"), point)
            assert died.returncode in {-signal.SIGKILL, 0}, died.stderr
            before = _acknowledged(case)
            for recovered in finish_abandoned(case, key=key, officer="Mary Price"):
                assert recovered.exhibit == "MP/1"
            verification = verify(case.path)
            assert verification.verdict == "ok", (point, verification)
            for path, digest in before.items():
                assert hashlib.sha256((case.path / "captures" / path).read_bytes()).hexdigest() == digest
            for folder in case.captures():
                assert not (folder / "incoming").exists()
                _check_warcs(folder)
            shutil.rmtree(case.path)


def _check_warcs(folder: Path) -> None:
    files = [str(path) for path in folder.glob("*.warc.gz")]
    if files:
        command = [sys.executable, "-m", "warcio.cli", "check", *files]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_bytes_on_their_way_in_are_kept(tmp_path: Path, key_file: Path) -> None:
    """A body that had half arrived when the process was killed becomes a partial item with exactly those bytes."""
    key = _key(key_file)
    case = Case.open_or_create(tmp_path / "OP", key=key, officer="Mary Price")
    half = jpeg() + bytes(50_000)
    arrived = threading.Event()

    def _serve(connection: Connection, _: Seen) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 900000\r\n\r\n" + half)
        arrived.set()
        connection.wait(30)

    with RawServer(_serve) as server:
        process = _capturing(case.path, key_file, server.url("/half.jpg"))
        assert arrived.wait(20)
        folder = case.captures()[0]
        _until(lambda: any(path.stat().st_size == len(half) for path in folder.glob("incoming/*.body")))
        process.kill()
        process.wait()
    [recovered] = finish_abandoned(case, key=key, officer="John Doe")
    view = read_capture(folder)
    [entry] = view.items
    assert (folder / entry.item.path).read_bytes() == half
    assert entry.item.kind == "photo"
    assert entry.item.partial == f"the process that captured it died when {len(half)} bytes of it had arrived"
    assert view.status == "interrupted"
    assert view.recovered[0].officer == "John Doe"
    assert any("had arrived" in line for line in recovered.found)
    assert verify(case.path).verdict == "ok"
    assert finish_abandoned(case, key=key, officer="John Doe") == []


def test_ctrl_c_seals_what_had_arrived(tmp_path: Path, key_file: Path) -> None:
    """An interrupted capture ends by itself, sealed, with exit code 130 and the pending rest named."""
    case = Case.open_or_create(tmp_path / "OP", key=_key(key_file), officer="Mary Price")
    with MisbehavingServer() as server:
        url = server.url("/page?img=/photos/a.png&img=/stall&img=/stall?2&img=/photos/b.png")
        process = _capturing(case.path, key_file, url)
        _until(lambda: len(server.requests) >= 5)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 130
    view = read_capture(case.captures()[0])
    assert view.status == "interrupted"
    assert view.finished is not None
    assert view.finished.reason == "stopped by the user"
    assert {entry.item.size for entry in view.items if entry.item.partial} == {200_000}
    assert verify(case.path).verdict == "ok"


def test_a_terminated_batch_job_seals_as_well(tmp_path: Path, key_file: Path) -> None:
    """SIGTERM, as schedulers send it, is taken like Ctrl-C."""
    case = Case.open_or_create(tmp_path / "OP", key=_key(key_file), officer="Mary Price")
    with MisbehavingServer() as server:
        process = _capturing(case.path, key_file, server.url("/stall"))
        _until(lambda: len(server.requests) >= 1)
        time.sleep(0.3)
        process.terminate()
        assert process.wait(15) == 130
    assert read_capture(case.captures()[0]).status == "interrupted"


def test_a_running_capture_is_left_alone(tmp_path: Path, key_file: Path) -> None:
    """Another command does not take over a capture whose process lives, and verify says that it is not sealed."""
    key = _key(key_file)
    case = Case.open_or_create(tmp_path / "OP", key=key, officer="Mary Price")
    with MisbehavingServer() as server:
        process = _capturing(case.path, key_file, server.url("/stall"))
        _until(lambda: len(server.requests) >= 1)
        assert finish_abandoned(case, key=key, officer="John Doe") == []
        assert verify(case.path).verdict == "unchecked"
        process.terminate()
        process.wait(15)
    assert verify(case.path).verdict == "ok"


def _capturing(case: Path, key_file: Path, scene: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cli", "capture", scene, "--case", str(case), "--key", str(key_file)]
    command += ["--allow-private", "--officer", "Mary Price", "--initials", "MP", "--quiet", "--timeout", "20"]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ.copy(), stdout=subprocess.DEVNULL)


def _until(true: object) -> None:
    assert callable(true)
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
