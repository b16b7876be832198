"""A process that captures a scene again and again, each time in a child whose disk fails at a call of one's choice.

usage: python -m tests.faults.failing
Each line on stdin is a call, by number (0: none fails), a fault and a folder. Answers on stdout with the exit code of
the child, the number of calls that it made on the case, and what failed: the call's name and its path in the case.
What the child printed is in the folder's `stdout` and `stderr`.
"""

from __future__ import annotations

import errno
import io
import os
import shutil  # noqa: F401 - loaded before any call fails, because it looks at what the system can do
import stat
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

FAULTS = ("EIO", "ENOSPC", "EACCES", "EMFILE", "MemoryError", "EIO for good", "ENOSPC for good")
PATIENCE = 60
"""Seconds after which a child hangs: only what waits for nothing for ever takes as long."""

_FSTAT = os.fstat
_PATHS = ("open", "mkdir", "rename", "replace", "unlink", "remove", "rmdir", "chmod", "link", "truncate", "statvfs",
          "stat", "lstat", "scandir", "listdir")  # fmt: skip
_DESCRIPTORS = (
    "write",
    "read",
    "fsync",
    "fdatasync",
    "ftruncate",
    "lseek",
    "fchmod",
    "fstat",
    "posix_fadvise",
    "pread",
)


class FailingDisk:
    """Counts this process's calls on files below a folder, and lets one of them fail, or it and all that follow."""

    def __init__(self, folder: Path, call: int, fault: str) -> None:
        self.calls = 0
        self.failed = "nothing"
        """The first call that failed: its name, and the path in the folder."""
        self._lock = threading.Lock()
        self._folder, self._call = str(folder), call
        self._name, _, self._lasts = fault.partition(" ")
        self._inside: dict[int, str] = {}
        """The path that each open descriptor of a file in the folder was opened by."""
        for name in _PATHS:
            setattr(os, name, self._at_paths(name, getattr(os, name)))
        for name in _DESCRIPTORS:
            setattr(os, name, self._at_descriptors(name, getattr(os, name)))
        io.open = self._at_paths("open", io.open)  # what Path.open calls

    def _count(self, name: str, path: str) -> None:
        with self._lock:
            self.calls += 1
            fails = self.calls >= self._call > 0 if self._lasts else self.calls == self._call
            if self.calls == self._call:
                self.failed = f"{name} {os.path.relpath(path, self._folder)}"
        if fails:
            if self._name == "MemoryError":
                raise MemoryError
            number = getattr(errno, self._name)
            raise OSError(number, os.strerror(number), path)

    def _path_inside(self, path: object, folder: object) -> str | None:
        """Return the path of what a call names, if it is below the folder; `folder` is the call's `dir_fd`."""
        if isinstance(folder, int):
            return f"{self._inside[folder]}/{path}" if folder in self._inside else None
        named = os.fspath(path) if isinstance(path, str | os.PathLike) else ""
        return named if named.startswith(self._folder) else None

    def _at_paths(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def _called(path: Any = ".", *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the system's own signatures
            inside = self._path_inside(path, kwargs.get("dir_fd", kwargs.get("src_dir_fd")))
            if inside is not None:
                self._count(name, inside)
            result = call(path, *args, **kwargs)
            if isinstance(result, int):
                if inside is not None:
                    self._inside[result] = inside
                else:
                    self._inside.pop(result, None)
            return result

        return _called

    def _at_descriptors(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def _called(descriptor: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the system's own signatures
            if descriptor in self._inside and not stat.S_ISFIFO(_FSTAT(descriptor).st_mode):  # a number is used again
                self._count(name, self._inside[descriptor])
            return call(descriptor, *args, **kwargs)

        return _called


def main() -> None:
    """Do as told until stdin ends."""
    from commands import capture as _command  # noqa: F401 - all that a child needs is imported once

    for line in sys.stdin:
        call, fault, folder = line.strip().split("\t")
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            os._exit(_run(int(call), fault, Path(folder), writing))
        os.close(writing)
        with open(reading, encoding="ascii") as pipe:  # noqa: PTH123 - a descriptor
            print(pipe.read() or "died 0 -", flush=True)
        os.waitpid(child, 0)


def _run(call: int, fault: str, folder: Path, writing: int) -> int:
    from cli import main as goldenhour

    sys.stdout, sys.stderr = (folder / "stdout").open("w"), (folder / "stderr").open("w")
    url = (folder / "url").read_text("utf-8")
    words = ["capture", url, "--case", str(folder / "case"), "--officer", "Mary Price", "--initials", "MP", "--json"]
    words += ["--allow-private", "--quiet", "--key", str(folder / "key.pem"), "--timeout", "20", "--jobs", "2"]
    code: object = "hangs"
    disk = FailingDisk(folder / "case", call, fault)
    watch = threading.Timer(PATIENCE, lambda: (os.write(writing, b"hangs 0 -"), os._exit(1)))
    watch.daemon = True
    watch.start()
    try:
        goldenhour(words)
    except SystemExit as error:
        code = error.code or 0
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is a traceback that a person would see
        code = f"traceback:{type(error).__name__}"
        import traceback

        traceback.print_exc()
    sys.stdout.close()
    sys.stderr.close()
    os.write(writing, f"{code} {disk.calls} {disk.failed}".encode("ascii", "replace"))
    return 0


if __name__ == "__main__":
    main()
