"""Runs a command, and ends it as soon as its own standard input ends.

usage: python lifeline.py USER SIGNAL FOLDER COMMAND...
Whoever holds the other end of that pipe may die in any way: the system closes the pipe, and the command, whatever it
started and FOLDER, where it works, go too. USER is empty for the user that runs this; SIGNAL is the number of the one
that asks the command to end.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading

_GRACE = 3.0  # seconds that the command has to end by itself


def main(user: str, stop: str, folder: str, *command: str) -> int:
    """Run the command to its end, whoever decides that. Returns its exit code."""
    os.umask(0o077)
    group = pwd.getpwnam(user).pw_gid if user else None
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        cwd=folder,
        start_new_session=True,
        user=user or None,
        group=group,
        extra_groups=None if group is None else [],
    )
    threading.Thread(target=_end_with_our_input, args=(child, int(stop)), daemon=True).start()
    code = child.wait()
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nothing is left of its group
        os.killpg(child.pid, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)
    return code


def _end_with_our_input(child: subprocess.Popen[bytes], stop: int) -> None:
    sys.stdin.buffer.read(1)
    child.send_signal(stop)
    try:
        child.wait(_GRACE)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
