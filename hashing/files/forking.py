"""Copies of a process are made undisturbed: a request to end that comes amid it is heard once it is over."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_REQUESTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def fork_undisturbed() -> tuple[int, Callable[[], None]]:
    """Return what `os.fork` returns, and a function for each of the two to call as soon as it can be ended.

    Until then requests to end wait. Python runs a signal's handler wherever the main thread happens to be, and what it
    raises in a hook of a fork, such as those of `logging`, is printed and lost. Raises OSError.
    """
    came = list[int]()
    # Another thread may take the signal, so a mask of this one would not do; handlers run in the main thread alone.
    handled = [each for each in _REQUESTS if callable(signal.getsignal(each))]
    if threading.current_thread() is not threading.main_thread():
        handled = []
    before = {each: signal.signal(each, lambda number, _: came.append(number)) for each in handled}

    def _let_come() -> None:
        for each, handler in before.items():
            signal.signal(each, handler)
        for number in came:
            signal.raise_signal(number)

    try:
        return os.fork(), _let_come
    except OSError:
        _let_come()
        raise


@contextmanager
def ending_with_this(child: int) -> Iterator[None]:
    """Where what is done while a copy works ends with an exception, end the copy first, and wait for its end."""
    try:
        yield
    except BaseException:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)
        raise
