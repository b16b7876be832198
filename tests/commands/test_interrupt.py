from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from capture.recorder.stopping import BY_THE_OFFICER
from commands.exit import Exit
from commands.interrupt import interruptible
from tests.faults.killing import ROOT
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

DEAF = """
import sys
from commands.interrupt import interruptible
with interruptible() as stop:
    while True:  # whatever is raised
        try:
            print("awaits", flush=True)
            sys.stdin.readline()
        except KeyboardInterrupt:
            pass
"""


@pytest.fixture(autouse=True)
def _as_in_a_terminal() -> Iterator[None]:
    """Have Ctrl-C raise KeyboardInterrupt, as where no shell has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_first_ctrl_c_asks_and_the_second_raises() -> None:
    """Ctrl-C once raises nothing anywhere, and asks to end; twice, it is KeyboardInterrupt; then all is as before."""
    with interruptible() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.event.wait(PATIENCE)
        assert (stop.reason, stop.asked) == (BY_THE_OFFICER, True)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_what_ends_at_once_says_how_to_seal_it() -> None:
    """Who presses Ctrl-C twice reads that what had arrived is kept, and which command seals it."""

    def _impatient() -> None:
        with interruptible():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt, match="is kept, and not sealed; seal it with: goldenhour recover CASE"):
        _impatient()


def test_a_request_to_terminate_asks_however_often() -> None:
    """A scheduler that sends SIGTERM twice, or a terminal that closes, does not keep what has arrived from its seal."""
    with interruptible() as stop:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGTERM):
            signal.raise_signal(number)
        assert stop.event.wait(PATIENCE)
        assert stop.reason == "interrupted by a request to terminate"


def test_the_third_ctrl_c_ends_a_process_that_heeds_none() -> None:
    """Whatever the main thread makes of it, the third Ctrl-C ends the process, with code 130."""
    pipe = subprocess.PIPE
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", DEAF], cwd=ROOT, env=env, stdin=pipe, stdout=pipe, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "awaits\n"
        for _ in range(2):  # the first is heard, the second raised and caught: one line each, for each its turn
            process.send_signal(signal.SIGINT)
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline() == "awaits\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == Exit.INTERRUPTED
