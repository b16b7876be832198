"""Ctrl-C at any moment: the capture ends by itself, sealed, and says so."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from capture.recorder.stopping import BY_THE_OFFICER
from commands.exit import Exit
from exports.format.capture_view import read_capture
from exports.verification import verify
from hashing.case.case import Case
from hashing.ledger.keys import load_or_create_signing_key
from tests.capture.conftest import jpeg
from tests.exports.small_case import OFFICER
from tests.faults.killing import ROOT
from tests.patience import PATIENCE
from tests.servers import Body, SceneServer

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from tests.sampling import Sample

MOMENTS, MOST = 300, 2
"""Moments at which Ctrl-C comes, spread over some hundred thousand calls; and of these, where a run takes a sample."""

PAGE = b'<!doctype html><title>t</title><p>words</p><img src="/one.jpg"><img src="/two.jpg">'
FILES: dict[str, Body | bytes] = {"/": PAGE, "/one.jpg": jpeg(10), "/two.jpg": Body(data=jpeg(20), chunk=200)}


class Interrupter:
    """Captures the scene again and again and interrupts it, while it is entered."""

    def __enter__(self) -> Self:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.interrupted"], cwd=ROOT, stdin=pipe, stdout=pipe, text=True
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=PATIENCE)

    def run(self, moment: int, folder: Path) -> tuple[str, int]:
        """Interrupt it at a moment; return the exit code, or what became of the process, and the number of calls."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{moment}\t{folder}\n")
        self._process.stdin.flush()
        code, calls = self._process.stdout.readline().split()
        return code, int(calls)


def test_ctrl_c_at_any_moment(tmp_path: Path, sample: Sample) -> None:
    """Whatever a thread is doing when Ctrl-C comes, what was begun is sealed, with the true reason, and verifies."""
    before = tmp_path / "before"
    before.mkdir()
    key, _ = load_or_create_signing_key(before / "key.pem")
    Case.open_or_create(before / "case", key=key, officer=OFFICER)
    with SceneServer(FILES) as server, Interrupter() as interrupter:
        (before / "url").write_text(server.url("/"))
        whole = shutil.copytree(before, tmp_path / "whole")
        code, calls = interrupter.run(0, whole)
        assert (code, calls > 1000) == ("0", True), (whole / "stderr").read_text()
        step = max(calls // MOMENTS, 1)  # the very first call is that of the command: nothing can hear of it before
        for moment in sample(range(step, calls + 1, step), MOST):
            folder = shutil.copytree(before, tmp_path / f"at-{moment}")
            code, _ = interrupter.run(moment, folder)
            judge(code, folder, f"Ctrl-C at call {moment} of {calls}")
            shutil.rmtree(folder)


def judge(code: str, folder: Path, where: str) -> None:
    """Hold what an interrupted capture left behind against what must be true of it."""
    said = (folder / "stderr").read_text()
    assert code in {str(int(Exit.OK)), str(int(Exit.INTERRUPTED))}, (where, code, said)
    assert "Traceback" not in said, (where, said)
    assert "Exception ignored" not in said, (where, said)
    case = Case.open(folder / "case")
    views = [read_capture(path) for path in case.captures()]
    assert len(views) <= 1, where
    for view in views:
        assert view.finished is not None, (where, said)
        reason = BY_THE_OFFICER if view.status == "interrupted" else ""
        assert (view.status, view.finished.reason) in {("complete", ""), ("interrupted", reason)}, (where, said)
    assert code != "0" or [view.status for view in views] == ["complete"], (where, said)
    results = [json.loads(line) for line in (folder / "stdout").read_text().splitlines()]
    assert [each["status"] for each in results] == [view.status for view in views], (where, said)
    found = verify(case.path)
    assert found.verdict == "ok", (where, found, said)
