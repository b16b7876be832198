"""How long a test waits for what must come: only a hang takes so long, on whatever machine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 600.0
"""Seconds. No test passes because something was quick, or fails because something was slow."""


def wait_until(true: Callable[[], object]) -> None:
    """Return once `true()` is so; fail where it never is."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0.01)
