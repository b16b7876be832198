from __future__ import annotations

import os
import socket
import subprocess
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hashing.files.digest import Digest
from hashing.files.digest_files import digest_many
from hashing.files.read import FileDigests, UnreadFile
from hashing.files.walk import FoundFile, PassedOver, walk
from tests.hashing.permissions import as_nobody

if TYPE_CHECKING:
    from collections.abc import Iterator


def _found(path: Path, *, given: bool = False) -> FoundFile:
    return FoundFile(str(path), given=given)


def _fill(folder: Path, *names: bytes) -> None:
    for name in names:
        path = os.path.join(os.fsencode(folder), name)  # noqa: PTH118 - bytes that are no text
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - bytes that are no text
        with open(path, "wb") as file:  # noqa: PTH123 - bytes that are no text
            file.write(name)


def test_names_come_sorted_by_their_bytes_folder_by_folder(tmp_path: Path) -> None:
    """The order depends on the names alone, never on the file system or the language of the system."""
    _fill(tmp_path, b"b", b"a/z", b"a/\xc3\xa9", b"a/B", b"Z", "ß".encode(), b"a.txt", b"a/b/c", b"_")
    found = [os.fsencode(item.path.relative_to(tmp_path)) for item in walk([tmp_path])]
    assert found == [b"Z", b"_", b"a/B", b"a/b/c", b"a/z", b"a/\xc3\xa9", b"a.txt", b"b", "ß".encode()]


def test_files_are_taken_as_given_and_in_the_order_given(tmp_path: Path) -> None:
    """A file that was named is found as named, also twice, and before or after a folder as the user said."""
    _fill(tmp_path, b"one", b"folder/two")
    paths = [tmp_path / "one", tmp_path / "folder", tmp_path / "one"]
    assert list(walk(paths)) == [
        _found(tmp_path / "one", given=True),
        _found(tmp_path / "folder" / "two"),
        _found(tmp_path / "one", given=True),
    ]


def test_relative_names_stay_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names begin as the user typed them, whatever that was."""
    _fill(tmp_path, b"folder/file")
    monkeypatch.chdir(tmp_path)
    for top in (".", "./folder", "folder", f"../{tmp_path.name}/folder", str(tmp_path / "folder")):
        (found,) = walk([top])
        assert found == FoundFile(f"{top}/folder/file" if top == "." else f"{top}/file")
    assert list(walk([Path("folder")])) == [FoundFile("folder/file")]


@pytest.mark.skipif(os.uname().sysname == "Darwin", reason="this file system takes names in UTF-8 only")
def test_names_that_are_not_utf8_survive(tmp_path: Path) -> None:
    """A name of any bytes is found and can be opened again."""
    names = [b"\xff\xfe", b"caf\xe9.jpg", b"new\nline", b"\x1b[31m", b"\\", b" "]
    _fill(tmp_path, *names)
    results = list(digest_many(item.path for item in walk([tmp_path])))
    assert [result.digests for result in results if isinstance(result, FileDigests)] == [
        (Digest.of_bytes(name),) for name in sorted(names)
    ]


def test_links_in_folders_are_not_followed(tmp_path: Path) -> None:
    """A link to a folder above makes no loop, one to a file outside adds nothing; both are said."""
    _fill(tmp_path, b"inside/file", b"outside")
    (tmp_path / "inside/loop").symlink_to(tmp_path)
    (tmp_path / "inside/out").symlink_to(tmp_path / "outside")
    assert list(walk([tmp_path / "inside"])) == [
        _found(tmp_path / "inside/file"),
        PassedOver(tmp_path / "inside/loop", "a symbolic link"),
        PassedOver(tmp_path / "inside/out", "a symbolic link"),
    ]


def test_a_link_that_was_named_is_followed(tmp_path: Path) -> None:
    """Who names a link means what it leads to."""
    _fill(tmp_path, b"folder/file")
    (tmp_path / "link").symlink_to("folder")
    (tmp_path / "photo").symlink_to("folder/file")
    assert list(walk([tmp_path / "link", tmp_path / "photo"])) == [
        _found(tmp_path / "link/file"),
        _found(tmp_path / "photo", given=True),
    ]


def test_what_is_neither_file_nor_folder_is_skipped(tmp_path: Path) -> None:
    """Pipes and sockets in a folder are said and left alone."""
    os.mkfifo(tmp_path / "pipe")
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(tmp_path / "socket"))
        assert list(walk([tmp_path])) == [
            PassedOver(tmp_path / "pipe", "a named pipe"),
            PassedOver(tmp_path / "socket", "a socket"),
        ]
    assert list(walk([tmp_path / "pipe"])) == [_found(tmp_path / "pipe", given=True)]


def test_what_does_not_exist_is_said_and_the_rest_walked(tmp_path: Path) -> None:
    """A wrong name is a value with its reason, not the end."""
    _fill(tmp_path, b"file")
    (tmp_path / "dangling").symlink_to("nowhere")
    assert list(walk([tmp_path / "nothing", tmp_path / "dangling", tmp_path / "file"])) == [
        UnreadFile(tmp_path / "nothing", "no such file or directory", missing=True),
        UnreadFile(tmp_path / "dangling", "no such file or directory", missing=True),
        _found(tmp_path / "file", given=True),
    ]


def test_a_folder_that_may_not_be_listed_is_said(tmp_path: Path) -> None:
    """Files that we cannot see are never passed over in silence."""
    _fill(tmp_path, b"a", b"locked/file", b"z")
    (tmp_path / "locked").chmod(0)
    with as_nobody(tmp_path):
        found = list(walk([Path()]))
    (tmp_path / "locked").chmod(0o700)
    assert found == [FoundFile("./a"), UnreadFile(Path("locked"), "permission denied"), FoundFile("./z")]


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder with folders nested 3,000 deep in it, and a file at the bottom."""
    top = tmp_path_factory.mktemp("deep")
    here = os.open(top, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    with os.fdopen(os.open("hidden", os.O_CREAT | os.O_WRONLY, dir_fd=here), "wb") as file:
        file.write(b"here")
    os.close(here)
    yield top
    # Python's own rmtree gives up at such a depth.
    subprocess.run(["rm", "-rf", str(top)], check=True)


def test_three_thousand_folders_deep_a_file_is_found_and_read(deep: Path) -> None:
    """Neither recursion nor the longest path that the system takes hides a file."""
    (found,) = walk([deep])
    assert len(found.path.relative_to(deep).parts) == 3001
    (result,) = digest_many([found.path], follow_symlinks=False)
    assert isinstance(result, FileDigests)
    assert result.digests == (Digest.of_bytes(b"here"),)
    (named,) = walk([found.path])
    assert named == _found(found.path, given=True)


def test_a_deep_path_that_does_not_exist_is_missing(deep: Path) -> None:
    """Below the system's longest path, what is not there is said as anywhere else."""
    nothing = deep.joinpath(*["d"] * 2500, "nothing")
    assert list(walk([nothing])) == [UnreadFile(nothing, "no such file or directory", missing=True)]
    assert list(digest_many([nothing])) == [UnreadFile(nothing, "no such file or directory", missing=True)]


def test_a_single_name_that_is_too_long_is_refused_in_the_systems_words(tmp_path: Path) -> None:
    """A name that no file can have is a value with its reason."""
    for length in (300, 5000):
        path = tmp_path / ("n" * length)
        assert list(walk([path])) == [UnreadFile(path, "file name too long")]
        assert list(digest_many([path])) == [UnreadFile(path, "file name too long")]
