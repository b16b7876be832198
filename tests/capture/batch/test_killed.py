from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING

from capture.batch.recovery import recover_batches
from capture.run.recovery import Recovery, recover_abandoned
from exports.format.case_view import read_case
from exports.verification import verify
from hashing.case.batch_events import DONE, BatchFinished, RowEnded, RowStarted
from hashing.case.batch_folder import batch_events, batch_folders
from hashing.case.case import Case
from hashing.ledger.keys import load_or_create_signing_key
from tests.faults.killing import Killer
from tests.servers import Body, SceneServer

if TYPE_CHECKING:
    from pathlib import Path

    from hashing.ledger.keys import SigningKey
    from tests.sampling import Sample

ROWS = 3
_PAGE = b"<!doctype html><title>t</title><p>The mill burns since nine, police say."
PAGES = {f"/{n}": Body(data=_PAGE, type="text/html") for n in range(ROWS)}


def test_a_batch_killed_at_any_point_captures_each_row_once(tmp_path: Path, sample: Sample) -> None:
    """Killed, begun again and killed again, a batch ends with one whole capture of each row, and the case verifies."""
    (tmp_path / "before").mkdir()
    key, _ = load_or_create_signing_key(tmp_path / "before/key.pem")
    Case.open_or_create(tmp_path / "before/case", key=key, officer="Mary Price")
    with SceneServer(PAGES) as server, Killer("run_batch") as killer:
        scenes = [server.url(f"/{n}") for n in range(ROWS)]
        (tmp_path / "before/rows").write_text("\n".join(scenes), "utf-8")
        points = killer.count(shutil.copytree(tmp_path / "before", tmp_path / "count"))
        for point in sample(range(1, points + 1), 2):
            folder = killer.kill(point, tmp_path / "before")
            assert killer.run(1 + (point * 7) % points, folder) != "failed"  # what is left may have fewer points
            assert killer.run(0, folder).isdecimal(), point
            _check(folder, scenes, key)
            shutil.rmtree(folder)
    assert killer.said == ""


def _check(folder: Path, scenes: list[str], key: SigningKey) -> None:
    """Demand that a case has each scene once, and that its batches say so."""
    case = Case.open(folder / "case")
    assert recover_abandoned(case, key=key, officer="Mary Price") == Recovery((), ())
    assert recover_batches(case, key=key) == []
    assert verify(case.path).verdict == "ok"
    view = read_case(case.path)
    whole = Counter(each.started.scene for each in view.captures if each.status == "complete")
    assert whole == Counter(scenes)
    assert {each.status for each in view.captures} <= {"complete", "interrupted"}
    events = [list(batch_events(path)) for path in batch_folders(case)]
    assert all(isinstance(each[-1], BatchFinished) for each in events)
    ended = [event for each in events for event in each if isinstance(event, RowEnded)]
    assert len([event for event in ended if event.status in DONE]) == ROWS
    started = [event.capture for each in events for event in each if isinstance(event, RowStarted)]
    assert {each.started.capture for each in view.captures} <= set(started)
