"""The report on a large bundle: how long it takes to make, and until a browser has it on the screen."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from PIL import Image, ImageFilter

from benchmarks.table import Row
from exports.bundle import export_bundle
from hashing.case.facts import Fact
from tests.browser import chromium
from tests.browser.tab import Tab
from tests.exports.small_case import OFFICER, Thing, make_case

if TYPE_CHECKING:
    from pathlib import Path

_ROUNDS = 3

_PROGRAM = """
import json, sys, time
from pathlib import Path
from exports.report.remake import write_report
begun = time.perf_counter()
write_report(Path(sys.argv[1]), Path(sys.argv[2]))
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({"seconds": time.perf_counter() - begun, "peak": int(peak) // 1000}))
"""


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure on a bundle of many photos; without Chromium how it opens is left out."""
    count = 500 if quick else 5000
    bundle = _bundle(folder, count)
    runs = [_make(bundle, folder / f"report-{number}") for number in range(_ROUNDS)]
    seconds, peak = min(runs)
    what = f"report on a bundle of {count} photos of 1600 by 1200"
    first = folder / "report-0" / "report.html"
    size = first.stat().st_size / 1024
    made = [
        Row(f"{what}: made anew, the bundle verified first", f"{seconds:.1f} s", "", seconds, 60, False, "s"),
        Row(f"{what}: peak memory", f"{peak} MB", "", peak, 300, False, "MB"),
        Row(f"{what}: size of the first page", f"{size:.0f} KiB", "", size, 64, False, "KiB"),
    ]
    return made + _opened(first.parent, what)


def _bundle(folder: Path, count: int) -> Path:
    """Make a bundle of photos of two megapixels, each with position, time and facts."""
    photo = io.BytesIO()
    noise = Image.effect_noise((1600, 1200), 60).filter(ImageFilter.GaussianBlur(1.2)).convert("RGB")
    noise.save(photo, "JPEG", quality=62)
    maker = make_case(folder)
    capture = maker.begin("https://news.example/gallery.html")
    facts = tuple(Fact(f"fact {number}", f"value {number}", "EXIF Tag") for number in range(18))
    for number in range(count):
        taken = f"2026-11-24T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}+01:00"
        own = (
            Fact("original time", taken, "EXIF DateTimeOriginal"),
            Fact("GPS latitude", 51.5 + number % 71 / 9000, "GPS GPSLatitude"),
            Fact("GPS longitude", -0.12 + number % 83 / 9000, "GPS GPSLongitude"),
        )
        body = photo.getvalue() + number.to_bytes(4, "big")
        capture.add(Thing(f"photo-{number}.jpg", body, alt=f"view {number}", facts=(*own, *facts)))
    capture.seal()
    return export_bundle(maker.case, key=maker.key, officer=OFFICER, output=folder / "bundle").path


def _make(bundle: Path, output: Path) -> tuple[float, int]:
    program = [sys.executable, "-c", _PROGRAM, str(bundle), str(output)]
    said = json.loads(subprocess.run(program, check=True, capture_output=True).stdout)
    return said["seconds"], said["peak"]


def _opened(report: Path, what: str) -> list[Row]:
    """Measure from the address to a page that has been painted and answers."""
    program = chromium.found()
    if program is None:
        return []
    browser = chromium.Chromium(program)
    try:
        pages = [("first page", "report.html", 0.5), ("200 photos", "report/gallery-1.html", 1)]
        pages += [("all items with the filter", "report/index-1.html", 2)]
        return [_opening(browser, report / name, f"{what}: Chromium, {page}", goal) for page, name, goal in pages]
    finally:
        browser.close()


def _opening(browser: chromium.Chromium, page: Path, what: str, goal: float) -> Row:
    tab = Tab(browser)
    times = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        tab.open(page)
        tab.js("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        times.append(time.perf_counter() - begun)
    tab.close()
    return Row(what, f"{min(times):.2f} s", "", min(times), goal, False, "s")
