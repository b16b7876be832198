"""Another program that reads hostile bytes, confined: it reads its input, writes in one folder, and reaches nothing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

_ROOT = Path(__file__).resolve().parents[2]
# What a shell answers for a command that it cannot start.
_NOT_STARTED = 127


def confined(
    program: str,
    arguments: Sequence[str],
    *,
    read: Sequence[Path],
    write_below: Path,
    memory: int,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """Return the command that runs a program confined, with this environment alone; give the command itself none.

    `read` are the files that it may read, `write_below` is the folder in which it may write, `memory` the bytes of
    data that it may take. Where the kernel cannot confine, it runs with the limits alone.
    """
    path = os.path.realpath(program)
    task = [path, list(arguments), [str(each.absolute()) for each in read], str(write_below.absolute()), memory]
    task.append(dict(environment))
    start = "import sys; sys.path.insert(0, sys.argv[1]); from hashing.sandbox.program import run; run(sys.argv[2])"
    return [sys.executable, "-I", "-B", "-X", "utf8", "-c", start, str(_ROOT), json.dumps(task)]


def run(task: str) -> None:
    """Confine this process, and become the program."""
    # Here, since the process that starts a program knows the command, and never confines itself.
    from hashing.sandbox.landlock import forbid_files
    from hashing.sandbox.seccomp import OF_A_PROGRAM, forbid_calls

    path, arguments, read, write_below, memory, environment = json.loads(task)
    with suppress(ImportError):  # Windows has no such limits
        import resource

        # No core file: it would hold the hostile document, and whatever was in memory beside it.
        for limit, most in ((resource.RLIMIT_DATA, memory), (resource.RLIMIT_CORE, 0)):
            with suppress(OSError, ValueError):  # a system that does not keep this limit, or is stricter already
                resource.setrlimit(limit, (most, most))
    if sys.platform == "linux":
        beside = str(Path(path).parents[1] / "lib")  # where a package keeps the libraries of its programs
        forbid_files([*read, beside, "/dev/urandom"], [write_below], [path])
        forbid_calls(OF_A_PROGRAM)
    try:
        os.execve(path, [path, *arguments], environment)  # noqa: S606 - a shell is what is not wanted
    except OSError as error:
        os.write(2, f"{path}: {error.strerror}\n".encode())
        os._exit(_NOT_STARTED)
