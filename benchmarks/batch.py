"""A batch: many scenes of five photos, at a latency: scenes a minute, memory, and whether it becomes slower."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.capture import signing_key
from benchmarks.serving import SceneProcess
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

PHOTOS = 5
JOBS = 8
_LATENCY = "0.02"
_SLOWER = 1.25
"""How much longer the last tenth may take than the first, for what else the machine does meanwhile."""
_MORE_MEMORY = 1.15


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure in a folder that has room for a few times the data."""
    count = 100 if quick else 1000
    with SceneProcess("benchmarks.batch", str(count), _LATENCY) as url:
        (folder / "scenes.txt").write_text("".join(f"{url}/{number}.html\n" for number in range(count)), "utf-8")
        run = _Run(folder)
    what = f"a batch of {count:,} scenes of {PHOTOS} photos, 20 ms latency, {JOBS} side by side"
    first, last = run.pace(slice(0, len(run.ends) // 5)), run.pace(slice(-len(run.ends) // 5, None))
    early, late = run.memory[len(run.memory) // 4], max(run.memory)
    rate = f"{60 * count / run.seconds:,.0f} a minute, {run.cpu / count * 1000:.0f} ms of CPU each"
    return [
        Row(
            f"{what}: the last fifth beside the first",
            rate,
            f"first {1 / first:.1f} a second",
            last / first,
            _SLOWER,
            at_least=False,
        ),
        Row(
            "the same: peak memory beside that after a quarter",
            f"{late} MB",
            f"{early} MB",
            late / early,
            _MORE_MEMORY,
            at_least=False,
        ),
    ]


class _Run:
    """One batch in a process of its own: when each scene ended, and the memory at these moments."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "cli", "batch", str(folder / "scenes.txt"), "--case", str(folder / "case")]
        command += ["--allow-private", "--quiet", "--json", "--jobs", str(JOBS), "--per-host", str(JOBS)]
        command += ["--officer", "Bench", "--key", str(signing_key(folder))]
        begun = time.perf_counter()
        self.ends: list[float] = []
        self.memory: list[int] = []
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if json.loads(line).get("status") == "complete":
                    self.ends.append(time.perf_counter() - begun)
                    self.memory.append(_resident(process.pid))
            _, _, used = os.wait4(process.pid, 0)
            process.returncode = 0
        self.seconds = time.perf_counter() - begun
        self.cpu = used.ru_utime + used.ru_stime

    def pace(self, part: slice) -> float:
        """Return the seconds a scene in one part of the run."""
        ends: Sequence[float] = self.ends[part]
        return (ends[-1] - ends[0]) / (len(ends) - 1)


def _resident(process: int) -> int:
    """Return the memory of a process in MB; 0 where it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text("ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1000 for line in status.splitlines() if line.startswith("VmRSS")), 0)


def _serve(count: int, latency: float) -> None:
    from tests.capture.conftest import jpeg
    from tests.servers import SceneServer

    files: dict[str, bytes] = {}
    for number in range(count):
        photos = "".join(f'<img src="/{number}-{photo}.jpg">' for photo in range(PHOTOS))
        files[f"/{number}.html"] = f"<!doctype html><title>{number}</title>{photos}".encode()
        files |= {f"/{number}-{photo}.jpg": jpeg((number + photo) % 255) for photo in range(PHOTOS)}
    with SceneServer(files, latency=latency, keep=0) as server:
        print(server.url("").rstrip("/"), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), float(sys.argv[2]))
