"""What a machine does to a capture: a clock that jumps, a disk that is slow."""

from __future__ import annotations

import itertools
import os
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from capture.recorder.settings import NetworkSettings
from capture.request.options import CaptureOptions
from capture.run.run import capture
from exports.bundle import export_bundle
from exports.format.capture_view import read_capture
from exports.verification import verify
from hashing.case.case import Case
from tests.capture.conftest import jpeg
from tests.exports.small_case import OFFICER
from tests.servers import SceneServer

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from hashing.ledger.keys import SigningKey
    from tests.servers import Body

FILES: dict[str, Body | bytes] = {
    "/": b"<!doctype html><title>t</title>" + b"".join(b'<img src="/%d.jpg">' % number for number in range(8)),
    **{f"/{number}.jpg": jpeg(number) for number in range(8)},
}
OPTIONS = CaptureOptions(
    officer=OFFICER, initials="MP", network=NetworkSettings(allow_private=True, timeout=60, attempts=1)
)
LEAPS = (timedelta(), timedelta(hours=-3), timedelta(days=400), timedelta(days=-9000))


def test_a_clock_that_jumps(tmp_path: Path, key: SigningKey) -> None:
    """Whatever the clock says from one line to the next, all is captured, sealed, whole, and handed over."""
    calls = itertools.count()

    def _jumping() -> datetime:
        return datetime.now(UTC) + LEAPS[next(calls) % len(LEAPS)]

    case = Case.open_or_create(tmp_path / "case", key=key, officer=OFFICER, clock=_jumping)
    with SceneServer(FILES) as server:
        for _ in range(2):
            result = capture(server.url("/"), case, OPTIONS, key=key, clock=_jumping)
            assert result.status == "complete"
            assert len(read_capture(result.path).items) == len(FILES)
    assert verify(case.path).verdict == "ok", verify(case.path)
    bundle = export_bundle(case, key=key, officer=OFFICER, output=tmp_path / "bundle", clock=_jumping)
    assert (bundle.items, verify(bundle.path).verdict) == (2 * len(FILES), "ok")


def test_a_slow_disk(tmp_path: Path, key: SigningKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each sync takes a while, lines are synced many at a time, and never before the bytes they speak of."""
    synced = os.fsync
    waits = itertools.count()

    def _slow(descriptor: int) -> None:
        next(waits)
        time.sleep(0.05)
        synced(descriptor)

    case = Case.open_or_create(tmp_path / "case", key=key, officer=OFFICER)
    with SceneServer(FILES) as server, monkeypatch.context() as patched:
        patched.setattr(os, "fsync", _slow)
        result = capture(server.url("/"), case, OPTIONS, key=key)
    assert result.status == "complete"
    assert verify(case.path).verdict == "ok", verify(case.path)
    lines = (result.path / "ledger.jsonl").read_bytes().count(b"\n")
    assert next(waits) < 3 * len(FILES) + lines
