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
from benchmarks.measure import GOLDENHOUR, run
from benchmarks.serving import SceneProcess
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

PHOTOS = 5
JOBS = 8
_LATENCY = "0.02"

_BARE = """
import hashlib, http.client, os, sys
host, count, folder = sys.argv[1].removeprefix("http://"), int(sys.argv[2]), sys.argv[3]
os.mkdir(folder)
connection = http.client.HTTPConnection(host)
for scene in range(count):
    for name in (f"{scene}.html", *(f"{scene}-{photo}.jpg" for photo in range(5))):
        connection.request("GET", f"/{name}")
        body = connection.getresponse().read()
        hashlib.sha256(body).hexdigest()
        descriptor = os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT)
        os.write(descriptor, body)
        os.fsync(descriptor)
        os.close(descriptor)
"""


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure in a folder that has room for a few times the data."""
    count = 60 if quick else 400
    with SceneProcess("benchmarks.batch", str(count), _LATENCY) as url:
        (folder / "scenes.txt").write_text("".join(f"{url}/{number}.html\n" for number in range(count)), "utf-8")
        batch = _Run(folder)
        bare = run([sys.executable, "-c", _BARE, url, str(min(count, 100)), folder / "bare"])
    what = f"batch of {count:,} scenes of {PHOTOS} photos"
    first, last = batch.pace(slice(0, len(batch.ends) // 5)), batch.pace(slice(-len(batch.ends) // 5, None))
    early, late = batch.memory[len(batch.memory) // 4], max(batch.memory)
    cpu, least = batch.cpu / count * 1000, bare.cpu / min(count, 100) * 1000
    return [
        Row(
            what=f"{what}: last fifth beside the first",
            ours=f"{60 * count / batch.seconds:,.0f} scenes a minute",
            cpu=f"{batch.cpu:.1f} s",
            peer=f"first {1 / first:.1f} a second",
            ratio=last / first,
            goal=1.1,
        ),
        Row(
            what=f"{what}: CPU a scene against a loop that receives, hashes and syncs",
            ours=f"{cpu:.0f} ms",
            peer=f"{least:.1f} ms",
            ratio=cpu / least,
            goal=8,
        ),
        Row(
            what=f"{what}: memory at its end beside that after a quarter",
            ours=f"{late} MB",
            peer=f"{early} MB",
            ratio=late / early,
            goal=1.15,
        ),
    ]


class _Run:
    """One batch in a process of its own: when each scene ended, and the memory at these moments."""

    def __init__(self, folder: Path) -> None:
        command = [*GOLDENHOUR, "batch", str(folder / "scenes.txt"), "--case", str(folder / "case")]
        command += ["--allow-private", "--quiet", "--json", "--scenes", str(JOBS), "--per-host", str(JOBS)]
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
