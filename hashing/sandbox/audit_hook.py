"""The room that yt-dlp works in: no network, no files to write, no other programs.

It is the promise that nothing is fetched past the recorder, kept by Python itself (PEP 578), whatever one of the
1,800 extractors tries. It is no prison for code that wants to break out: yt-dlp is trusted, only its paths are closed.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from errno import EACCES

PROGRAMS = frozenset({"deno"})
"""What yt-dlp may start: the JavaScript runtime that it gives neither network nor files."""

_MEMORY = 3 << 30
_REFUSED = ("socket.connect", "socket.bind", "socket.send", "socket.getaddrinfo", "socket.gethost", "ftplib.")
_WRITES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod")
_STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "pty.spawn")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Refused(PermissionError):
    """Something that is not done in this room; an OSError, which yt-dlp takes for a failure like any other."""


def close_room() -> None:
    """Close the door behind this process, for good."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is for the parent, which ends this process
    with suppress(ImportError):  # Windows has no such limits
        import resource

        # Data, not address space: a JavaScript runtime reserves far more of that than it uses.
        for limit, most in ((resource.RLIMIT_DATA, _MEMORY), (resource.RLIMIT_CORE, 0)):
            with suppress(OSError, ValueError):  # a system that does not keep this limit, or is stricter already
                resource.setrlimit(limit, (most, most))
    sys.addaudithook(_look)


def _look(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open":
        path, _, flags = arguments
        opened = isinstance(path, int)  # a pipe to a program, for which another event has vouched
        if isinstance(flags, int) and flags & _WRITING and path != os.devnull and not opened:
            raise Refused(EACCES, "refused: nothing is written here", str(path))
    elif event.startswith(_REFUSED):
        raise Refused(EACCES, "refused: a way past the recorder")
    elif event.startswith(_WRITES):
        raise Refused(EACCES, "refused: nothing is changed here", str(arguments[0]))
    elif event.startswith(_STARTS) and not _is_allowed(event, arguments):
        raise Refused(EACCES, "refused: no other program is started here")


def _is_allowed(event: str, arguments: tuple[object, ...]) -> bool:
    program = str(arguments[0]) if arguments else ""
    return event in {"subprocess.Popen", "os.posix_spawn"} and os.path.basename(program) in PROGRAMS  # noqa: PTH119 - a name, not a path of ours
