"""Confines this process for good: by the kernel where it can, by Python itself in any case."""

from __future__ import annotations

import sys
from contextlib import suppress

import msgspec

from hashing.sandbox.landlock import forbid_files, interpreter_files
from hashing.sandbox.python_hook import watch
from hashing.sandbox.seccomp import forbid_calls


class Confinement(msgspec.Struct, frozen=True, kw_only=True):
    """What holds a sandbox: the version of Landlock's interface (0 for none), and whether seccomp does.

    `wants` says what the kernel would not do, for a person; "" where both are in force.
    """

    landlock: int
    seccomp: bool
    wants: str = ""


def confine(memory: int) -> Confinement:
    """Give up files, network, other programs and processes, and memory beyond `memory` bytes.

    The files of the interpreter and of its libraries stay readable: some are loaded when they are first needed. Names,
    sizes and times of other files can still be asked for, and what is open stays open.
    """
    _limit(memory)
    landlock = seccomp = None
    wants = []
    if sys.platform == "linux":
        landlock, seccomp = forbid_files(interpreter_files()), forbid_calls()
        wants = [f"Landlock: {landlock}"] if isinstance(landlock, str) else []
        wants += [f"seccomp: {seccomp}"] if seccomp else []
    else:
        wants = [f"{sys.platform} has neither Landlock nor seccomp"]
    watch()
    return Confinement(
        landlock=landlock if isinstance(landlock, int) else 0, seccomp=seccomp == "", wants="; ".join(wants)
    )


def _limit(memory: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    # Data, not address space: the libraries' own pages are shared, and take no memory of ours.
    for limit, most in ((resource.RLIMIT_DATA, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        with suppress(OSError, ValueError):  # a system that does not keep this limit, or is stricter already
            resource.setrlimit(limit, (most, most))
