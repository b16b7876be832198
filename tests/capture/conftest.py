"""A case to capture into, and scenes to capture."""

from __future__ import annotations

import io
import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from capture.recorder.settings import NetworkSettings
from capture.request.options import CaptureOptions
from capture.request.progress import Progress
from capture.run.run import CaptureResult, capture
from capture.run.watch import Watch, WatchRound
from exports.format.capture_view import CaptureView, read_capture
from hashing.case.case import Case
from hashing.times import system_clock
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hashing.ledger.keys import SigningKey

NETWORK = NetworkSettings(allow_private=True, timeout=60.0, deadline=PATIENCE, backoff=0.01)
OPTIONS = CaptureOptions(officer="Mary Price", initials="MP", network=NETWORK)


@pytest.fixture
def case(tmp_path: Path, key: SigningKey) -> Case:
    """Return a new case."""
    return Case.open_or_create(tmp_path / "OP-ALDER", key=key, officer="Mary Price")


@pytest.fixture
def captured(case: Case, key: SigningKey) -> Callable[..., tuple[CaptureResult, CaptureView]]:
    """Return a function that captures a scene with options or network settings changed, and reads its ledger."""

    def _capture(scene: str, **changed: Any) -> tuple[CaptureResult, CaptureView]:  # noqa: ANN401 - any option
        network = {name: changed.pop(name) for name in list(changed) if name in NetworkSettings.__slots__}
        options = replace(OPTIONS, network=replace(NETWORK, **network), **changed)
        result = capture(scene, case, options, key=key)
        return result, read_capture(result.path)

    return _capture


@pytest.fixture
def rounds(case: Case, key: SigningKey) -> Callable[..., Iterator[WatchRound]]:
    """Return a function that watches a scene without pauses, a round each time the next one is asked for."""

    def _rounds(
        scene: str, *, length: float | None = None, every: float = 1.0, **changed: object
    ) -> Iterator[WatchRound]:
        ticks = itertools.count()
        watch = Watch(
            [scene],
            case,
            replace(OPTIONS, **changed),  # type: ignore[arg-type]  # any option
            key=key,
            progress=Progress(),
            clock=system_clock,
            pause=lambda _: None,
            monotonic=lambda: next(ticks) * max(every / 2, 1.0),
        )
        return watch.run(every=every, length=length)

    return _rounds


def jpeg(red: int = 200, size: tuple[int, int] = (64, 48)) -> bytes:
    """Return a small real photo."""
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", size, (red, 80, 40)).save(file, "JPEG")
    return file.getvalue()
