from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from commands.exit import Exit
from tests.capture.conftest import jpeg
from tests.patience import PATIENCE
from tests.servers import Body, SceneServer, Seen
from tests.test_cli import ROOT, typed
from tests.test_docs import fields, named

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BATCH = ("--case", "OP-ALDER", "--initials", "MP", "--allow-private", "--pause", "0.1", "--retries", "1")


@pytest.fixture
def server() -> Iterator[SceneServer]:
    """Return a server with photos, and one thing that is not there until it is made."""
    with SceneServer({f"/{n}.jpg": jpeg(n) for n in range(4)}) as running:
        yield running


def _batch(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return typed("batch", *words, *BATCH, cwd=cwd)


def test_a_batch_from_rows_to_the_failed_ones_fed_back_in(tmp_path: Path, server: SceneServer) -> None:
    """What fails is listed, in the form of the rows, and once it can be had the list is all that need be fed in."""
    note = '=HYPERLINK("http://x")\x1b[2J'
    lines = ["scene,note", *(f'{server.url(f"/{n}.jpg")},"{note.replace(chr(34), chr(34) * 2)}"' for n in (0, 1, 9))]
    (tmp_path / "rows.csv").write_text("\r\n".join(lines), "utf-8")
    first = _batch("rows.csv", cwd=tmp_path)
    assert first.returncode == Exit.NOTHING, first.stderr
    assert "batch    3 rows: 2 captured, 1 failed" in first.stdout
    assert re.search(r"^MP/\d  nothing  .*/9.jpg: .*404 Not Found$", first.stderr, re.MULTILINE)
    assert all(line.isprintable() for line in (first.stdout + first.stderr).splitlines())
    [failed] = re.findall(r"^failed   (\S+/failed.csv)$", first.stdout, re.MULTILINE)
    assert typed("verify", "OP-ALDER", cwd=tmp_path).returncode == Exit.OK
    server.files["/9.jpg"] = jpeg(9)
    second = _batch(failed, cwd=tmp_path)
    assert (second.returncode, "1 row: 1 captured, 0 failed" in second.stdout) == (Exit.OK, True), second.stderr
    third = _batch("rows.csv", "--json", "--quiet", cwd=tmp_path)
    assert third.returncode == Exit.OK
    assert [json.loads(line).get("status") for line in third.stdout.splitlines()] == ["captured before"] * 3 + [
        "finished"
    ]
    shown = json.loads(typed("show", "OP-ALDER", "--json", cwd=tmp_path).stdout)
    assert [batch["status"] for batch in shown["batches"]] == ["finished"] * 3
    started = [
        json.loads(path.read_text().splitlines()[0]) for path in tmp_path.glob("OP-ALDER/captures/*/ledger.jsonl")
    ]
    assert {each["note"] for each in started} == {note}


def test_every_field_of_a_batch_is_documented(tmp_path: Path, server: SceneServer) -> None:
    """`batch --json` prints an object a row and one for all of it, and no field that docs/json.md does not name."""
    (tmp_path / "rows.txt").write_text(f"{server.url('/0.jpg')}\n{server.url('/no')}\n", "utf-8")
    ran = _batch("rows.txt", "--json", cwd=tmp_path)
    assert ran.returncode == Exit.NOTHING
    first, second, summary = sorted(map(json.loads, ran.stdout.splitlines()), key=lambda each: each.get("line", 9))
    assert (first["status"], first["exhibit"][:3], first["items"]) == ("complete", "MP/", 1)
    assert (second["status"], second["again"]) == ("nothing", False)
    assert (summary["rows"], summary["done"], summary["failed"], summary["left"]) == (2, 1, 1, 0)
    assert (tmp_path / first["path"].replace("captures", "OP-ALDER/captures", 1)).is_dir()
    assert {*fields(first), *fields(second), *fields(summary)} <= named("batch --json")


def test_wrong_rows_stop_a_batch_before_it_begins(tmp_path: Path, server: SceneServer) -> None:
    """Each wrong row is named with its line and nothing is fetched or made, unless wrong rows shall be left out."""
    rows = f'{{"url": "{server.url("/0.jpg")}"}}\n{{"url": 7}}\nno json \x1b[2J\n{{"url": "a.example", "limit": "3"}}\n'
    (tmp_path / "rows.jsonl").write_text(rows, "utf-8")
    ran = _batch("rows.jsonl", cwd=tmp_path)
    assert ran.returncode == Exit.USAGE
    assert re.findall(r"^  rows.jsonl:(\d)", ran.stderr, re.MULTILINE) == ["2", "3", "4"]
    assert "--skip-bad" in ran.stderr
    assert (server.requests, (tmp_path / "OP-ALDER").exists()) == ([], False)
    skipped = _batch("rows.jsonl", "--skip-bad", cwd=tmp_path)
    assert skipped.returncode == Exit.IN_PART
    assert "left out: rows.jsonl:3:" in skipped.stderr
    assert "1 row: 1 captured" in skipped.stdout


def test_rows_from_a_pipe(tmp_path: Path, server: SceneServer) -> None:
    """A dash stands for the standard input; an empty one holds no row; a missing file is a sentence."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "cli", "batch", "-", *BATCH]
    for given, code in ((f"# one\n{server.url('/1.jpg')}\n", Exit.OK), ("", Exit.NOTHING), ("#\n", Exit.NOTHING)):
        ran = subprocess.run(command, cwd=tmp_path, env=env, input=given, capture_output=True, text=True, check=False)
        assert ran.returncode == code, ran.stderr
    missing = _batch("nowhere.txt", cwd=tmp_path)
    assert missing.returncode == Exit.USAGE
    assert "nowhere.txt: no such file or directory" in missing.stderr
    nameless = typed("batch", "rows.txt", cwd=tmp_path)
    assert nameless.returncode == Exit.USAGE
    assert "--case" in nameless.stderr
    (tmp_path / "taken").touch()
    taken = _batch("-", "--failed", "taken", cwd=tmp_path)
    assert taken.returncode == Exit.REFUSED


def test_ctrl_c_seals_what_runs_and_keeps_the_rest(tmp_path: Path) -> None:
    """Ctrl-C ends a batch with code 130: rows that ran are sealed as interrupted, and the same command goes on."""
    page, gate = (
        Body(data=b"<!doctype html><title>t</title><p>The mill burns since nine, police say.", type="text/html"),
        threading.Event(),
    )

    def _held(_: Seen) -> Body:
        gate.wait(PATIENCE)
        return page

    with SceneServer({"/0": page} | {f"/{n}": _held for n in range(1, 8)}) as server:
        (tmp_path / "rows.txt").write_text("\n".join(server.url(f"/{n}") for n in range(8)), "utf-8")
        command = [sys.executable, "-m", "cli", "batch", "rows.txt", *BATCH, "--scenes", "2"]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(
            command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as running:
            assert running.stderr is not None
            assert any("complete" in line for line in running.stderr)
            running.send_signal(signal.SIGINT)
            said, _ = running.communicate(timeout=PATIENCE)
        gate.set()
        assert running.returncode == Exit.INTERRUPTED
        assert "left in the queue" in said
        assert "interrupted by the officer; the same command goes on with what is left" in said
        assert typed("verify", "OP-ALDER", cwd=tmp_path).returncode == Exit.OK
        again = _batch("rows.txt", cwd=tmp_path)
    assert again.returncode == Exit.OK, again.stderr
    shown = json.loads(typed("show", "OP-ALDER", "--json", cwd=tmp_path).stdout)
    whole = [each["scene"] for each in shown["captures"] if each["status"] == "complete"]
    assert len(whole) == len(set(whole)) == 8
    assert {each["status"] for each in shown["captures"]} <= {"complete", "interrupted"}


def test_no_room_is_said_before_anything_is_made(tmp_path: Path, server: SceneServer) -> None:
    """Where less is free than shall stay free, `capture` and `batch` refuse in a sentence, with what to do."""
    (tmp_path / "rows.txt").write_text(server.url("/0.jpg"), "utf-8")
    for words in (("batch", "rows.txt"), ("capture", server.url("/0.jpg"))):
        ran = typed(*words, "--case", "OP", "--allow-private", "--min-free", "900000T", cwd=tmp_path)
        assert ran.returncode == Exit.REFUSED
        assert "the disk is nearly full" in ran.stderr
        assert "hint: free some space, or lower --min-free" in ran.stderr
    assert server.requests == []
    wrong = typed("capture", server.url("/0.jpg"), "--min-free", "lots", cwd=tmp_path)
    assert (wrong.returncode, "--min-free lots: not a size" in wrong.stderr) == (Exit.USAGE, True)
