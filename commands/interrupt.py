"""A request to end, from wherever it comes, seals what has arrived."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


@contextmanager
def terminating_like_ctrl_c() -> Iterator[None]:
    """Let a request to terminate, or the end of the terminal, seal what has arrived, as Ctrl-C does."""

    def _interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    # Under nohup a hang-up is ignored, and shall stay so.
    caught = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) != signal.SIG_IGN]
    before = {each: signal.signal(each, _interrupt) for each in caught}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
