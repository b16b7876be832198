"""A request to end, from wherever it comes, seals what has arrived."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from commands.exit import Exit

if TYPE_CHECKING:
    from capture.recorder.stopping import Stop

_AT_ONCE, _AT_ANY_COST = 2, 3  # So many times Ctrl-C: end without sealing, and end whatever this process is doing.

_UNSEALED = "what had arrived is kept, and not sealed; seal it with: goldenhour recover CASE"


@contextmanager
def terminating_like_ctrl_c() -> Iterator[None]:
    """Let a request to terminate, or the end of the terminal, end a command as Ctrl-C does: by KeyboardInterrupt."""

    def _interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handled((signal.SIGTERM, signal.SIGHUP), _interrupt):
        yield


@contextmanager
def interruptible() -> Iterator[Stop]:
    """Yield what Ctrl-C, a request to terminate and the end of the terminal ask to end. For the main thread.

    The first of them raises nothing: an exception that may come anywhere is lost in a callback, or leaves a lock taken
    for ever. A thread of its own hears of the signal, and asks while the main thread does or waits for whatever it
    likes. A second Ctrl-C raises KeyboardInterrupt; a third ends the process. What has arrived is on disk by then, and
    the next command seals it.
    """
    from capture.recorder.stopping import BY_THE_OFFICER, Stop

    reasons = {
        signal.SIGINT: BY_THE_OFFICER,
        signal.SIGTERM: "interrupted by a request to terminate",
        signal.SIGHUP: "interrupted by the end of its terminal",
    }
    stop, (hearing, telling), pressed = Stop(), os.pipe(), 0

    def _hear() -> None:
        heard = 0
        while numbers := os.read(hearing, 64):
            for number in numbers:
                heard += number == signal.SIGINT
                if heard >= _AT_ANY_COST:
                    os._exit(Exit.INTERRUPTED)
                if number in reasons:
                    stop.ask(reasons[signal.Signals(number)])

    def _count(number: int, _: FrameType | None) -> None:
        nonlocal pressed
        pressed += number == signal.SIGINT
        if pressed >= _AT_ONCE:
            raise KeyboardInterrupt

    thread = threading.Thread(target=_hear, name="interruption", daemon=True)
    thread.start()
    os.set_blocking(telling, False)
    # Written to when the signal comes, before Python runs anything for it.
    before = signal.set_wakeup_fd(telling, warn_on_full_buffer=False)
    try:
        with _handled(tuple(reasons), _count):
            yield stop
    except KeyboardInterrupt:
        raise KeyboardInterrupt(_UNSEALED) from None
    finally:
        signal.set_wakeup_fd(before)
        os.close(telling)
        thread.join()
        os.close(hearing)


@contextmanager
def _handled(signals: tuple[signal.Signals, ...], handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    # Under nohup a hang-up is ignored, and shall stay so; as is Ctrl-C in the background of a script.
    caught = [each for each in signals if signal.getsignal(each) != signal.SIG_IGN]
    before = {each: signal.signal(each, handler) for each in caught}
    try:
        yield
    finally:
        for each, handling in before.items():
            signal.signal(each, handling)
