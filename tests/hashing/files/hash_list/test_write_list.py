from __future__ import annotations

import io
import os
from contextlib import chdir
from pathlib import Path

import pytest

from hashing.errors import BadFormat
from hashing.files.hash_list import ListEntry, WriteReport, read_list, write_list
from hashing.files.read import UnreadFile
from hashing.files.walk import PassedOver
from tests.hashing.permissions import as_nobody


def _names(output: io.BytesIO) -> list[str]:
    entries = read_list(io.BytesIO(output.getvalue()))
    return [str(entry.path) for entry in entries if isinstance(entry, ListEntry)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a few files, in which the test stands."""
    for name in ("a", "b/c", "d"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


@pytest.mark.parametrize("form", ["sha256sum", "hashdeep", "json"])
def test_folders_are_walked_and_counted(folder: Path, form: str) -> None:
    """Every file below what was named is listed, in order, and the report says how many and how much."""
    output = io.BytesIO()
    assert write_list([folder], output, form=form) == WriteReport(3, 5, (), ())
    assert _names(output) == [str(folder / name) for name in ("a", "b/c", "d")]


def test_names_are_listed_as_they_were_typed(folder: Path) -> None:
    """The user's own spelling stands in the list, as sha256sum and find would have it."""
    with chdir(folder):
        for typed, listed in {".": b"  ./a\n", "./b": b"  ./b/c\n", "b/": b"  b/c\n", "./a": b"  ./a\n"}.items():
            output = io.BytesIO()
            write_list([typed], output)
            assert listed in output.getvalue()


def test_a_file_called_hyphen_is_not_standard_input(folder: Path) -> None:
    """Who checks the list reads the file, and does not wait at the keyboard."""
    (folder / "-").touch()
    output = io.BytesIO()
    with chdir(folder):
        write_list(["-"], output)
    assert output.getvalue().endswith(b"  ./-\n")


def test_what_is_not_listed_is_said(folder: Path) -> None:
    """Links in folders are skipped; what does not exist, cannot be read or cannot be named is unread, each with why."""
    (folder / "link").symlink_to("a")
    (folder / "new\nline").touch()
    os.mkfifo(folder / "pipe")
    (folder / "secret").touch(mode=0)
    output = io.BytesIO()
    with as_nobody(folder):
        report = write_list(["nothing", ".", "pipe"], output, form="hashdeep")
    assert report.listed == 3
    assert report.skipped == (PassedOver(Path("link"), "a symbolic link"), PassedOver(Path("pipe"), "a named pipe"))
    assert set(report.unread) == {
        UnreadFile(Path("nothing"), "no such file or directory", missing=True),
        UnreadFile(
            Path("new\nline"),
            "hashdeep lists cannot hold a name with a newline, or with a carriage return at its end",
        ),
        UnreadFile(Path("secret"), "permission denied"),
        UnreadFile(Path("pipe"), "a named pipe, not a regular file"),
    }
    assert output.getvalue().count(b"\n") == 2 + 3


def test_a_list_does_not_list_itself(folder: Path) -> None:
    """`goldenhour hash . > list` makes a list that holds, although the list stands in the folder."""
    path = folder / "SHA256SUMS"
    with path.open("wb") as output:
        report = write_list([folder], output)
    assert report == WriteReport(3, 5, (PassedOver(path, "the list that is being written"),), ())


def test_a_list_that_cannot_be_written_is_not_begun(folder: Path) -> None:
    """Unknown forms and algorithms, and those that the form does not know, are refused before anything is written."""
    output = io.BytesIO()
    for form, algorithm, reason in (
        ("xml", "sha256", "'xml' is not a form"),
        ("json", "crc32", "'crc32' is not a hash algorithm"),
        ("hashdeep", "sha512", "hashdeep does not know sha512"),
    ):
        with pytest.raises(BadFormat, match=reason):
            write_list([folder], output, form=form, algorithms=[algorithm])
    assert output.getvalue() == b""


def test_a_full_disk_comes_out(folder: Path) -> None:
    """What the output raises is not swallowed."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with Path("/dev/full").open("wb", buffering=0) as output, pytest.raises(OSError, match="No space left"):
        write_list([folder], output)


def test_progress_adds_up_to_all_bytes(folder: Path) -> None:
    """Every byte read is told once."""
    told: list[int] = []
    write_list([folder], io.BytesIO(), algorithms=["md5", "sha256"], progress=told.append)
    assert sum(told) == 5
