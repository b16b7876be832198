"""What a document that took its reader over would try. Loaded before the sandbox is closed, as a reader's code is."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from errno import errorcode
from pathlib import Path
from typing import BinaryIO

from hashing.sandbox import reader_child

_LIBC = ctypes.CDLL(None, use_errno=True)
_SYSCALL, _GETNAMEINFO = _LIBC.syscall, _LIBC.getnameinfo
_AT_FDCWD = -100
_ARM = os.uname().machine == "aarch64"


def _number(x86_64: int, aarch64: int) -> int:
    return aarch64 if _ARM else x86_64


def by_python(name: str, folder: str, key: str, port: int, parent: int) -> str:
    """Try something as a Python program does; return what came of it."""
    there = Path(folder)
    tries: dict[str, Callable[[], object]] = {
        "read the key": lambda: Path(key).read_bytes(),
        "list its folder": lambda: os.listdir(Path(key).parent),  # noqa: PTH208 - the call itself is what is tried
        "read /etc/passwd": lambda: Path("/etc/passwd").read_bytes(),
        "read an environment": lambda: Path("/proc/self/environ").read_bytes(),
        "read the parent's memory": lambda: os.open(f"/proc/{parent}/mem", os.O_RDONLY),
        "connect": lambda: socket.create_connection(("127.0.0.1", port), 5),
        "send a datagram": lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port)),
        "connect to a Unix socket": lambda: socket.socket(socket.AF_UNIX).connect(f"{folder}/socket"),
        "listen": lambda: socket.create_server(("127.0.0.1", 0)),
        "resolve": lambda: socket.getaddrinfo("localhost", 80),
        "resolve an address": lambda: socket.getnameinfo(("127.0.0.1", 80), 0),
        "run a program": lambda: subprocess.run(["true"], check=True),
        "run one named deno": lambda: subprocess.run([f"{folder}/deno"], check=True),
        "fork": os.fork,
        "exec": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606 - refused
        "a shell": lambda: os.system("true") or "ran",  # noqa: S605 - refused
        "write": lambda: (there / "written").write_text("x"),
        "change the key": lambda: os.open(key, os.O_RDWR),
        "write by descriptor": lambda: os.open(there / "written", os.O_CREAT | os.O_WRONLY),
        "write by sqlite": lambda: sqlite3.connect(there / "written").execute("create table x(a)"),
        "a temporary file": tempfile.mkstemp,
        "mkdir": (there / "written").mkdir,
        "mkfifo": lambda: os.mkfifo(there / "written"),
        "mknod": lambda: os.mknod(there / "written"),
        "symlink": lambda: (there / "written").symlink_to("x"),
        "link": lambda: (there / "written").hardlink_to(key),
        "remove": lambda: Path(key).unlink(),
        "rename": lambda: Path(key).rename(there / "written"),
        "truncate": lambda: os.truncate(key, 0),
        "chmod": lambda: Path(key).chmod(0o777),
        "chown": lambda: os.chown(key, -1, -1),
        "utime": lambda: os.utime(key),
        "setxattr": lambda: os.setxattr(key, "user.x", b"1"),
        "kill the parent": lambda: os.kill(parent, 0),
        "ctypes": lambda: ctypes.CDLL("libc.so.6").getpid(),
        "call libc": lambda: _LIBC.getppid,
    }
    try:
        tries[name]()
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is told
        return f"{type(error).__name__}: {error}"
    return "done"


def by_the_kernel(name: str, folder: str, key: str, parent: int) -> str:
    """Try a system call past Python; return the name of the error, or `done`."""
    new, old = f"{folder}/written".encode(), key.encode()
    tries: dict[str, tuple[object, ...]] = {
        "open the key": (_number(257, 56), _AT_FDCWD, old, os.O_RDONLY, 0),
        "open to write": (_number(257, 56), _AT_FDCWD, new, os.O_CREAT | os.O_WRONLY, 0o600),
        "openat2": (437, _AT_FDCWD, old, bytes(24), 24),
        "socket": (_number(41, 198), socket.AF_INET, socket.SOCK_STREAM, 0),
        "a raw socket": (_number(41, 198), socket.AF_PACKET, socket.SOCK_RAW, 0),
        "connect": (_number(42, 203), 0, bytes(16), 16),
        "execve": (_number(59, 221), b"/bin/true", None, None),
        "execveat": (_number(322, 281), _AT_FDCWD, b"/bin/true", None, None, 0),
        "a process": (_number(56, 220), signal.SIGCHLD, None, None, None, None),
        "clone3": (435, bytes(64), 64),
        "ptrace": (_number(101, 117), 16, parent, None, None),
        "read memory": (_number(310, 270), parent, None, 0, None, 0, 0),
        "pidfd_open": (434, parent, 0),
        "kill": (_number(62, 129), parent, 0),
        "tgkill": (_number(234, 131), parent, parent, 0),
        "mknodat": (_number(259, 33), _AT_FDCWD, new, 0o10600, 0),
        "fchownat": (_number(260, 54), _AT_FDCWD, old, -1, -1, 0),
        "fchmodat": (_number(268, 53), _AT_FDCWD, old, 0o777),
        "fchmodat2": (452, _AT_FDCWD, old, 0o777, 0),
        "utimensat": (_number(280, 88), _AT_FDCWD, old, None, 0),
        "setxattr": (_number(188, 5), old, b"user.x", b"1", 1, 0),
        "unlinkat": (_number(263, 35), _AT_FDCWD, old, 0),
        "renameat2": (_number(316, 276), _AT_FDCWD, old, _AT_FDCWD, new, 0),
        "linkat": (_number(265, 37), _AT_FDCWD, old, _AT_FDCWD, new, 0),
        "symlinkat": (_number(266, 36), b"x", _AT_FDCWD, new),
        "mkdirat": (_number(258, 34), _AT_FDCWD, new, 0o700),
        "mount": (_number(165, 40), b"none", folder.encode(), b"tmpfs", 0, None),
        "unshare": (_number(272, 97), 0x10000000),
        "chroot": (_number(161, 51), folder.encode()),
        "bpf": (_number(321, 280), 0, None, 0),
        "io_uring": (425, 4, bytes(120)),
        "more memory": (_number(302, 261), 0, 2, b"\xff" * 16, None),
        "a later call": (1000,),
    }
    ctypes.set_errno(0)
    if _SYSCALL(*tries[name]) >= 0:
        return "done"
    return errorcode[ctypes.get_errno()]


def resolved() -> int:
    """Ask a name server by libc; return what getnameinfo says, 0 for a name."""
    address = b"\x02\x00\x00\x50\x08\x08\x08\x08" + bytes(8)
    host = ctypes.create_string_buffer(256)
    return int(_GETNAMEINFO(address, len(address), host, 256, None, 0, 8))


def read(file: BinaryIO) -> str:
    """Read a file that was handed over."""
    return file.read().decode()


def written(file: BinaryIO) -> str:
    """Write to a file that was handed over to be read."""
    try:
        os.write(file.fileno(), b"x")
    except OSError as error:
        return errorcode[error.errno or 0]
    return "done"


def environment() -> list[str]:
    """Return what of the environment is there, and which files are open but the one that tells its own size."""
    files = (each for each in range(256) if _is_file(each) and each != reader_child._SIZES)
    return [*os.environ, *(f"file {each}" for each in files)]


def _is_file(descriptor: int) -> bool:
    import stat

    try:
        return stat.S_ISREG(os.fstat(descriptor).st_mode)
    except OSError:
        return False


def hang() -> None:
    """Never answer."""
    while True:
        time.sleep(1)


def rest() -> int:
    """Answer after a while."""
    time.sleep(2)
    return 7


def dies(how: int) -> None:
    """End by a signal."""
    os.abort() if how == signal.SIGABRT else sys.exit(how)


def crash() -> None:
    """Read where there is nothing."""
    ctypes.memset(1, 0, 1)


def fill() -> int:
    """Take memory without end."""
    taken = []
    while True:
        taken.append(bytes(1 << 20))


def deep() -> None:
    """Nest too deeply."""
    deep()


def count(most: int) -> Iterator[int]:
    """Say many things."""
    yield from range(most)


def count_and_fail(most: int) -> Iterator[int]:
    """Say many things and fail."""
    yield from range(most)
    raise ValueError("no \ud800 more")


def double(number: int) -> int:
    """Return twice a number."""
    return 2 * number


def me() -> int:
    """Return this process's number."""
    return os.getpid()


def long(size: int) -> bytes:
    """Return many bytes."""
    return bytes(size)


def take_all_in_view() -> Iterator[int]:
    """Say who this is, take all memory, and say how much that was while it is looked at."""
    yield os.getpid()
    yield take_all()


def take_all() -> int:
    """Take as much memory as there is; return how many bytes that was."""
    taken: list[bytes] = []
    try:
        while True:
            taken.append(bytes(1 << 20))
    except MemoryError:
        return len(taken) << 20


_KEPT: list[bytes] = []


def keep() -> int:
    """Take memory and keep it, as a library may; return how many bytes that was."""
    _KEPT.append(bytes(32 << 20))
    return 32 << 20


def keep_and_fail() -> None:
    """Do the same, and fail."""
    raise ValueError(keep())
