"""Writing a bundle as a WACZ, beside `zip -0` of the same bytes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from benchmarks.capture import signing_key
from benchmarks.measure import GOLDENHOUR, in_turn, run
from benchmarks.serving import SceneProcess
from benchmarks.table import Row

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.measure import Cost


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Capture one large body, export it, and write the bundle, which is not verified again, in the other form."""
    size, rounds = (64 << 20, 1) if quick else (512 << 20, 2)
    key, bundle = signing_key(folder), folder / "bundle"
    with SceneProcess("benchmarks.capture", "large", "0", "0") as url:
        case: list[str | Path] = [
            "--case",
            folder / "case",
            "--allow-private",
            "-q",
            "--media",
            "none",
            "--officer",
            "Bench",
            "--key",
            key,
        ]
        run([*GOLDENHOUR, "capture", f"{url}/big?bytes={size}", *case])
    run([*GOLDENHOUR, "export", folder / "case", "--output", bundle, "--key", key, "-q"])
    best = in_turn(
        {
            "ours": lambda _: _convert(bundle, folder / "out.wacz"),
            "zip": lambda _: _zip(folder / "out.wacz", folder / "out.zip"),
        },
        rounds=rounds,
    )
    ours, peer = best["ours"], best["zip"]
    what = f"WACZ of a capture of {size >> 20} MiB, read back and on disk, against `zip -0` and sync"
    ratio = ours.seconds / peer.seconds
    return [Row(what=what, ours=ours.shown, cpu=ours.cpu_shown, peer=peer.shown, ratio=ratio, goal=1.5)]


def _convert(bundle: Path, path: Path) -> Cost:
    """Write it as `export --wacz` does: the bundle was verified a moment ago."""
    path.unlink(missing_ok=True)
    program = "import sys; from pathlib import Path; from exports.forms.conversion import convert; "
    call = "convert(Path(sys.argv[1]), 'wacz', Path(sys.argv[2]), verified=True)"
    return run([sys.executable, "-c", program + call, bundle, path])


def _zip(wacz: Path, path: Path) -> Cost:
    """Pack the files of a WACZ, unpacked beforehand, without deflating them."""
    path.unlink(missing_ok=True)
    unpacked = wacz.with_suffix(".unpacked")
    if not unpacked.exists():
        run([sys.executable, "-m", "zipfile", "-e", wacz, unpacked])
        os.sync()
    return run(["sh", "-c", 'zip -0 -q -r "$1" "$0" && sync "$1"', unpacked, path])
