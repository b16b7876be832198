"""Verifying bundles: many photos and very many small items, beside bagit.py, openssl and the limit of SHA-256."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from benchmarks.capture import JOBS, signing_key
from benchmarks.measure import GOLDENHOUR, Cost, in_turn, openssl_rate, run
from benchmarks.serving import SceneProcess
from benchmarks.table import Row

if TYPE_CHECKING:
    from pathlib import Path

_SMALL = 2 << 10


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure on bundles that are all in the page cache."""
    return [*_photos(folder, 300 if quick else 3000), *_small(folder, 1000 if quick else 10_000, 2 if quick else 3)]


def _photos(folder: Path, count: int) -> list[Row]:
    bundle = _captured(folder, count)
    size = sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file())
    best = in_turn(
        {
            "ours": lambda _: run([*GOLDENHOUR, "verify", bundle, "-q"]),
            "bagit": lambda _: run(
                [sys.executable, "-m", "bagit", "--validate", "--processes", "2", "--quiet", bundle]
            ),
            "limit": lambda _: Cost(size / openssl_rate("-multi", "2"), 0, 0),
        }
    )
    ours, bagit, limit = best["ours"], best["bagit"], best["limit"]
    what = f"verify of {count:,} items of 200 KiB"
    return [
        Row(
            what=f"{what} against bagit.py",
            ours=ours.shown,
            cpu=ours.cpu_shown,
            peer=f"`bagit.py --validate --processes 2` {bagit.shown}",
            ratio=bagit.seconds / ours.seconds,
            goal=1.5,
            at_least=True,
        ),
        Row(
            what=f"{what} against the SHA-256 limit of both cores",
            ours=ours.shown,
            cpu=ours.cpu_shown,
            peer=f"`openssl speed -multi 2`: {size / 1e6:,.0f} MB in {limit.shown}",
            ratio=limit.seconds / ours.seconds,
            goal=0.8,
            at_least=True,
        ),
    ]


def _small(folder: Path, count: int, rounds: int) -> list[Row]:
    bundle = _made(folder, count)
    # xargs takes what find names, so that two processes of openssl hash at any time: the most that two cores do.
    hashing = 'find "$0" -type f -print0 | xargs -0 -n 1000 -P 2 openssl dgst -sha256 -r'
    best = in_turn(
        {
            "ours": lambda _: run([*GOLDENHOUR, "verify", bundle, "-q"]),
            "openssl": lambda _: run(["sh", "-c", hashing, bundle]),
        },
        rounds=rounds,
    )
    ours, limit = best["ours"], best["openssl"]
    what = f"verify of {count:,} items of {_SMALL >> 10} KiB"
    return [
        Row(
            what=f"{what} against `openssl dgst`, two processes",
            ours=ours.shown,
            cpu=ours.cpu_shown,
            peer=limit.shown,
            ratio=ours.seconds / limit.seconds,
            goal=3,
        ),
        Row(what=f"{what}: memory", ours=f"{ours.memory:.0f} MiB", ratio=ours.memory, goal=300, unit="MiB"),
    ]


def _captured(folder: Path, count: int) -> Path:
    """Capture from a server of our own and export, as a user would."""
    key = signing_key(folder)
    with SceneProcess("benchmarks.capture", "photos", str(count), "0") as url:
        case: list[str | Path] = [
            f"{url}/gallery.html",
            "--case",
            folder / "case",
            "--allow-private",
            "-q",
            "--jobs",
            str(JOBS),
        ]
        run([*GOLDENHOUR, "capture", *case, "--officer", "Bench", "--key", key])
    run([*GOLDENHOUR, "export", folder / "case", "--output", folder / "bundle", "--key", key, "-q"])
    return folder / "bundle"


def _made(folder: Path, count: int) -> Path:
    """Make a case of one capture with the case's own code, without a network, and export it as a user would."""
    from tests.exports.small_case import Thing, make_case

    made = make_case(folder / "small")
    capture = made.begin()
    for number in range(count):
        capture.add(Thing(f"{number}.jpg", os.urandom(_SMALL)))
    capture.seal()
    key, bundle = folder / "small" / "key" / "signing-key.pem", folder / "small-bundle"
    run([*GOLDENHOUR, "export", made.path, "--output", bundle, "--key", key, "--officer", "Bench", "-q"])
    return bundle
