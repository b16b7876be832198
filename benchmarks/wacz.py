"""Writing a bundle as a WACZ, beside `zip -0` of the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.capture import signing_key
from benchmarks.serving import SceneProcess
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_ROUNDS = 3


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Capture one large body, export it, and write the bundle, which is not verified again, in the other form."""
    size = (64 << 20) if quick else (1 << 30)
    key, command = str(signing_key(folder)), [sys.executable, "-m", "cli"]
    with SceneProcess("benchmarks.capture", "large", "0", "0") as url:
        case = ["--case", str(folder / "case"), "--allow-private", "-q", "--media", "none", "--key", key]
        _run([*command, "capture", f"{url}/big?bytes={size}", *case])
    bundle = folder / "bundle"
    _run([*command, "export", str(folder / "case"), "--output", str(bundle), "--key", key, "-q"])
    ours = _best(lambda: _convert(bundle, folder / "out.wacz"), folder / "out.wacz")
    peer = _best(lambda: _zip(folder / "out.wacz", folder / "out.zip"), folder / "out.zip")
    what = f"WACZ of a capture of {size >> 20} MiB: seconds, read back and on disk"
    beside = f"`zip -0` of the same bytes, and sync {peer:.2f} s"
    return [Row(what, f"{ours:.2f} s", beside, ours / peer, 1.5, at_least=False)]


def _convert(bundle: Path, path: Path) -> None:
    """Write it as `export --wacz` does: the bundle was verified a moment ago."""
    program = "import sys; from pathlib import Path; from exports.forms.conversion import convert; "
    call = "convert(Path(sys.argv[1]), 'wacz', Path(sys.argv[2]), verified=True)"
    _run([sys.executable, "-c", program + call, str(bundle), str(path)])


def _zip(wacz: Path, path: Path) -> None:
    """Pack the files of a WACZ, unpacked beforehand, without deflating them."""
    unpacked = wacz.with_suffix(".unpacked")
    if not unpacked.exists():
        _run([sys.executable, "-m", "zipfile", "-e", str(wacz), str(unpacked)])
        os.sync()
    _run(["zip", "-0", "-q", "-r", str(path), str(unpacked)])
    _run(["sync", str(path)])


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _best(measured: Callable[[], None], made: Path) -> float:
    """Return the best of several times; what was made is kept of the last."""
    times = []
    for _ in range(_ROUNDS):
        made.unlink(missing_ok=True)
        begun = time.perf_counter()
        measured()
        times.append(time.perf_counter() - begun)
    return min(times)
