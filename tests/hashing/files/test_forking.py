"""Copies of a process are made while a request to end may come at any moment."""

import signal
import subprocess
import sys

import pytest

_TOLD_AMID_A_FORK = """
import os, signal, sys
from hashing.files.forking import fork_undisturbed

def _interrupt(number, frame):
    raise KeyboardInterrupt
signal.signal(signal.SIGTERM, _interrupt)
os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGTERM))
ended = "heard nothing"
child, let_signals_come = FORK
if child == 0:
    let_signals_come()
    os._exit(0)
try:
    let_signals_come()
except KeyboardInterrupt:
    ended = "ended as asked"
os.waitpid(child, 0)
print(ended, signal.getsignal(signal.SIGTERM) is _interrupt)
"""


@pytest.mark.parametrize(
    ("fork", "said"),
    [
        ("fork_undisturbed()", "ended as asked True"),
        ("(os.fork(), lambda: None)", "heard nothing True"),
    ],
    ids=["ours", "plain"],
)
def test_a_request_to_end_amid_a_fork_is_heard(fork: str, said: str) -> None:
    """What a handler raises in a hook of a fork is lost in Python; ours hears it when the fork is over."""
    program = _TOLD_AMID_A_FORK.replace("FORK", fork)
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == said
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
