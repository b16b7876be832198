"""Confines this process for good: by the kernel where it can, by Python itself in any case."""

from __future__ import annotations

import sys
from contextlib import suppress

import msgspec

from hashing.sandbox.landlock import forbid_files, interpreter_files
from hashing.sandbox.python_hook import watch
from hashing.sandbox.seccomp import OF_A_SERVER, forbid_calls


class Confinement(msgspec.Struct, frozen=True, kw_only=True):
    """What holds a sandbox: the version of Landlock's interface (0 for none), and whether seccomp does.

    `wants` says what the kernel would not do, for a person; "" where both are in force.
    """

    landlock: int
    seccomp: bool
    wants: str = ""


def confine(memory: int, below: str = "") -> Confinement:
    """Give up files, network, other programs and processes, and memory beyond `memory` bytes.

    With `below`, files may be made in that folder, and connections taken from a socket that is handed over. The files
    of the interpreter and of its libraries stay readable: some are loaded when they are first needed. Names, sizes and
    times of other files can still be asked for, and what is open stays open.
    """
    # Python's audit hook comes last, since it would refuse what sets the others up; it holds where a system has
    # neither.
    _limit(memory, writes=bool(below))
    landlock = seccomp = None
    wants = []
    if sys.platform == "linux":
        landlock = forbid_files(interpreter_files(), [below] if below else ())
        seccomp = forbid_calls(OF_A_SERVER if below else frozenset())
        wants = [f"Landlock: {landlock}"] if isinstance(landlock, str) else []
        wants += [f"seccomp: {seccomp}"] if seccomp else []
    else:
        wants = [f"{sys.platform} has neither Landlock nor seccomp"]
    if not below:
        watch()
    return Confinement(
        landlock=landlock if isinstance(landlock, int) else 0, seccomp=seccomp == "", wants="; ".join(wants)
    )


def _limit(memory: int, *, writes: bool) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    # Data, not address space: the libraries' own pages are shared, and take no memory of ours.
    limits = [(resource.RLIMIT_DATA, memory), (resource.RLIMIT_CORE, 0)]
    for limit, most in limits if writes else [*limits, (resource.RLIMIT_FSIZE, 0)]:
        with suppress(OSError, ValueError):  # a system that does not keep this limit, or is stricter already
            resource.setrlimit(limit, (most, most))
