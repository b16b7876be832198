"""A page shown in a browser and recorded, beside the same browser that only shows, scrolls, pictures and prints it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.capture import noisy_jpeg, signing_key
from benchmarks.measure import GOLDENHOUR, in_turn, run
from benchmarks.serving import SceneProcess
from benchmarks.table import Row

if TYPE_CHECKING:
    from benchmarks.measure import Cost

_GOAL, _MEMORY = 1.3, 250
_WORDS = ("--allow-private", "--no-browser-sandbox", "--officer", "Bench")


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure where there is a browser; without one there is nothing to say."""
    from capture.browser.program import find_browser
    from capture.errors import NotRendered

    try:
        find_browser(sandbox=False)
    except NotRendered:
        return []
    photos, rounds, pages = (10, 1, 2) if quick else (40, 1, 8)
    with SceneProcess("benchmarks.rendered", str(photos)) as url:
        best = in_turn(
            {
                "bare": lambda _: run([sys.executable, "-m", "benchmarks.rendered", "bare", f"{url}/"]),
                "raw": lambda number: _capture(f"{url}/", folder / f"raw-{number}", "--rendered", "never"),
                "ours": lambda number: _capture(f"{url}/", folder / f"case-{number}", "--rendered", "always"),
            },
            rounds=rounds,
        )
        watched = {kind: _watched(f"{url}/", folder / f"watched-{kind}", kind) for kind in ("never", "auto")}
        paces = {jobs: _batch(url, folder / f"batch-{jobs}", pages, jobs) for jobs in (1, 2, 4)}
    ours, bare, raw = best["ours"], best["bare"], best["raw"]
    what = f"a page of {photos} photos of 50 KiB that load as it is scrolled, whole rendered capture"
    return [
        Row(
            what=f"{what}, against bare Chromium that shows, scrolls, pictures and prints it, and a raw capture",
            ours=ours.shown,
            cpu=ours.cpu_shown,
            peer=f"{bare.seconds + raw.seconds:.2f} s",
            ratio=ours.seconds / (bare.seconds + raw.seconds),
            goal=_GOAL,
        ),
        Row(
            what=f"{what}: memory of goldenhour",
            ours=f"{watched['auto'].own:.0f} MiB",
            ratio=watched["auto"].own,
            goal=_MEMORY,
            unit="MiB",
        ),
        Row(
            what=f"{what}: memory of Chromium (PSS of all its processes), at its most",
            ours=f"{watched['auto'].chromium:.0f} MiB",
            ratio=watched["auto"].chromium,
            goal=1500,
            unit="MiB",
        ),
        Row(
            what=f"{what}: the first safe item, beside a capture without a browser",
            ours=f"{watched['auto'].first:.2f} s",
            peer=f"{watched['never'].first:.2f} s",
            ratio=watched["auto"].first / watched["never"].first,
            goal=1.1,
        ),
        Row(
            what=f"batch of {pages} small pages, shown in warm browsers, one at a time",
            ours=f"{60 / paces[1]:.0f} pages a minute; 2 at once {60 / paces[2]:.0f}, 4 at once {60 / paces[4]:.0f}",
            peer="",
            ratio=paces[4] / paces[1],
            goal=1,
        ),
    ]


@dataclass(frozen=True, slots=True)
class _Watched:
    """Seconds until the first item was safe, and the most memory of goldenhour's process and of the browser in MiB."""

    first: float
    own: float
    chromium: float


def _watched(url: str, case: Path, rendered: str) -> _Watched:
    words = [*_WORDS, "--rendered", rendered, "--key", str(signing_key(case.parent))]
    begun, first, own, most = time.perf_counter(), 0.0, 0.0, 0.0
    with subprocess.Popen(
        [*GOLDENHOUR, "capture", url, "--case", str(case), *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        while line := process.stderr.readline():
            if line.startswith(b"stored"):
                first = first or time.perf_counter() - begun
                most = max(most, _chromium(process.pid))
            if line.startswith(b"sealing"):
                status = Path(f"/proc/{process.pid}/status").read_text("ascii")
                own = int(status.partition("VmHWM:")[2].split()[0]) / 1024
                break
        process.stderr.read()
    return _Watched(first, own, most)


def _chromium(parent: int) -> float:
    """Return the proportional memory (PSS) of all processes below one, in MiB."""
    total, waiting = 0.0, [parent]
    while waiting:
        number = waiting.pop()
        with suppress(OSError):
            waiting += map(int, Path(f"/proc/{number}/task/{number}/children").read_text("ascii").split())
            if number != parent and b"chrom" in Path(f"/proc/{number}/cmdline").read_bytes():
                rollup = Path(f"/proc/{number}/smaps_rollup").read_text("ascii")
                total += int(rollup.partition("Pss:")[2].split()[0]) / 1024
    return total


def _batch(url: str, case: Path, pages: int, jobs: int) -> float:
    """Return the seconds a page of a batch."""
    case.mkdir()
    (case / "rows.txt").write_text("".join(f"{url}/small?{number}\n" for number in range(pages)), "utf-8")
    side = ["--scenes", str(jobs), "--per-host", str(jobs), "--rendered", "auto", "--quiet"]
    words: list[str | Path] = [*_WORDS, *side, "--key", signing_key(case.parent)]
    return run([*GOLDENHOUR, "batch", case / "rows.txt", "--case", case / "case", *words]).seconds / pages


def _capture(url: str, case: Path, *more: str) -> Cost:
    words = [*_WORDS, "--quiet", "--json", *more]
    return run([*GOLDENHOUR, "capture", url, "--case", case, *words, "--key", signing_key(case.parent)])


def _bare(url: str) -> None:
    """Do in the browser what a capture does, with no guard before it and no log of it."""
    from capture.browser.devtools import Browser
    from capture.browser.page import RenderedPage
    from capture.browser.page_time import PageTime
    from capture.browser.program import find_browser
    from capture.browser.settings import PageView
    from capture.recorder.stopping import Stop
    from hashing.times import system_clock

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        left_out = ("--log-net-log", "--net-log-capture-mode", "--proxy-")
        command = find_browser(sandbox=False).command(Path(name) / "profile", 0, insecure=False)
        stop = Stop()
        browser = Browser([word for word in command if not word.startswith(left_out)], Path(name), lambda _: None, stop)
        page = RenderedPage(browser, PageView(), Path(name), stop, system_clock, set, set(), PageTime(600))
        page.open(url)
        page.settle(15)
        with Path(name, "made").open("wb") as file:
            page.picture(file, whole=False)
            page.scroll(60)
            page.settle(15)
            page.picture(file, whole=True)
            assert file.tell()
            page.printed(file)
        browser.close()


def _serve(photos: int) -> None:
    from tests.servers import SceneServer

    body = "".join(f'<p>Photo {n}</p><img loading=lazy width=800 height=600 src="/{n}.jpg">' for n in range(photos))
    page = f"<!doctype html><title>Gallery</title><h1>Gallery</h1>{body}".encode()
    small = b"<!doctype html><title>Small</title><p>" + b"Somebody broke the window at ten past six. " * 20
    files = {"/": page, "/small": small, **{f"/{n}.jpg": noisy_jpeg(50 << 10) for n in range(photos)}}
    with SceneServer(files, latency=0.02, keep=0) as server:
        print(server.url("").rstrip("/"), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _bare(sys.argv[2]) if sys.argv[1] == "bare" else _serve(int(sys.argv[1]))
