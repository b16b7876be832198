"""The outside judges of hash lists, and file names that are hard on them."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st

from hashing.files.hash_list import CheckReport, check_list, write_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def needs(*tools: str) -> pytest.MarkDecorator:
    """Skip a test where one of the tools is not installed, and say which."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


def run(folder: Path, *command: str | bytes) -> subprocess.CompletedProcess[bytes]:
    """Run a tool in a folder as a user would type it there, in a language where bytes are bytes."""
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, env=os.environ | {"LC_ALL": "C"})


def fill(folder: Path, names: Iterable[bytes]) -> None:
    """Make a file of each name, with the name for its content."""
    for name in names:
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:  # noqa: PTH118, PTH123 - bytes that are no text
            file.write(name)


def list_files(
    folder: Path,
    names: Sequence[bytes] = (b".",),
    *,
    form: str = "sha256sum",
    algorithms: Sequence[str] = ("sha256",),
) -> Path:
    """Write a list of files, as a user does who stands in their folder; it lies beside the folder."""
    path = folder.with_name("our.list")
    with path.open("wb") as output, chdir(folder):
        report = write_list(map(os.fsdecode, names), output, form=form, algorithms=algorithms)
    assert not report.unread
    return path


def check_files(folder: Path, path: Path, algorithm: str | None = None) -> CheckReport:
    """Check a list as a user does who stands in the folder."""
    with chdir(folder):
        return check_list(path, algorithm=algorithm)


def all_ok(count: int) -> CheckReport:
    """Return the report of a list of so many files without any fault."""
    return CheckReport(count, (), (), (), ())


def flip_a_bit(path: Path) -> None:
    """Alter one bit in the middle of a file, and nothing else about it."""
    times = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


HARD_NAMES = [
    b"plain.jpg",
    b" leading and trailing ",
    b"-",
    b"--help",
    b"#comment",
    b"*star",
    b"back\\slash",
    b"\\",
    b"\\n",
    b"new\nline",
    b"\n",
    b"carriage\rreturn",
    b"return at the end\r",
    b"\r\n",
    b"\t",
    b"a) = 00",
    b"SHA256 (x) = 00",
    b"%%%% HASHDEEP-1.0",
    b'{"path":"x"}',
    b"a,b,,c,",
    b",",
    b"\x1b[31mred",
    b"\xe2\x80\xae right to left",
    b"\xff\xfe not utf-8 \x80",
    b"\xef\xbb\xbfmark",
    b"n" * 255,
]

any_name = st.binary(min_size=1, max_size=40).filter(
    lambda name: not set(name) & set(b"\0/") and name not in {b".", b".."}
)
"""Every name that a file can have on Linux, though short."""

spiteful_name = st.lists(
    st.sampled_from(
        [b"\\", b"\n", b"\r", b" ", b"*", b"(", b")", b" = ", b",", b"-", b"#", b"n", b"r", b"\xff", b"\t"]
    ),
    min_size=1,
    max_size=8,
).map(b"".join)
"""Names made of what has a meaning in one form or another."""

bytes_names = pytest.mark.skipif(os.uname().sysname == "Darwin", reason="this file system takes names in UTF-8 only")
