"""Capturing: many photos with and without latency, and one very large body, beside curl and a bare loop."""

from __future__ import annotations

import io
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import GOLDENHOUR, in_turn, run
from benchmarks.serving import SceneProcess
from benchmarks.table import Row

if TYPE_CHECKING:
    from benchmarks.measure import Cost

JOBS = 8

# Receives, hashes and syncs the same bytes, one connection after the other: what no recorder can do without.
_BARE = """
import hashlib, http.client, os, sys
host, count, folder = sys.argv[1].removeprefix("http://"), int(sys.argv[2]), sys.argv[3]
os.mkdir(folder)
connection = http.client.HTTPConnection(host)
for number in range(count):
    connection.request("GET", f"/photo/{number}.jpg")
    answer, digest = connection.getresponse(), hashlib.sha256()
    descriptor = os.open(f"{folder}/{number}", os.O_WRONLY | os.O_CREAT)
    while piece := answer.read(1 << 16):
        digest.update(piece)
        os.write(descriptor, piece)
    os.fsync(descriptor)
    os.close(descriptor)
"""


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure in a folder that has room for a few times the data."""
    photos, large, rounds = (60, 64 << 20, 2) if quick else (500, 1 << 30, 3)
    return [*_photos(folder, photos, rounds), _work(folder, photos, rounds), *_large(folder, large, rounds)]


def _photos(folder: Path, count: int, rounds: int) -> list[Row]:
    with SceneProcess("benchmarks.capture", "photos", str(count), "0.05") as url:
        urls = "".join(f'url="{url}/photo/{number}.jpg"\noutput="{folder}/curl-{number}"\n' for number in range(count))
        (folder / "urls").write_text(urls)
        best = in_turn(
            {
                "curl": lambda _: run(["curl", "-s", "-Z", "--parallel-max", str(JOBS), "-K", folder / "urls"]),
                "ours": lambda number: _capture(f"{url}/gallery.html", folder / f"photos-{number}"),
            },
            rounds=rounds,
        )
    ours, curl = best["ours"], best["curl"]
    what = f"{count} photos of 200 KiB, 50 ms, {JOBS} side by side, against `curl -Z`"
    ratio = ours.seconds / curl.seconds
    return [Row(what=what, ours=ours.shown, cpu=ours.cpu_shown, peer=curl.shown, ratio=ratio, goal=1.15)]


def _work(folder: Path, count: int, rounds: int) -> Row:
    with SceneProcess("benchmarks.capture", "photos", str(count), "0") as url:
        best = in_turn(
            {
                "bare": lambda number: run([sys.executable, "-c", _BARE, url, str(count), folder / f"bare-{number}"]),
                "ours": lambda number: _capture(f"{url}/gallery.html", folder / f"work-{number}"),
            },
            rounds=rounds,
        )
    ours, bare = best["ours"], best["bare"]
    each, decoding = ours.cpu / count * 1000, ours.children / count * 1000
    return Row(
        what=f"{count} photos of 200 KiB, no latency: CPU against a loop that receives, hashes and syncs",
        ours=f"{each:.1f} ms a photo, {decoding:.1f} of it in the child that decodes",
        cpu=ours.cpu_shown,
        peer=f"{bare.cpu / count * 1000:.1f} ms a photo",
        ratio=ours.cpu / bare.cpu,
        goal=4,
    )


def _large(folder: Path, size: int, rounds: int) -> list[Row]:
    with SceneProcess("benchmarks.capture", "large", "0", "0") as url:
        address = f"{url}/big?bytes={size}"
        best = in_turn(
            {
                "curl": lambda number: run(["curl", "-s", "-o", folder / f"large-{number}", address]),
                "ours": lambda number: _capture(address, folder / f"body-{number}"),
            },
            rounds=rounds,
        )
    ours, curl = best["ours"], best["curl"]
    what = f"one body of {size >> 20} MiB against `curl -o`, all of `goldenhour capture`"
    return [
        Row(
            what=what,
            ours=ours.shown,
            cpu=ours.cpu_shown,
            peer=curl.shown,
            ratio=curl.seconds / ours.seconds,
            goal=0.8,
            at_least=True,
        ),
        Row(what=f"{what}: memory", ours=f"{ours.memory:.0f} MiB", ratio=ours.memory, goal=120, unit="MiB"),
    ]


def _capture(url: str, case: Path) -> Cost:
    words = f"--allow-private --quiet --json --officer Bench --jobs {JOBS}".split()
    return run([*GOLDENHOUR, "capture", url, "--case", case, *words, "--key", signing_key(case.parent)])


def signing_key(folder: Path) -> Path:
    """Return the file of a key that is made on first use."""
    from hashing.ledger.keys import load_or_create_signing_key

    load_or_create_signing_key(folder / "key.pem")
    return folder / "key.pem"


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
