"""A page shown in a browser and recorded, beside the same browser that only shows, scrolls, pictures and prints it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.capture import noisy_jpeg, signing_key
from benchmarks.measure import GOLDENHOUR, in_turn, run
from benchmarks.serving import SceneProcess
from benchmarks.table import Row

if TYPE_CHECKING:
    from benchmarks.measure import Cost

_GOAL, _MEMORY = 1.3, 250


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure where there is a browser; without one there is nothing to say."""
    from capture.browser.program import find_browser
    from capture.errors import NotRendered

    try:
        find_browser(sandbox=False)
    except NotRendered:
        return []
    photos, rounds = (20, 1) if quick else (100, 3)
    with SceneProcess("benchmarks.rendered", str(photos)) as url:
        best = in_turn(
            {
                "bare": lambda _: run([sys.executable, "-m", "benchmarks.rendered", "bare", f"{url}/"]),
                "raw": lambda number: _capture(f"{url}/", folder / f"raw-{number}", "--rendered", "never"),
                "ours": lambda number: _capture(f"{url}/", folder / f"case-{number}", "--rendered", "always"),
            },
            rounds=rounds,
        )
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
            ours=f"{ours.memory:.0f} MiB",
            ratio=ours.memory,
            goal=_MEMORY,
            unit="MiB",
        ),
    ]


def _capture(url: str, case: Path, *more: str) -> Cost:
    words = ["--allow-private", "--quiet", "--json", "--no-browser-sandbox"]
    return run([*GOLDENHOUR, "capture", url, "--case", case, *words, *more, "--key", signing_key(case.parent)])


def _bare(url: str) -> None:
    """Do in the browser what a capture does, with no guard before it and no log of it."""
    from capture.browser.devtools import Browser
    from capture.browser.page import PageView, RenderedPage
    from capture.browser.program import find_browser
    from capture.recorder.stopping import Stop
    from hashing.times import system_clock

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        left_out = ("--log-net-log", "--net-log-capture-mode", "--proxy-")
        command = find_browser(sandbox=False).command(Path(name) / "profile", 0, insecure=False)
        stop = Stop()
        browser = Browser([word for word in command if not word.startswith(left_out)], Path(name), lambda _: None, stop)
        page = RenderedPage(browser, PageView(), Path(name), stop, system_clock, set, set())
        page.open(url)
        page.settle(15)
        page.picture(whole=False)
        page.scroll(60)
        page.settle(15)
        assert page.picture(whole=True)
        assert page.printed()
        browser.close()


def _serve(photos: int) -> None:
    from tests.servers import SceneServer

    body = "".join(f'<p>Photo {n}</p><img loading=lazy width=800 height=600 src="/{n}.jpg">' for n in range(photos))
    page = f"<!doctype html><title>Gallery</title><h1>Gallery</h1>{body}".encode()
    files = {"/": page, **{f"/{n}.jpg": noisy_jpeg(50 << 10) for n in range(photos)}}
    with SceneServer(files, latency=0.02, keep=0) as server:
        print(server.url("").rstrip("/"), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _bare(sys.argv[2]) if sys.argv[1] == "bare" else _serve(int(sys.argv[1]))
