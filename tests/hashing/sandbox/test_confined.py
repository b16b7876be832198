from __future__ import annotations

import os
import platform
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from hashing.sandbox import Readers
from tests.hashing.sandbox import attempts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HERE = attempts.__name__
_CONFINED = sys.platform == "linux" and platform.machine() in {"x86_64", "aarch64"}

pytestmark = pytest.mark.skipif(not _CONFINED, reason="the kernel confines on Linux alone")


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    """Return readers that know the attempts."""
    with Readers(load=(_HERE,), most=1) as readers:
        yield readers


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """Return a file that nobody may read, in a folder with a program in it."""
    path = tmp_path / "signing-key.pem"
    path.write_text("PRIVATE")
    (tmp_path / "deno").write_text("#!/bin/sh\n")
    (tmp_path / "deno").chmod(0o700)
    return path


def test_the_kernel_confines_readers_here(readers: Readers) -> None:
    """Both of the kernel's means are in force: without them the tests below would prove less."""
    confinement = readers.confinement()
    assert confinement.landlock >= 1
    assert confinement.seccomp
    assert confinement.wants == ""


_BY_PYTHON = [
    "read the key", "list its folder", "read /etc/passwd", "read an environment", "read the parent's memory", "connect",
    "send a datagram", "connect to a Unix socket", "listen", "resolve", "resolve an address", "run a program",
    "run one named deno", "fork", "exec", "a shell", "write", "change the key", "write by descriptor",
    "write by sqlite", "a temporary file", "mkdir", "mkfifo", "mknod", "symlink", "link", "remove", "rename",
    "truncate", "chmod", "chown", "utime", "setxattr", "kill the parent", "ctypes", "call libc",
]  # fmt: skip


@pytest.mark.parametrize("name", _BY_PYTHON)
def test_nothing_leaves_the_sandbox(readers: Readers, key: Path, name: str) -> None:
    """No file is read or changed, nobody is reached, and nothing is started, whatever a document makes Python try."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.01)
        arguments = (name, str(key.parent), str(key), server.getsockname()[1], os.getpid())
        said = readers.ask(f"{_HERE}:by_python", *arguments, answer=str)
        with pytest.raises(TimeoutError):
            server.accept()
    assert said.startswith(("PermissionError", "Refused", "FileNotFoundError: [Errno 2] No usable temp")), said
    assert key.read_text() == "PRIVATE"
    assert sorted(path.name for path in key.parent.iterdir()) == ["deno", "signing-key.pem"]


_BY_THE_KERNEL = [
    "open the key", "open to write", "openat2", "socket", "a raw socket", "connect", "execve", "execveat", "a process",
    "clone3", "ptrace", "read memory", "pidfd_open", "kill", "tgkill", "mknodat", "fchownat", "fchmodat", "fchmodat2",
    "utimensat", "setxattr", "unlinkat", "renameat2", "linkat", "symlinkat", "mkdirat", "mount", "unshare", "chroot",
    "bpf", "io_uring", "more memory", "a later call",
]  # fmt: skip


@pytest.mark.parametrize("name", _BY_THE_KERNEL)
def test_the_kernel_refuses_what_goes_round_python(readers: Readers, key: Path, name: str) -> None:
    """System calls are refused as well, to code that took the interpreter over."""
    said = readers.ask(f"{_HERE}:by_the_kernel", name, str(key.parent), str(key), os.getpid(), answer=str)
    assert said == ("ENOSYS" if name in {"openat2", "clone3", "a later call"} else "EACCES")
    assert key.read_text() == "PRIVATE"
    assert sorted(path.name for path in key.parent.iterdir()) == ["deno", "signing-key.pem"]


def test_no_name_server_is_asked(readers: Readers) -> None:
    """Not even by libc itself, which needs no help of Python's."""
    assert readers.ask(f"{_HERE}:resolved", answer=int) != 0


def test_a_file_that_is_handed_over_is_read_and_not_written(readers: Readers, key: Path) -> None:
    """What is to be read comes open, and no name leads to it."""
    with key.open("rb") as file:
        assert readers.ask(f"{_HERE}:read", files=[file.fileno()], answer=str) == "PRIVATE"
        assert readers.ask(f"{_HERE}:written", files=[file.fileno()], answer=str) == "EBADF"
    assert key.read_text() == "PRIVATE"


def test_no_environment_and_no_open_file_is_inherited(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a token in the environment nor an open key reaches a reader."""
    monkeypatch.setenv("TOKEN", "hunter2")
    monkeypatch.setenv("HOME", str(key.parent))
    with key.open("rb") as file, Readers(load=(_HERE,)) as readers:
        os.set_inheritable(file.fileno(), True)
        assert set(readers.ask(f"{_HERE}:environment", answer=list[str])) <= {"LD_LIBRARY_PATH", "LC_CTYPE"}
