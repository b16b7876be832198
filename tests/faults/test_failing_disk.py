"""A disk that fails at any call of a capture: it ends, says why, and keeps what it acknowledged."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from capture.run.recovery import recover_abandoned
from commands.exit import Exit
from exports.format.capture_view import read_capture
from exports.verification import verify
from hashing.case.capture_folder import is_sealed
from hashing.case.case import Case
from hashing.ledger.keys import load_or_create_signing_key
from hashing.ledger.ledger import ledger_lines
from tests.capture.conftest import jpeg
from tests.exports.small_case import OFFICER
from tests.faults.failing import FAULTS
from tests.faults.killing import ROOT
from tests.patience import PATIENCE
from tests.servers import Body, SceneServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from exports.format.result import Verification
    from hashing.ledger.keys import SigningKey
    from tests.sampling import Sample

MOST, WHOLE_RUN = 3, 100
"""Calls of some 700 at which each fault is tried: where a run takes a sample, and in a whole run."""

PAGE = b'<!doctype html><title>t</title><p>words</p><img src="/one.jpg"><img src="/two.jpg">'
FILES: dict[str, Body | bytes] = {"/": PAGE, "/one.jpg": jpeg(10), "/two.jpg": Body(data=jpeg(20), chunk=200)}
WHOLE = (3, 3, 1)
"""Items, items with facts, and working copies of a capture that nothing fails."""


class Failer:
    """Captures the scene again and again on a disk that fails, while it is entered."""

    def __enter__(self) -> Self:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.failing"], cwd=ROOT, stdin=pipe, stdout=pipe, text=True
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=PATIENCE)

    def run(self, call: int, fault: str, folder: Path) -> tuple[str, int, str]:
        """Let one call fail; return the exit code, or what became of the process, the number of calls, what failed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{call}\t{fault}\t{folder}\n")
        self._process.stdin.flush()
        code, calls, failed = self._process.stdout.readline().strip().split(" ", 2)
        return code, int(calls), failed


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    """Return the key that the failing process signs with."""
    (tmp_path / "before").mkdir()
    return load_or_create_signing_key(tmp_path / "before/key.pem")[0]


@pytest.fixture
def before(tmp_path: Path, key: SigningKey) -> Iterator[Path]:
    """Return a folder with an empty case and the address of a scene that is served."""
    folder = tmp_path / "before"
    Case.open_or_create(folder / "case", key=key, officer=OFFICER)
    with SceneServer(FILES) as server:
        (folder / "url").write_text(server.url("/"))
        yield folder


def acknowledged(case: Case) -> dict[str, str]:
    """Return path and digest of every item that a ledger line speaks of right now."""
    found: dict[str, str] = {}
    for folder in case.captures():
        if (folder / "ledger.jsonl").exists() and any(ledger_lines(folder / "ledger.jsonl")):
            found |= {f"{folder.name}/{each.path}": each.sha256 for each in read_capture(folder).items}
    return found


@pytest.mark.parametrize("fault", FAULTS)
def test_a_disk_that_fails_at_one_call(fault: str, before: Path, key: SigningKey, sample: Sample) -> None:
    """Whatever call fails, the capture ends with a sentence, seals what it can, and all that it said is there."""
    whole = before.with_name("whole")
    shutil.copytree(before, whole)
    with Failer() as failer:
        code, calls, _ = failer.run(0, fault, whole)
        assert code == "0", (whole / "stderr").read_text()
        assert calls > 100
        for call in sample(range(1, calls + 1), MOST, WHOLE_RUN):
            folder = before.with_name(f"at-{call}")
            shutil.copytree(before, folder)
            code, _, failed = failer.run(call, fault, folder)
            _judge(code, folder, key, f"{fault} at call {call}: {failed}", lasts="for good" in fault)
            shutil.rmtree(folder)


def faults(found: Verification) -> list[object]:
    """Return everything that a verification found."""
    return [*found.altered, *found.missing, *found.added, *found.problems, *found.unchecked]


def _judge(code: str, folder: Path, key: SigningKey, where: str, *, lasts: bool) -> None:
    """Hold what a capture on a failing disk left behind against what must be true of it."""
    said = (folder / "stderr").read_text()
    # 1. It ended by itself, with a defined code and a sentence for a person.
    ends = {Exit.OK, Exit.FAULT, Exit.USAGE, Exit.IN_PART, Exit.NOTHING, Exit.UNCHECKED, Exit.REFUSED}
    assert code in {str(int(each)) for each in ends}, (where, code, said)
    assert "Traceback" not in said, (where, said)
    results = [json.loads(line) for line in (folder / "stdout").read_text().splitlines()]
    assert said or results, where
    assert code != "0" or results[0]["status"] == "complete", where
    # 2. What a line spoke of is there.
    case = Case.open(folder / "case")
    stood = acknowledged(case)
    # 3. What was said to be sealed is, and its reason stands in the ledger; on a disk that works again, all is sealed.
    for path in case.captures():
        view = read_capture(path) if is_sealed(path) else None
        if view is not None and view.finished is not None:
            facts = sum(bool(each.facts) for each in view.items)
            whole = (len(view.items), facts, len(view.working_copies)) == WHOLE
            assert whole or view.finished.status != "complete", (where, said)
            assert whole or view.finished.reason or view.failed, (where, said)
        if not lasts and code in {"0", str(int(Exit.IN_PART)), str(int(Exit.NOTHING))}:
            assert view is not None, (where, said)
    # 4. The rest can be finished off, and then everything verifies.
    recover_abandoned(case, key=key, officer=OFFICER)
    found = verify(case.path)
    assert found.verdict == "ok", "\n".join([where, said, *map(str, faults(found))])
    for path_, digest in stood.items():
        assert hashlib.sha256((case.path / "captures" / path_).read_bytes()).hexdigest() == digest, where
