from __future__ import annotations

import hashlib
import os
import socket
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hashing.errors import BadFormat, Unreadable
from hashing.files.digest import HEX_DIGITS, Digest
from hashing.files.read import LARGE, FileDigests, FileUnreadable, digest_file
from tests.hashing.permissions import as_nobody

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = [0, 1, 4096, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, LARGE - 1, LARGE, LARGE + 1, LARGE + (5 << 20) + 12345]


def _patterned(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


@pytest.mark.parametrize("size", SIZES)
def test_one_reading_gives_what_hashlib_gives_for_each_algorithm(tmp_path: Path, size: int) -> None:
    """Whatever the size, with and without reading ahead, every algorithm sees every byte once, in order."""
    data = _patterned(size)
    path = tmp_path / "file"
    path.write_bytes(data)
    digests = tuple(Digest(name, hashlib.new(name, data).hexdigest()) for name in HEX_DIGITS)
    assert digest_file(path, tuple(HEX_DIGITS)) == FileDigests(path, size, digests)
    assert digest_file(path).digests == (Digest.of_bytes(data),)


def test_a_buffer_of_any_size_may_be_used_again(tmp_path: Path) -> None:
    """What is left in the buffer from a longer file does not reach the hash of a shorter one."""
    buffer = bytearray(1000)
    for size in (5000, 10, 0, 1001):
        path = tmp_path / str(size)
        path.write_bytes(_patterned(size))
        assert digest_file(path, buffer=buffer).digests == (Digest.of_bytes(_patterned(size)),)


def test_the_kernels_own_files_are_read_to_their_end() -> None:
    """A file that states no size, as those in /proc do, is hashed all the same."""
    path = Path("/proc/version")
    if not path.exists():
        pytest.skip("no /proc here")
    data = path.read_bytes()
    assert digest_file(path) == FileDigests(path, len(data), (Digest.of_bytes(data),))


def test_a_file_that_ends_before_its_size_is_not_hashed() -> None:
    """Fewer bytes than the file states are never passed off as the file."""
    path = Path("/sys/kernel/mm/transparent_hugepage/enabled")  # states a page, holds a line
    if not path.exists():
        pytest.skip("no such file of the kernel here")
    with pytest.raises(Unreadable, match=r"enabled: only \d\d of its 4096 bytes could be read"):
        digest_file(path)


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def _cut(path: Path) -> None:
    os.truncate(path, 10)


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"other")


@pytest.mark.parametrize("change", [_append, _cut, _overwrite])
@pytest.mark.parametrize("size", [3 << 20, LARGE + (9 << 20)])
def test_a_file_that_changes_while_it_is_read_is_not_hashed(
    tmp_path: Path, size: int, change: Callable[[Path], None]
) -> None:
    """Growing, shrinking and being overwritten are each seen, and no digest of a mixture is given."""
    path = tmp_path / "file"
    path.write_bytes(bytes(size))
    os.utime(path, (1, 1))
    told: list[int] = []

    def progress(count: int) -> None:
        if not told:
            change(path)
        told.append(count)

    with pytest.raises(Unreadable, match="file: changed while it was read"):
        digest_file(path, progress=progress)


def test_a_file_that_never_stops_growing_does_not_hold_us(tmp_path: Path) -> None:
    """A log that grows as fast as it is read is given up, not followed for ever."""
    path = tmp_path / "log"
    path.write_bytes(bytes(1 << 20))

    def grow(_: int) -> None:
        with path.open("ab") as file:
            file.write(bytes(2 << 20))

    with pytest.raises(Unreadable, match="changed while it was read"):
        digest_file(path, progress=grow)


def test_a_read_error_is_named() -> None:
    """What the system says when reading fails half-way is the reason."""
    path = Path("/proc/self/mem")  # a regular file whose first page cannot be read
    if not path.exists():
        pytest.skip("no /proc here")
    with pytest.raises(Unreadable, match="/proc/self/mem: input/output error"):
        digest_file(path)


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    """A file without permission is unreadable, and says so."""
    (tmp_path / "secret").touch(mode=0)
    with as_nobody(tmp_path), pytest.raises(Unreadable, match=r"^secret: permission denied$"):
        digest_file(Path("secret"))


def test_what_is_not_there_is_missing(tmp_path: Path) -> None:
    """A name that does not exist, a dangling link, and a name below a file are missing, not just unreadable."""
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("nothing", "link", "file/below"):
        with pytest.raises(FileUnreadable, match=r"no such file|not a directory") as caught:
            digest_file(tmp_path / name)
        assert caught.value.unread.missing


def test_what_is_not_a_regular_file_is_not_opened(tmp_path: Path) -> None:
    """A pipe without a writer does not hold us, nor an endless device; each is named for what it is."""
    os.mkfifo(tmp_path / "pipe")
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(tmp_path / "socket"))
        for path, kind in {
            tmp_path: "a folder",
            tmp_path / "pipe": "a named pipe",
            tmp_path / "socket": "a socket",
            Path("/dev/zero"): "a device",
        }.items():
            with pytest.raises(FileUnreadable, match=f": {kind}, not a regular file$") as caught:
                digest_file(path)
            assert not caught.value.unread.missing


def test_a_symbolic_link_is_followed_or_refused_as_told(tmp_path: Path) -> None:
    """Links are followed unless the caller says no, and never to a device."""
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "zero").symlink_to("/dev/zero")
    assert digest_file(tmp_path / "link").digests == (Digest.of_bytes(b"x"),)
    with pytest.raises(Unreadable, match="link: a symbolic link, not a regular file"):
        digest_file(tmp_path / "link", follow_symlinks=False)
    with pytest.raises(Unreadable, match="zero: a device, not a regular file"):
        digest_file(tmp_path / "zero")


def test_unknown_algorithms_and_none_at_all_are_refused(tmp_path: Path) -> None:
    """A reading without a hash, or with one we do not know, is never done."""
    (tmp_path / "file").touch()
    with pytest.raises(BadFormat, match="crc32"):
        digest_file(tmp_path / "file", ("sha256", "crc32"))
    with pytest.raises(BadFormat, match="no hash algorithm"):
        digest_file(tmp_path / "file", ())


@pytest.mark.parametrize("algorithms", [("sha256",), ("md5", "sha1", "sha256")])
def test_an_interrupt_ends_every_thread_of_a_reading(tmp_path: Path, algorithms: tuple[str, ...]) -> None:
    """What the progress callback raises comes out, and no thread stays behind."""
    path = tmp_path / "sparse"
    path.touch()
    os.truncate(path, 1 << 40)
    before = threading.active_count()

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        digest_file(path, algorithms, progress=interrupt)
    assert threading.active_count() == before


def test_progress_adds_up_to_the_size(tmp_path: Path) -> None:
    """Every byte is told once, whether the file is read ahead or not."""
    for size in (0, 5, (3 << 20) + 1, LARGE + 7):
        path = tmp_path / str(size)
        path.write_bytes(bytes(size))
        told: list[int] = []
        digest_file(path, progress=told.append)
        assert sum(told) == size


def test_descriptors_are_given_back(tmp_path: Path) -> None:
    """Good and bad readings alike leave no file open."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"x")
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(20):
        digest_file(tmp_path / "file")
        for name in ("pipe", "nothing"):
            with pytest.raises(Unreadable):
                digest_file(tmp_path / name)
    assert len(list(Path("/dev/fd").iterdir())) == before
