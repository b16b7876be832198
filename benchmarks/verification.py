"""Verifying a bundle, beside bagit.py with two processes."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_ROUNDS = 3


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure on a bundle of many items; all of it is in the page cache."""
    count = 500 if quick else 5000
    bundle = _bundle(folder, count)
    ours = _best(lambda: _run([sys.executable, "-m", "cli", "verify", str(bundle), "-q"]))
    peer = _best(
        lambda: _run([sys.executable, "-m", "bagit", "--validate", "--processes", "2", "--quiet", str(bundle)])
    )
    what = f"verify of a bundle of {count} items of 200 KiB: seals, ledgers and manifest included"
    return [
        Row(what, f"{ours:.2f} s", f"`bagit.py --validate --processes 2` {peer:.2f} s", peer / ours, 3, at_least=True)
    ]


def _bundle(folder: Path, count: int) -> Path:
    """Capture from a server of our own and export, as a user would."""
    from benchmarks.capture import JOBS
    from benchmarks.serving import SceneProcess

    key = str(folder / "key.pem")
    command = [sys.executable, "-m", "cli"]
    from hashing.ledger.keys import load_or_create_signing_key

    load_or_create_signing_key(folder / "key.pem")
    with SceneProcess("benchmarks.capture", "photos", str(count), "0") as url:
        case = [f"{url}/gallery.html", "--case", str(folder / "case"), "--allow-private", "-q", "--jobs", str(JOBS)]
        _run([*command, "capture", *case, "--key", key])
    _run([*command, "export", str(folder / "case"), "--output", str(folder / "bundle"), "--key", key, "-q"])
    return folder / "bundle"


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _best(measured: Callable[[], None]) -> float:
    times = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        measured()
        times.append(time.perf_counter() - begun)
    return min(times)
