"""The points at which a process can die: before and after every call that changes what is on the disk."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_CALLS = ("fsync", "fdatasync", "rename", "replace", "link", "unlink", "mkdir", "rmdir", "write", "pwrite", "truncate",
          "ftruncate")  # fmt: skip


class Points:
    """Counts the points that this process passes, and kills it (SIGKILL) at one of them; at none if it is 0."""

    def __init__(self, deadly: int) -> None:
        self.passed = 0
        self._deadly = deadly
        self._lock = threading.Lock()
        for name in _CALLS:
            setattr(os, name, self._counting(getattr(os, name)))

    def _count(self) -> None:
        with self._lock:  # no other thread passes a point before this process is dead
            self.passed += 1
            if self.passed == self._deadly:
                os.kill(os.getpid(), signal.SIGKILL)

    def _counting(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def _called(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the system's own signatures
            self._count()
            result = call(*args, **kwargs)
            self._count()
            return result

        return _called
