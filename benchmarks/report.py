"""The report on a large bundle: what it costs to make, and until a browser has it on the screen."""

from __future__ import annotations

import io
import sys
import time
from typing import TYPE_CHECKING

from PIL import Image, ImageFilter

from benchmarks.measure import GOLDENHOUR, in_turn, run
from benchmarks.table import Row
from exports.bundle import export_bundle
from hashing.case.facts import Fact
from tests.browser import chromium
from tests.browser.tab import Tab
from tests.exports.small_case import OFFICER, Thing, make_case

if TYPE_CHECKING:
    from pathlib import Path

_ROUNDS = 3

# What no report can do without: each photo decoded, made small and encoded anew.
_BARE = """
import sys, io; from pathlib import Path; from PIL import Image
for path in sorted(Path(sys.argv[1]).glob("data/captures/*/items/*.jpg")):
    with Image.open(path) as image:
        image.draft("RGB", (640, 640))
        image.thumbnail((320, 320))
        image.save(io.BytesIO(), "JPEG", quality=80)
"""


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure on a bundle of many photos; without Chromium how it opens is left out."""
    count = 200 if quick else 2000
    bundle = _bundle(folder, count)
    best = in_turn(
        {
            "ours": lambda number: run([*GOLDENHOUR, "report", bundle, "--output", folder / f"report-{number}"]),
            "bare": lambda _: run([sys.executable, "-c", _BARE, bundle]),
        },
        rounds=1,
    )
    ours, bare = best["ours"], best["bare"]
    what = f"report of {count:,} photos of 1600 by 1200"
    first = folder / "report-0" / "report.html"
    size = first.stat().st_size / 1024
    made = [
        Row(
            what=f"{what}, the bundle verified first, against decoding and shrinking them",
            ours=ours.shown,
            cpu=ours.cpu_shown,
            peer=bare.shown,
            ratio=ours.seconds / bare.seconds,
            goal=1.5,
        ),
        Row(what=f"{what}: memory", ours=f"{ours.memory:.0f} MiB", ratio=ours.memory, goal=300, unit="MiB"),
        Row(what=f"{what}: size of the first page", ours=f"{size:.0f} KiB", ratio=size, goal=64, unit="KiB"),
    ]
    return made + _opened(folder, first.parent, count)


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


def _opened(folder: Path, report: Path, count: int) -> list[Row]:
    """Measure from the address to a page that has been painted and answers, beside a bare page of as many rows."""
    program = chromium.found()
    if program is None:
        return []
    bare = folder / "bare.html"
    cells = "".join(f"<tr><td>{number}<td>photo-{number}.jpg<td>2026-11-24" for number in range(count))
    bare.write_text(f"<!doctype html><title>bare</title><table>{cells}</table>")
    pages = {
        "the first page": "report.html",
        "the gallery": "report/gallery-1.html",
        "all items": "report/index-1.html",
    }
    browser = chromium.Chromium(program)
    try:
        limit = _opening(browser, bare)
        return [
            Row(
                what=f"report of {count:,} photos: Chromium shows {page}, against a bare page of {count:,} rows",
                ours=f"{(took := _opening(browser, report / name)):.2f} s",
                peer=f"{limit:.2f} s",
                ratio=took / limit,
                goal=1.5,
            )
            for page, name in pages.items()
        ]
    finally:
        browser.close()


def _opening(browser: chromium.Chromium, page: Path) -> float:
    tab = Tab(browser)
    times = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        tab.open(page)
        tab.js("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        times.append(time.perf_counter() - begun)
    tab.close()
    return min(times)
