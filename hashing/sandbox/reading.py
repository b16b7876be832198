"""Confines a command that only reads what may be a stranger's, for good and before it opens any of it.

A fault in what reads a case or bundle (JSON, zip, gzip, templates) then reaches no key, no other file and no network.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from hashing.sandbox.landlock import forbid_files, interpreter_files, own_folder
from hashing.sandbox.seccomp import OF_A_COMMAND, forbid_calls


def confine_reading(read: Iterable[Path], write_below: Iterable[Path] = (), programs: Iterable[str] = ()) -> None:
    """Give up all files but `read` and the interpreter's own, the network, and every program but our interpreter.

    Files are made, and read, in the folders `write_below` alone; `programs` may be started too, which are confined in
    their turn. Where the kernel has no means to see to that
    (`Confinement` says what it has), nothing is given up. For a process with one thread: others that are at work keep
    what they have. Of other processes /proc gives nothing but names: Landlock lets nobody look into them.
    """
    if sys.platform != "linux":
        return
    own = (*interpreter_files(), sys.prefix, sys.base_prefix, "/proc", "/etc/localtime")
    forbid_files(
        [*own, *map(os.path.realpath, read)],
        map(os.path.realpath, write_below),
        [os.path.realpath(each) for each in (sys.executable, *programs)],
        names=own_folder(),
        write=os.devnull,
    )
    forbid_calls(OF_A_COMMAND)
