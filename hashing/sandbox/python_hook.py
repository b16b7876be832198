"""The second line: what Python itself refuses (PEP 578), where the kernel would as well, or has no means to.

Code that was taken over can go round it; it stops a library that only tries what it always does, with plain words.
"""

from __future__ import annotations

import os
import sys
from errno import EACCES

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
