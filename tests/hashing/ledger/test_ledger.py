import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hashing.errors import BadFormat, InUse, StorageFull, WouldOverwrite
from hashing.ledger.ledger import LONGEST_LINE, Ledger, ledger_lines
from hashing.ledger.merkle import MerkleTree


def test_lines_come_back_as_they_went_in(tmp_path: Path) -> None:
    """What was appended is read back line by line, and the tree's root is that over the lines."""
    path = tmp_path / "ledger.jsonl"
    with Ledger.create(path) as ledger:
        ledger.append([b'{"a":1}', b'{"b":2}'])
        ledger.append([b'{"c":3}'])
        root = ledger.root()
    assert list(ledger_lines(path)) == [b'{"a":1}', b'{"b":2}', b'{"c":3}']
    tree = MerkleTree()
    for line in ledger_lines(path):
        tree.append(line)
    assert (tree.root(), tree.size) == (root, 3)


def test_a_ledger_goes_on_where_it_ended(tmp_path: Path) -> None:
    """Reopened, a ledger has the same size and root, and takes further lines."""
    path = tmp_path / "ledger.jsonl"
    with Ledger.create(path) as ledger:
        ledger.append([b"one", b"two"])
        root = ledger.root()
    with Ledger.open(path) as again:
        assert (again.size, again.root(), again.torn) == (2, root, b"")
        again.append([b"three"])
    assert list(ledger_lines(path)) == [b"one", b"two", b"three"]


def test_what_is_remembered_is_not_read_again(tmp_path: Path) -> None:
    """A ledger that only grew, by whomever, goes on from what is remembered, with the root that it has as a whole."""
    path = tmp_path / "ledger.jsonl"
    with Ledger.create(path) as ledger:
        ledger.append([b"one", b"two"])
        remembered = ledger.remember()
    for line in (b"", b"three\n"):
        path.write_bytes(path.read_bytes() + line)
        with Ledger.open(path) as whole:
            expected = (whole.size, whole.root())
        with Ledger.open(path, remembered=remembered) as again:
            assert (again.resumed, again.size, again.root()) == (True, *expected)


@pytest.mark.parametrize("now", [b"ONE\ntwo\n", b"one\n", b"", b"two\none\nthree\n", b"one\ntwO\nthree\n"])
def test_what_is_no_longer_there_is_not_remembered(tmp_path: Path, now: bytes) -> None:
    """A ledger that was altered or cut is read anew from its beginning, and so is another file in its place."""
    path = tmp_path / "ledger.jsonl"
    with Ledger.create(path) as ledger:
        ledger.append([b"one", b"two"])
        remembered = ledger.remember()
    os.utime(path, ns=(0, 0))
    path.write_bytes(now)
    with Ledger.open(path) as whole:
        expected = (whole.size, whole.root())
    with Ledger.open(path, remembered=remembered) as again:
        assert (again.resumed, again.size, again.root()) == (False, *expected)
    data = path.read_bytes()
    (tmp_path / "other").write_bytes(data)
    (tmp_path / "other").rename(path)
    with Ledger.open(path) as whole:
        remembered = whole.remember()
    (tmp_path / "other").write_bytes(data)
    (tmp_path / "other").rename(path)
    with Ledger.open(path, remembered=remembered) as again:
        assert (again.resumed, again.size) == (False, expected[0])


@pytest.mark.parametrize("torn", [b"t", b"two, but no", b"\xff\xfe"])
def test_a_torn_last_line_is_cut_off_and_said(tmp_path: Path, torn: bytes) -> None:
    """A line without its newline was never announced: opening says what it was, and the next line takes its place."""
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b"one\n" + torn)
    assert list(ledger_lines(path)) == [b"one"]
    with Ledger.open(path) as ledger:
        assert ledger.torn == torn
        assert path.read_bytes() == b"one\n" + torn
        ledger.append([b"2"])
    assert path.read_bytes() == b"one\n2\n"


def test_what_stands_behind_a_line_is_cut_off_and_returned(tmp_path: Path) -> None:
    """Cut back, a ledger has the size and the root that it had then, and goes on from there."""
    path = tmp_path / "ledger.jsonl"
    with Ledger.create(path) as ledger:
        ledger.append([b"one"])
        known = (ledger.size, ledger.root())
        ledger.append([b"two", b"three"])
        assert next(iter(ledger.roots())) == known
        assert ledger.cut(1) == b"two\nthree\n"
        assert (ledger.size, ledger.root(), path.read_bytes()) == (*known, b"one\n")
        ledger.append([b"four"])
    assert list(ledger_lines(path)) == [b"one", b"four"]


def test_two_writers_cannot_hold_one_ledger(tmp_path: Path) -> None:
    """A second process is told that the ledger is in use; when the first ends, however it ends, it is free."""
    path = tmp_path / "ledger.jsonl"
    with Ledger.create(path) as ledger:
        ledger.append([b"one"])
        with pytest.raises(InUse):
            Ledger.open(path)
    program = (
        "import os, sys; from pathlib import Path; from hashing.ledger.ledger import Ledger\n"
        "Ledger.open(Path(sys.argv[1])); os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=False, cwd=Path(__file__).parents[3])
    with Ledger.open(path) as ledger:
        assert ledger.size == 1


def test_a_ledger_is_never_begun_twice(tmp_path: Path) -> None:
    """Creating a ledger where one stands is refused."""
    Ledger.create(tmp_path / "ledger.jsonl").close()
    with pytest.raises(WouldOverwrite):
        Ledger.create(tmp_path / "ledger.jsonl")


def test_half_a_line_that_cannot_be_cut_off_spoils_none_that_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk takes half a group and refuses to be cut as well, the next group stands where this one was to."""
    path, write = tmp_path / "ledger.jsonl", os.write

    def _half(descriptor: int, data: bytes) -> int:
        write(descriptor, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _refused(_descriptor: int, _length: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with Ledger.create(path) as ledger:
        ledger.append([b"one"])
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", _half)
            patched.setattr(os, "ftruncate", _refused)
            with pytest.raises(StorageFull):
                ledger.append([b"x" * 100])
        ledger.append([b"two"])
    assert path.read_bytes() == b"one\ntwo\n"


def test_half_a_group_never_stays_on_a_full_disk(small_disk: Path) -> None:
    """Lines that do not fit leave nothing of themselves, and the ledger still takes what fits."""
    with Ledger.create(small_disk / "ledger.jsonl") as ledger:
        ledger.append([b"one"])
        with pytest.raises(StorageFull):
            ledger.append([bytes(b"x" * (3 << 20)), bytes(b"y" * (3 << 20))])
        assert ledger.size == 1
        ledger.append([b"two"])
    assert list(ledger_lines(small_disk / "ledger.jsonl")) == [b"one", b"two"]


def test_a_line_longer_than_any_event_is_refused(tmp_path: Path) -> None:
    """A file without newlines cannot fill the memory: it is not a ledger."""
    path = tmp_path / "ledger.jsonl"
    with path.open("wb") as file:
        os.truncate(file.fileno(), LONGEST_LINE + 1)
    with pytest.raises(BadFormat, match="longer than any"):
        list(ledger_lines(path))


def test_the_leaf_is_the_line_without_its_newline(tmp_path: Path) -> None:
    """The root of a ledger of one line is SHA-256(0x00 || line), as RFC 6962 has it."""
    with Ledger.create(tmp_path / "ledger.jsonl") as ledger:
        ledger.append([b"one"])
        assert ledger.root() == hashlib.sha256(b"\x00one").digest()
