"""Records what a process does to a folder of a disk: every change, and every wait until a change is on the disk.

usage: python -m tests.faults.write_log OPERATION FOLDER LOG
Runs an operation (see operations.py) on a folder, and writes the folder as it was before, and what was done to it, to a
file: see `power_cut.py`, which reads it.
"""

from __future__ import annotations

import itertools
import os
import pickle
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.faults.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable

Before = list[tuple[int, str, int, bytes | None]]
"""Of each folder (None) and file (its bytes), the root first: the folder that it is in, its name, its number."""
Done = tuple[Any, ...]
"""A name of a change or `sync`, and what it is of: folders and files by their numbers."""

_CALLS = ("open", "mkdir", "rename", "replace", "link", "unlink", "rmdir", "write", "pwrite", "ftruncate", "fsync")


class WriteLog:
    """Stands between this process and the disk, and notes what it does to one folder, in its order."""

    def __init__(self, root: Path) -> None:
        self.done: list[Done] = []
        self._lock = threading.RLock()
        self._free = itertools.count(1)
        self._numbers: dict[int, int] = {}
        """By the system's number of a file, which it gives again: ours, which is given once."""
        self.before: Before = [(0, "", self._number(root.stat().st_ino), None)]
        for folder, folders, files in os.walk(root):
            above = self._numbers[Path(folder).stat().st_ino]
            for name in (*folders, *files):
                path = Path(folder, name)
                data = path.read_bytes() if name in files else None
                self.before.append((above, name, self._number(path.stat().st_ino), data))
        for name in _CALLS:
            setattr(os, name, self._noting(getattr(os, name), getattr(self, f"_{name}")))
        os.remove, os.fdatasync = os.unlink, os.fsync

    def _number(self, inode: int) -> int:
        self._numbers[inode] = next(self._free)
        return self._numbers[inode]

    def _noting(self, call: Callable[..., Any], note: Callable[..., Any]) -> Callable[..., Any]:
        def _called(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the system's own signatures
            with self._lock:  # what is done first is noted first
                return note(call, *args, **kwargs)

        return _called

    def _at(self, descriptor: int) -> int:
        """Return the number of an open file of ours; 0 for any other."""
        return self._numbers.get(os.fstat(descriptor).st_ino, 0)

    def _place(self, path: Any, folder: int | None) -> tuple[int, str]:  # noqa: ANN401 - whatever the system takes
        """Return the folder that a path stands in, and the name there; 0 for a folder that is none of ours."""
        above, name = os.path.split(os.fspath(path))
        status = os.stat(above or ".", dir_fd=folder) if above or folder is None else os.fstat(folder)
        return self._numbers.get(status.st_ino, 0), name

    def _open(self, call: Callable[..., int], path: Any, flags: int, *args: Any, **kwargs: Any) -> int:  # noqa: ANN401
        descriptor = call(path, flags, *args, **kwargs)
        if flags & os.O_EXCL or (flags & os.O_CREAT and not self._at(descriptor)):  # the system gives numbers again
            above, name = self._place(path, kwargs.get("dir_fd"))
            if above:
                self.done.append(("create", above, name, self._number(os.fstat(descriptor).st_ino)))
        return descriptor

    def _mkdir(self, call: Callable[..., None], path: Any, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        call(path, *args, **kwargs)
        above, name = self._place(path, kwargs.get("dir_fd"))
        if above:
            inode = os.stat(path, dir_fd=kwargs.get("dir_fd")).st_ino
            self.done.append(("mkdir", above, name, self._number(inode)))

    def _rename(self, call: Callable[..., None], path: Any, to: Any, **kwargs: Any) -> None:  # noqa: ANN401
        call(path, to, **kwargs)
        source = self._place(path, kwargs.get("src_dir_fd"))
        target = self._place(to, kwargs.get("dst_dir_fd"))
        if source[0] or target[0]:
            self.done.append(("rename", *source, *target))

    _replace = _rename

    def _link(self, call: Callable[..., None], path: Any, to: Any, **kwargs: Any) -> None:  # noqa: ANN401
        call(path, to, **kwargs)
        assert not self._place(to, kwargs.get("dst_dir_fd"))[0], "no link is made in a case"

    def _unlink(self, call: Callable[..., None], path: Any, **kwargs: Any) -> None:  # noqa: ANN401
        folder, name = self._place(path, kwargs.get("dir_fd"))
        inode = os.stat(path, dir_fd=kwargs.get("dir_fd"), follow_symlinks=False).st_ino if folder else 0
        call(path, **kwargs)
        if folder:
            self._numbers.pop(inode, None)  # the system may give it to another file
            self.done.append(("remove", folder, name))

    _rmdir = _unlink

    def _write(self, call: Callable[..., int], descriptor: int, data: bytes | memoryview) -> int:
        count = call(descriptor, data)
        if number := self._at(descriptor):
            end = os.lseek(descriptor, 0, os.SEEK_CUR)
            self.done.append(("write", number, end - count, bytes(data[:count])))
        return count

    def _pwrite(self, call: Callable[..., int], descriptor: int, data: bytes, offset: int) -> int:
        count = call(descriptor, data, offset)
        if number := self._at(descriptor):
            self.done.append(("write", number, offset, bytes(data[:count])))
        return count

    def _ftruncate(self, call: Callable[..., None], descriptor: int, length: int) -> None:
        call(descriptor, length)
        if number := self._at(descriptor):
            self.done.append(("truncate", number, length))

    def _fsync(self, call: Callable[..., None], descriptor: int) -> None:
        call(descriptor)
        if number := self._at(descriptor):
            self.done.append(("sync", number))


def main(operation: str, folder: str, log: str) -> None:
    """Run an operation, and write down what it did."""
    noted = WriteLog(Path(folder))
    OPERATIONS[operation](Path(folder))
    with open(log, "wb") as file:  # noqa: PTH123 - not through what is noted
        pickle.dump((noted.before, noted.done), file)


if __name__ == "__main__":
    main(*sys.argv[1:])
