import errno
import os
import stat
from pathlib import Path

import pytest

from hashing.errors import StorageFull, Unreadable, Unwritable, WouldOverwrite
from hashing.files.storage import create, make_folder, read_small, settle, write_all, write_new


def test_a_new_file_is_whole_and_for_its_owner_to_read_only(tmp_path: Path) -> None:
    """What `write_new` leaves has the bytes given, mode 0400, and no temporary file beside it."""
    path = tmp_path / "case.json"
    write_new(path, b"{}\n")
    assert path.read_bytes() == b"{}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    """A name that is taken is refused, and what stands there stays as it was."""
    path = tmp_path / "evidence"
    path.write_bytes(b"first")
    with pytest.raises(WouldOverwrite, match="exists already"):
        write_new(path, b"second")
    with pytest.raises(WouldOverwrite):
        create(path)
    part = tmp_path / "part"
    part.write_bytes(b"third")
    with pytest.raises(WouldOverwrite):
        settle(part, path)
    assert path.read_bytes() == b"first"
    assert part.read_bytes() == b"third"


def test_a_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    """A symbolic link under the wanted name is a taken name, not a way to somewhere else."""
    (tmp_path / "name").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(WouldOverwrite):
        create(tmp_path / "name")
    assert not (tmp_path / "elsewhere").exists()


def test_a_half_written_file_of_a_dead_process_is_no_obstacle(tmp_path: Path) -> None:
    """The temporary file that a killed process left is replaced: its name had never been announced."""
    (tmp_path / "checkpoint.part").write_bytes(b"torn")
    write_new(tmp_path / "checkpoint", b"whole")
    assert (tmp_path / "checkpoint").read_bytes() == b"whole"


def test_folders_are_for_their_owner_alone(tmp_path: Path) -> None:
    """A folder is made with mode 0700, and not again where it exists."""
    make_folder(tmp_path / "items")
    assert stat.S_IMODE((tmp_path / "items").stat().st_mode) == 0o700
    with pytest.raises(WouldOverwrite):
        make_folder(tmp_path / "items")


def test_a_full_disk_is_named_as_such(small_disk: Path) -> None:
    """Writing more than fits raises StorageFull, with a hint, and leaves no half file."""
    with pytest.raises(StorageFull, match="the disk is full") as caught:
        write_new(small_disk / "large", bytes(8 << 20))
    assert "free some space" in caught.value.hint
    assert list(small_disk.iterdir()) == []


def test_a_name_that_may_not_last_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the folder cannot be synced, `write_new` fails and leaves no file of which nobody will ever speak."""
    synced = os.fsync

    def _no_folder(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        synced(descriptor)

    monkeypatch.setattr(os, "fsync", _no_folder)
    with pytest.raises(StorageFull):
        write_new(tmp_path / "text.txt", b"words")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_an_error_in_plain_words(tmp_path: Path) -> None:
    """The message names the path, then what the system said, in lower case."""
    with pytest.raises(Unwritable, match=r"missing/file.*: no such file or directory"):
        write_new(tmp_path / "missing" / "file", b"")


def test_a_file_that_is_too_large_to_be_what_it_should_is_not_read(tmp_path: Path) -> None:
    """Reading a small file is bounded, so that a swapped file cannot fill the memory."""
    (tmp_path / "case.json").write_bytes(bytes(101))
    with pytest.raises(Unreadable, match="larger than 100 bytes"):
        read_small(tmp_path / "case.json", limit=100)


def test_every_byte_is_written_however_small_the_steps() -> None:
    """`write_all` goes on after a short write: a pipe takes only so much at a time."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, True)
    pid = os.fork()
    if pid == 0:  # the child drains the pipe slowly
        os.close(write_end)
        total = 0
        while piece := os.read(read_end, 1000):
            total += len(piece)
        os._exit(0 if total == 300_000 else 1)
    os.close(read_end)
    write_all(write_end, bytes(300_000))
    os.close(write_end)
    assert os.waitpid(pid, 0)[1] == 0
