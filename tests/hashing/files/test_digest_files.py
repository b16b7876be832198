from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashing.errors import BadFormat
from hashing.files.digest import Digest
from hashing.files.digest_files import HashReading, digest_many, digest_readings
from hashing.files.read import LARGE, FileDigests, UnreadFile, digest_file
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]


def _small_files(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"{number:04}" for number in range(count)]
    for path in paths:
        path.write_bytes(path.name.encode())
    return paths


def test_results_come_in_the_order_of_the_paths(tmp_path: Path) -> None:
    """Whatever finishes first, a result stands where its path stood, also for one path named twice."""
    paths = _small_files(tmp_path, 350)
    (tmp_path / "0003").write_bytes(bytes(LARGE + 1))
    paths = [*reversed(paths), *paths]
    assert list(digest_many(paths)) == [digest_file(path) for path in paths]


def test_one_unreadable_file_stops_no_other(tmp_path: Path) -> None:
    """What cannot be read is a value among the others, with its reason."""
    os.mkfifo(tmp_path / "pipe")
    first, last = _small_files(tmp_path, 2)
    found = list(digest_many([first, tmp_path / "pipe", tmp_path, tmp_path / "nothing", last]))
    assert found == [
        digest_file(first),
        UnreadFile(tmp_path / "pipe", "a named pipe, not a regular file"),
        UnreadFile(tmp_path, "a folder, not a regular file"),
        UnreadFile(tmp_path / "nothing", "no such file or directory", missing=True),
        digest_file(last),
    ]


def test_no_files_give_no_results() -> None:
    """Nothing in, nothing out."""
    assert list(digest_many([])) == []


def test_paths_may_be_endless(tmp_path: Path) -> None:
    """Paths are taken a bounded number ahead of the results, and leaving early ends the threads."""
    (path,) = _small_files(tmp_path, 1)
    taken = 0

    def endless() -> Iterator[Path]:
        nonlocal taken
        for same in repeat(path):
            taken += 1
            yield same

    before = threading.active_count()
    results = digest_many(endless())
    assert [next(results) for _ in range(500)] == [digest_file(path)] * 500
    results.close()  # type: ignore[attr-defined] # a generator, which callers need not know
    assert taken < 20_000
    assert threading.active_count() == before


def test_an_early_result_does_not_wait_for_a_huge_file_after_it(tmp_path: Path) -> None:
    """What is known is handed on while a file named later is still being read."""
    first, huge = _small_files(tmp_path, 2)
    os.truncate(huge, 1 << 40)
    results = digest_many([first, huge])
    assert next(results) == digest_file(first)
    results.close()  # type: ignore[attr-defined] # a generator, which callers need not know


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_progress_adds_up_to_all_bytes(tmp_path: Path, workers: int) -> None:
    """Every byte is told once, in the caller's own thread."""
    paths = _small_files(tmp_path, 120)
    paths[5].write_bytes(bytes(LARGE + 5))
    told: list[tuple[int, int]] = []
    results = digest_many(paths, workers=workers, progress=lambda count: told.append((count, threading.get_ident())))
    assert sum(result.size for result in results if isinstance(result, FileDigests)) == sum(count for count, _ in told)
    assert {thread for _, thread in told} == {threading.get_ident()}


def test_each_reading_may_have_algorithms_of_its_own(tmp_path: Path) -> None:
    """Files of one run need not be hashed alike."""
    one, two = _small_files(tmp_path, 2)
    found = list(digest_readings([HashReading(one, ("md5", "sha1")), HashReading(two)]))
    assert found == [digest_file(one, ("md5", "sha1")), digest_file(two)]


def test_an_unknown_algorithm_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    """A wrong name is an error of the call, not of each file."""
    with pytest.raises(BadFormat, match="crc32"):
        digest_many([tmp_path / "nothing"], ("crc32",))


def test_what_the_paths_raise_comes_out(tmp_path: Path) -> None:
    """A fault in finding the files is not lost in a thread."""
    (path,) = _small_files(tmp_path, 1)

    def broken() -> Iterator[Path]:
        yield path
        raise LookupError("here")

    with pytest.raises(LookupError, match="here"):
        list(digest_many(broken()))


def test_an_interrupt_ends_it_soon(tmp_path: Path) -> None:
    """Ctrl-C in the middle of terabytes leaves at once, as an interrupt."""
    for name in ("one", "two", "three"):
        (tmp_path / name).touch()
        os.truncate(tmp_path / name, 1 << 40)
    program = (
        "import sys; from pathlib import Path; from hashing.files.digest_files import digest_many\n"
        "list(digest_many(map(Path, sys.argv[1:]), progress=lambda count: print(count, flush=True)))\n"
    )
    command = [sys.executable, "-c", program, *map(str, tmp_path.iterdir())]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        while running.stdout.readline() == b"0\n":
            pass
        running.send_signal(signal.SIGINT)
        _, complaint = running.communicate(timeout=PATIENCE)
    assert b"KeyboardInterrupt" in complaint
    assert running.returncode == -signal.SIGINT


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), max_size=260), st.integers(1, 5))
def test_any_mixture_of_good_and_bad_keeps_its_order(kinds: list[int], workers: int) -> None:
    """For any mixture and any number of threads, the results are those of reading one by one."""
    paths = [[Path("/proc/version"), Path("/dev/null"), Path("/nothing"), Path("/")][kind] for kind in kinds]
    known = {path: next(digest_many([path])) for path in set(paths)}
    assert list(digest_many(paths, workers=workers)) == [known[path] for path in paths]
    assert all(
        isinstance(result, UnreadFile) or result.digests == (Digest.of_bytes(result.path.read_bytes()),)
        for result in known.values()
    )
