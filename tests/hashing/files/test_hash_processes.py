from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hashing.files.beside import Beside
from hashing.files.digest import Digest
from hashing.files.hash_processes import HashProcesses
from hashing.files.read import LARGE
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="only Linux has files in memory")

_Found = list[tuple[str, int] | None]


def _small_files(folder: Path, count: int) -> list[str]:
    (folder / "a").mkdir()
    names = [f"{'a/' if number % 3 else ''}{number:04}" for number in range(count)]
    for name in names:
        (folder / name).write_bytes(name.encode() * 7)
    return names


def _expected(folder: Path, names: Sequence[str]) -> _Found:
    read = [Path(f"{folder}/{name}").read_bytes() for name in names]
    return [(Digest.of_bytes(data).hex, len(data)) for data in read]


def _hashed(folder: Path, names: Sequence[str], count: int = 1) -> _Found:
    """Return what is found of each file, once it is certain that progress adds up."""
    processes, told = HashProcesses(folder, names, len(names), count), list[int]()
    try:
        processes.finish(told.append)
        found = list(processes.found())
    finally:
        processes.close()
    assert sum(told) == sum(each[1] for each in found if each is not None)
    return found


@pytest.mark.parametrize("count", [0, 1, 3])
def test_every_file_is_hashed(tmp_path: Path, count: int) -> None:
    """Each file has its own digest, in the order of the names, however many processes share the work."""
    names = _small_files(tmp_path, 1_234)
    assert _hashed(tmp_path, names, count) == _expected(tmp_path, names)


def test_further_processes_do_all_of_it_while_this_one_is_busy(tmp_path: Path) -> None:
    """Nothing is left to be done where this process comes last."""
    names = _small_files(tmp_path, 100)
    processes = HashProcesses(tmp_path, names, len(names), 1)
    for copy in processes._copies:
        assert copy.has_ended(PATIENCE)
    assert list(processes.found()) == _expected(tmp_path, names)
    processes.close()


def test_more_claims_than_a_pipe_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not find room among the claims is hashed by this process, and nothing waits for ever."""
    monkeypatch.setattr("hashing.files.hash_processes._FEWEST_IN_A_CLAIM", 1)
    monkeypatch.setattr("hashing.files.hash_processes._MOST_CLAIMS", 1 << 20)
    names = _small_files(tmp_path, 1) * 6_000
    processes = HashProcesses(tmp_path, names, len(names), 1)
    assert processes._work._own
    processes.finish(lambda _: None)
    assert list(processes.found()) == _expected(tmp_path, names[:1]) * len(names)
    processes.close()


def test_any_name(tmp_path: Path) -> None:
    """Names of any bytes are read: line ends, spaces, no text, and the longest."""
    written = [b"two\nlines", b" ", b"\xff\xfe", "Straße".encode(), b"-rf", b"x" * 255, b"a b/\xff/" + b"y" * 255]
    names = [os.fsdecode(name) for name in written]
    (tmp_path / names[-1]).parent.mkdir(parents=True)
    for name in names:
        (tmp_path / name).write_bytes(os.fsencode(name))
    assert _hashed(tmp_path, names) == _expected(tmp_path, names)


def test_what_is_not_read(tmp_path: Path) -> None:
    """Links, pipes, folders, what is not there and what is elsewhere are left out, and keep it from nothing else."""
    small, last = _small_files(tmp_path, 1)[0], "z"
    (tmp_path / last).write_bytes(bytes(LARGE + 1))
    (tmp_path / "link").symlink_to(small)
    (tmp_path / "linked").symlink_to("a")
    (tmp_path / "a/file").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    others = ["link", "linked/file", "pipe", "a", "nothing", "no/thing", f"../{tmp_path.name}/{small}", "a/../z"]
    expected = _expected(tmp_path, [small, last])
    assert _hashed(tmp_path, [small, *others, last]) == [expected[0], *[None] * len(others), expected[1]]


def _no_process() -> int:
    raise BlockingIOError


def test_a_process_that_does_not_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no further process is to be had, or it dies at once, this one does the work."""
    names = _small_files(tmp_path, 100)
    monkeypatch.setattr("hashing.files.beside._serve", lambda *_: os._exit(1))
    assert _hashed(tmp_path, names) == _expected(tmp_path, names)
    monkeypatch.setattr("os.fork", _no_process)
    assert _hashed(tmp_path, names) == _expected(tmp_path, names)


def test_no_descriptor_for_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the second process cannot be begun, the first ends, and nothing is left open."""
    names, before = _small_files(tmp_path, 100), len(list(Path("/proc/self/fd").iterdir()))
    begun: list[Beside[None]] = []

    def _beside(work: Callable[[], None], kind: type[None]) -> Beside[None]:
        if begun:
            raise OSError(errno.EMFILE, "Too many open files")
        begun.append(Beside(work, kind))
        return begun[0]

    monkeypatch.setattr("hashing.files.hash_processes.Beside", _beside)
    with pytest.raises(OSError, match="Too many"):
        HashProcesses(tmp_path, names, len(names), 2)
    assert not begun[0]._copy
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_process_that_is_killed(tmp_path: Path) -> None:
    """A process that dies half-way has delivered right digests until then; what it had in hand is not found."""
    names = _small_files(tmp_path, 2_000)
    processes = HashProcesses(tmp_path, names, len(names), 1)
    [copy] = processes._copies
    while not any(processes.found()):
        pass
    os.kill(copy._copy, signal.SIGKILL)
    processes.finish(lambda _: None)
    found, expected = list(processes.found()), _expected(tmp_path, names)
    assert all(one in {None, other} for one, other in zip(found, expected, strict=True))
    assert found.count(None) <= 32
    processes.close()


def test_it_ends_when_it_is_closed(tmp_path: Path) -> None:
    """Closing it early ends the processes and gives all descriptors back, whatever is still to be read."""
    names, before = _small_files(tmp_path, 3_000), len(list(Path("/proc/self/fd").iterdir()))
    processes = HashProcesses(tmp_path, names, len(names), 2)
    numbers = [copy._copy for copy in processes._copies]
    processes.close()
    for number in numbers:
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_it_ends_with_the_process_that_began_it(tmp_path: Path) -> None:
    """Nobody goes on with terabytes of which the digests are of no use any more."""
    for number in range(100):
        (tmp_path / f"{number:03}").touch()
        os.truncate(tmp_path / f"{number:03}", 1 << 30)
    program = (
        "import os, sys; from pathlib import Path; from hashing.files.hash_processes import HashProcesses\n"
        "processes = HashProcesses(Path(sys.argv[1]), os.listdir(sys.argv[1]), len(os.listdir(sys.argv[1])), 1)\n"
        "print(processes._copies[0]._copy); sys.stdout.flush(); os.kill(os.getpid(), 9)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    status = Path(f"/proc/{int(ran.stdout)}/status")
    while status.exists() and "State:\tZ" not in status.read_text():
        pass
