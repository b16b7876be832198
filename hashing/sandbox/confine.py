"""Confines this process for good: by the kernel where it can, by Python itself (PEP 578) in any case.

Code that was taken over can go round the second; it stops a library that only tries what it always does, with plain
words.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from errno import EACCES

import msgspec

_NETWORK = (
    *("socket.connect", "socket.bind", "socket.send", "socket.getaddrinfo", "socket.getnameinfo"),
    *("socket.gethost", "socket.getservby", "ftplib.", "smtplib.", "urllib.Request"),
)
_CHANGES = (
    *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod"),
    *("os.chown", "os.utime", "os.setxattr", "os.removexattr", "shutil.", "tempfile.", "sqlite3."),
)
_PROGRAMS = ("subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "pty.", "os.kill")
_NATIVE = ("ctypes.dlopen", "ctypes.dlsym", "ctypes.call_function")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_WORDS: dict[tuple[str, ...], str] = {
    _NETWORK: "refused: a way past the recorder",
    _CHANGES: "refused: nothing is changed here",
    _PROGRAMS: "refused: no other program is started here",
    _NATIVE: "refused: no other library is called here",
}


class Refused(PermissionError):
    """Something that is not done in the sandbox; an OSError, which libraries take for a failure like any other."""


def watch() -> None:
    """Refuse these things in this process, for good."""
    sys.addaudithook(_look)


def _look(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open":
        path, _, flags = arguments
        # An open descriptor was handed over by us and may be written to.
        if isinstance(flags, int) and flags & _WRITING and not isinstance(path, int):
            raise Refused(EACCES, "refused: nothing is written here", str(path))
        return
    for beginnings, words in _WORDS.items():
        if event.startswith(beginnings):
            raise Refused(EACCES, words)


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
    # Here, since the process that starts a sandbox knows what confines it, and never confines itself.
    from hashing.sandbox.landlock import forbid_files, interpreter_files
    from hashing.sandbox.seccomp import OF_A_SERVER, forbid_calls

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
