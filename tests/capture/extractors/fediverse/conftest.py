"""Captures of the fediverse, and what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.capture.extractors.fediverse.documented import Held

if TYPE_CHECKING:
    from collections.abc import Callable

    from capture.run.run import CaptureResult
    from exports.format.capture_view import CaptureView


@pytest.fixture
def held(captured: Callable[..., tuple[CaptureResult, CaptureView]]) -> Callable[..., tuple[str, Held]]:
    """Return a function that captures a scene and returns the capture's status and what it holds."""

    def _capture(scene: str, **changed: Any) -> tuple[str, Held]:  # noqa: ANN401 - any option
        result, _ = captured(scene, **changed)
        return result.status, Held.of(result.path)

    return _capture
