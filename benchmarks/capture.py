"""Capturing: many photos at a latency, and one very large body, beside curl."""

from __future__ import annotations

import io
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.serving import SceneProcess
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Callable

JOBS = 8
_ROUNDS = 3


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure in a folder that has room for a few times the data."""
    photos, large = (100, 64 << 20) if quick else (500, 1 << 30)
    return [_photos(folder, photos), *_large(folder, large)]


def _photos(folder: Path, count: int) -> Row:
    with SceneProcess("benchmarks.capture", "photos", str(count), "0.05") as url:
        urls = "".join(f'url="{url}/photo/{number}.jpg"\noutput="{folder}/curl-{number}"\n' for number in range(count))
        (folder / "urls").write_text(urls)
        curl = ["curl", "-s", "-Z", "--parallel-max", str(JOBS), "-K", str(folder / "urls")]
        peer = _best(lambda _: _run(curl))
        ours = _best(lambda number: _capture(f"{url}/gallery.html", folder / f"photos-{number}"))
    what = f"{count} photos of 200 KiB, 50 ms latency, {JOBS} side by side: seconds, all of `goldenhour capture`"
    return Row(what, f"{ours:.2f} s", f"`curl -Z` {peer:.2f} s", ours / peer, 1.2, at_least=False)


def _large(folder: Path, size: int) -> list[Row]:
    with SceneProcess("benchmarks.capture", "large", "0", "0") as url:
        peer = _best(
            lambda number: _run(["curl", "-s", "-o", str(folder / f"large-{number}"), f"{url}/big?bytes={size}"])
        )
        memory: list[int] = []
        ours = _best(lambda number: _fetch(f"{url}/big?bytes={size}", folder / f"fetch-{number}", memory))
    what = f"one body of {size >> 20} MiB: throughput, hashed, recorded and synced to disk"
    rate = size / (1 << 20)
    return [
        Row(what, f"{rate / ours:.0f} MiB/s", f"`curl -o` {rate / peer:.0f} MiB/s", peer / ours, 0.8, at_least=True),
        Row("the same: peak memory", f"{max(memory)} MB", "", max(memory), 120, at_least=False, unit="MB"),
    ]


def _fetch(url: str, folder: Path, memory: list[int]) -> None:
    """Fetch with the recorder in a process of its own, and note its peak memory."""
    folder.mkdir()
    program = (
        "import sys, time; from pathlib import Path\n"
        "from capture.recorder.recorder import Recorder; from capture.recorder.settings import NetworkSettings\n"
        "recorder = Recorder(Path(sys.argv[1]), NetworkSettings(allow_private=True), passed=lambda _: None)\n"
        "assert recorder.fetch(sys.argv[2]).whole\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))\n"
    )
    ran = _run([sys.executable, "-c", program, str(folder), url])
    memory.append(int(ran) // 1000)


def _capture(url: str, case: Path) -> None:
    command = [sys.executable, "-m", "cli", "capture", url, "--case", str(case), "--allow-private", "--quiet"]
    _run([*command, "--officer", "Bench", "--jobs", str(JOBS), "--key", str(signing_key(case.parent)), "--json"])


def signing_key(folder: Path) -> Path:
    """Return the file of a key that is made on first use."""
    from hashing.ledger.keys import load_or_create_signing_key

    load_or_create_signing_key(folder / "key.pem")
    return folder / "key.pem"


def _run(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _best(measured: Callable[[int], object]) -> float:
    times = []
    for number in range(_ROUNDS):
        begun = time.perf_counter()
        measured(number)
        times.append(time.perf_counter() - begun)
    return min(times)


def noisy_jpeg(size: int = 200 << 10) -> bytes:
    """Return a real photo with EXIF, padded to a size in bytes."""
    from PIL import Image

    noise = random.Random(2011).randbytes(300 * 300 * 3)  # noqa: S311 - noise, not a secret
    image, file, exif = Image.frombytes("RGB", (300, 300), noise), io.BytesIO(), Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0132] = "Example", "One", "2026:03:01 12:00:00"
    image.save(file, "JPEG", quality=92, exif=exif)
    return file.getvalue().ljust(size, b"\0")


def _serve(kind: str, number: int, latency: float) -> None:
    from tests.servers import MisbehavingServer, SceneServer

    photo = noisy_jpeg()
    page = "<!doctype html><title>Gallery</title>" + "".join(f'<img src="/photo/{n}.jpg">' for n in range(number))
    files = {"/gallery.html": page.encode(), **{f"/photo/{n}.jpg": photo for n in range(number)}}
    server = SceneServer(files, latency=latency, keep=0) if kind == "photos" else MisbehavingServer(keep=0)
    with server:
        print(server.url("").rstrip("/"), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
