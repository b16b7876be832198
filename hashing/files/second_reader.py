"""A second Python that hashes many small files while this one is at other work.

Opening and closing a file is done under the interpreter's lock: for small files no further thread helps, only a further
interpreter. It is a quicker way to the same digests and nothing else: whatever it does not deliver (a large file, one
that cannot be read, all of them where it cannot be started or dies) is left to the caller.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from hashing.errors import Unreadable
from hashing.files import inside
from hashing.files.digest import SHA256
from hashing.files.read import digest_file
from hashing.files.read_ahead import CHUNK

_BATCH = 100
_LARGEST_FILE = 1 << 20
"""Bytes; beyond it threads hash as fast, and several at a time."""
_LENGTH = struct.Struct(">I")

# Isolated (-I, -S): nothing from the current folder, which may be evidence, nor from the environment is ever imported.
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from hashing.files.second_reader import serve; serve()"


class SecondReader:
    """A process that hashes these files below a folder with SHA-256, beginning at once. No link is followed."""

    def __init__(self, root: str, paths: Sequence[str]) -> None:
        self._found: dict[str, tuple[str, int]] = {}
        self._waiting = deque(paths[start : start + _BATCH] for start in range(0, len(paths), _BATCH))
        self._process = _start(root)
        self._feeder = threading.Thread(target=self._feed, daemon=True)
        self._feeder.start()

    def finish(self, help_with: Callable[[Sequence[str]], None]) -> dict[str, tuple[str, int]]:
        """Return digest (in hexadecimal) and size of the files that it has read, once none is waiting.

        `help_with` is given files that are still waiting, a few at a time, from the end of the list; the caller sees
        to them, and they are not among those returned.
        """
        with suppress(IndexError):  # none is left
            while True:
                help_with(self._waiting.pop())
        self._feeder.join()
        return self._found

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._waiting.clear()
        if self._process is not None:
            self._process.kill()
            self._feeder.join()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with suppress(OSError):  # what could not be sent is of no use any more
                        pipe.close()

    def _feed(self) -> None:
        if self._process is None or self._process.stdin is None or self._process.stdout is None:
            return
        with suppress(OSError, EOFError, ValueError, IndexError):  # it has died, or all is done
            while True:
                paths = self._waiting.popleft()
                _send(self._process.stdin, [os.fsencode(path) for path in paths])
                found = _receive(self._process.stdout)
                for path, size, sha256 in zip(paths, found[::2], found[1::2], strict=True):
                    if sha256:
                        self._found[path] = sha256.decode("ascii"), int(size)


def _start(root: str) -> subprocess.Popen[bytes] | None:
    if not sys.executable:
        return None
    command = [sys.executable, "-I", "-S", "-c", _PROGRAM, str(Path(__file__).parents[2]), root]
    try:
        return subprocess.Popen(  # noqa: S603 - this very interpreter, and our own code
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError:
        return None


def serve() -> None:
    """Hash what is named on standard input, batch by batch, until it ends: the whole life of the second process."""
    root, buffer = Path(sys.argv[2]), bytearray(CHUNK)
    with suppress(EOFError, KeyboardInterrupt):
        while True:
            found: list[bytes] = []
            for path in _receive(sys.stdin.buffer):
                found += _digest(Path(os.fsdecode(path)), root, buffer)
            _send(sys.stdout.buffer, found)


def _digest(path: Path, root: Path, buffer: bytearray) -> tuple[bytes, bytes]:
    """Return size and digest; nothing of a file that is left to the caller."""
    try:
        if inside.size(path, root) > _LARGEST_FILE:
            return b"", b""
        read = digest_file(path, (SHA256,), root=root, buffer=buffer)
    except (Unreadable, OSError, ValueError):
        return b"", b""
    return str(read.size).encode(), read.digests[0].hex.encode()


def _send(pipe: IO[bytes], parts: Sequence[bytes]) -> None:
    """Write parts without zero bytes, as one message."""
    data = b"".join(part + b"\0" for part in parts)
    pipe.write(_LENGTH.pack(len(data)) + data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> list[bytes]:
    """Read one message. Raises EOFError where there is none."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    return pipe.read(_LENGTH.unpack(head)[0]).split(b"\0")[:-1]
