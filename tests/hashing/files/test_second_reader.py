from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hashing.files.digest import Digest
from hashing.files.second_reader import SecondReader
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[3]


def _small_files(folder: Path, count: int) -> list[str]:
    paths = [folder / f"{number:04}" for number in range(count)]
    for path in paths:
        path.write_bytes(path.name.encode() * 7)
    return [str(path) for path in paths]


def _expected(paths: Sequence[str]) -> dict[str, tuple[str, int]]:
    read = {path: Path(path).read_bytes() for path in paths}
    return {path: (Digest.of_bytes(data).hex, len(data)) for path, data in read.items()}


def _finished(reader: SecondReader) -> tuple[dict[str, tuple[str, int]], list[str]]:
    """Return what it has read, and what it left to its caller."""
    left: list[str] = []
    try:
        return reader.finish(left.extend), left
    finally:
        reader.close()


def test_every_file_is_read_once(tmp_path: Path) -> None:
    """Each file is either read by the process, with its own digest, or given to the caller, and none to both."""
    paths = _small_files(tmp_path, 1_234)
    found, left = _finished(SecondReader(str(tmp_path), paths))
    assert sorted([*found, *left]) == paths
    assert found.items() <= _expected(paths).items()


def test_any_name(tmp_path: Path) -> None:
    """Names of any bytes are read: line ends, spaces, no text, and the longest."""
    names = [b"two\nlines", b" ", b"\xff\xfe", "Straße".encode(), b"-rf", b"x" * 255]
    paths = [f"{tmp_path}/{os.fsdecode(name)}" for name in names]
    for path in paths:
        Path(path).write_bytes(os.fsencode(path))
    reader = SecondReader(str(tmp_path), paths)
    while _waits(reader):  # the only batch is taken before the caller is asked to help
        pass
    assert _finished(reader) == (_expected(paths), [])


def _waits(reader: SecondReader) -> bool:
    return bool(reader._waiting)


def test_what_it_does_not_read(tmp_path: Path) -> None:
    """Large files, links, pipes, folders and what is not there are left out, and keep it from nothing else."""
    [small] = _small_files(tmp_path, 1)
    (tmp_path / "large").write_bytes(bytes((1 << 20) + 1))
    (tmp_path / "link").symlink_to(small)
    os.mkfifo(tmp_path / "pipe")
    others = [str(tmp_path / name) for name in ("large", "link", "pipe", ".", "nothing")]
    reader = SecondReader(str(tmp_path), [*others, small])
    while _waits(reader):
        pass
    assert _finished(reader) == (_expected([small]), [])


@pytest.mark.parametrize("interpreter", ["", "/nowhere/python", "/bin/false", "/bin/cat"])
def test_a_process_that_does_not_work(tmp_path: Path, interpreter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no second Python can be started, or what starts is none, the caller is left with the work and no error."""
    paths = _small_files(tmp_path, 300)
    monkeypatch.setattr(sys, "executable", interpreter)
    found, left = _finished(SecondReader(str(tmp_path), paths))
    assert found == {}
    assert set(left) <= set(paths)


def test_a_process_that_is_killed(tmp_path: Path) -> None:
    """A process that dies half-way has delivered right digests until then, and nobody waits for the others."""
    paths = _small_files(tmp_path, 2_000)
    reader = SecondReader(str(tmp_path), paths)
    assert reader._process is not None
    while not reader._found:
        pass
    reader._process.kill()
    found, left = _finished(reader)
    assert found.items() <= _expected(paths).items()
    assert not set(found) & set(left)


def test_it_ends_when_it_is_closed(tmp_path: Path) -> None:
    """Closing it early ends the process and the thread, whatever is still to be read."""
    reader = SecondReader(str(tmp_path), _small_files(tmp_path, 3_000))
    reader.close()
    assert reader._process is not None
    assert reader._process.returncode is not None
    assert not reader._feeder.is_alive()


def test_nothing_of_the_evidence_is_run(tmp_path: Path) -> None:
    """Python files in the current folder, and in those that the environment names, are not imported."""
    for name in ("sitecustomize", "usercustomize", "hashing", "hashlib", "struct", "pathlib"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w').close()\n")
    (tmp_path / "item").write_bytes(b"item")
    program = (
        "import os, sys; sys.path.insert(0, sys.argv[1])\n"
        "from hashing.files.second_reader import SecondReader\n"
        "os.chdir(sys.argv[2]); os.environ['PYTHONPATH'] = sys.argv[2]\n"
        "reader = SecondReader('.', ['item'])\n"
        "while reader._waiting: pass\n"
        "print(len(reader.finish(print)))\n"
        "reader.close()\n"
    )
    command = [sys.executable, "-I", "-c", program, str(ROOT), str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert ran.stdout == "1\n"
    assert not (tmp_path / "run").exists()
