"""Hashing a large file and many small ones, beside openssl's own speed test, sha256sum and hashdeep."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.measure import openssl_rate
from benchmarks.table import Row
from hashing.files.digest_files import digest_many
from hashing.files.read import FileDigests, digest_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

_ROUNDS = 3
_SMALL = 200 << 10
_NOISE = os.urandom(16 << 20)


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure on files that are all in the page cache, ours and each peer in turn, the best of each."""
    return [*_large_file(folder, (256 if quick else 1024) << 20), *_small_files(folder, 500 if quick else 2000)]


def _large_file(folder: Path, size: int) -> list[Row]:
    path, listed = folder / "large", folder / "large.sha256"
    with path.open("wb") as file:
        for _ in range(size // len(_NOISE)):
            file.write(_NOISE)
    listed.write_text(f"{digest_file(path).digests[0].hex}  {path}\n")
    rates = _best_rates(
        {
            "hashed": lambda: _rate(size, lambda: digest_file(path)),
            "one core": openssl_rate,
            "checked": lambda: _command_rate(size, sys.executable, "-m", "cli", "hash", "--check", str(listed), "-q"),
            "sha256sum": lambda: _command_rate(size, "sha256sum", "-c", str(listed)),
            "hashdeep": lambda: _command_rate(size, "hashdeep", "-c", "sha256", str(path)),
        }
    )
    path.unlink()
    what = f"a file of {size >> 20} MiB"
    compared = [_row(f"{what} hashed", rates["hashed"], "`openssl speed`, one core", rates["one core"], 0.9)]
    for tool, command, goal in (("hashdeep", "hashdeep -c sha256", 4), ("sha256sum", "sha256sum -c", 8)):
        if tool in rates:
            compared.append(
                _row(f"{what}: `hash --check` against `{command}`", rates["checked"], "", rates[tool], goal)
            )
    return compared


def _small_files(folder: Path, count: int) -> list[Row]:
    paths = [folder / f"{number:05}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(number.to_bytes(8, "big") + _NOISE[8:_SMALL])
    rates = _best_rates(
        {
            "hashed": lambda: _rate(count * _SMALL, lambda: _hash_all(paths)),
            "two cores": lambda: openssl_rate("-multi", "2"),
        }
    )
    what = f"{count} files of {_SMALL >> 10} KiB hashed"
    return [_row(what, rates["hashed"], "`openssl speed`, two cores", rates["two cores"], 0.65)]


def _hash_all(paths: Iterable[Path]) -> None:
    for result in digest_many(paths):
        if not isinstance(result, FileDigests):
            raise TypeError(f"{result.path}: {result.reason}")


def _row(what: str, ours: float, peer: str, theirs: float, goal: float) -> Row:
    shown, beside = f"{ours / 1e6:,.0f} MB/s", f"{peer} {theirs / 1e6:,.0f} MB/s"
    return Row(what=what, ours=shown, peer=beside, ratio=ours / theirs, goal=goal, at_least=True)


def _best_rates(measured: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """Run each in turn, a few times round, so that what else the machine does meets all alike."""
    best: dict[str, float] = {}
    for _ in range(_ROUNDS):
        for name, measure in measured.items():
            if name not in {"hashdeep", "sha256sum"} or shutil.which(name):
                best[name] = max(best.get(name, 0), measure())
    return best


def _rate(size: int, work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return size / (time.perf_counter() - begun)


def _command_rate(size: int, *command: str) -> float:
    return _rate(size, lambda: subprocess.run(command, check=True, capture_output=True))
