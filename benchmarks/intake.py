"""Many photos that are handed in at once: taken in, against hashing them and reading their EXIF; and checked."""

from __future__ import annotations

import io
import json
import random
import shutil
from typing import TYPE_CHECKING

from PIL import Image

from benchmarks.measure import GOLDENHOUR, in_turn, run
from benchmarks.table import Row

if TYPE_CHECKING:
    from pathlib import Path

_COPIES = 100
"""Photos that are there a second time, at half the size and encoded anew."""


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure on made-up photos with EXIF; without exiftool the peer only hashes."""
    count = 600 if quick else 3_000
    photos = folder / "photos"
    _make(photos, count)
    tool = "exiftool -j -q -r . > /dev/null" if shutil.which("exiftool") else "true"
    peer = f"cd {photos} && find . -type f -print0 | xargs -0 sha256sum > /dev/null && {tool}"
    best = in_turn(
        {
            "ours": lambda number: run([*GOLDENHOUR, "intake", photos, "--case", folder / f"case-{number}"]),
            "peer": lambda _: run(["sh", "-c", peer]),
        },
        rounds=1,
    )
    ours, theirs = best["ours"], best["peer"]
    case = folder / "case-0"
    told = folder / "told.jsonl"
    checked = run(["sh", "-c", '"$@" > "$0"', told, *GOLDENHOUR, "check", case, "--json"])
    found = [json.loads(line) for line in told.read_bytes().splitlines()]
    pairs = [each for each in found if each["finding"] == "same picture"]
    assert len(pairs) == _COPIES, f"{len(pairs)} groups of near photos, and {_COPIES} were made"
    assert all(len(each["items"]) == 2 for each in pairs)
    what = f"intake of {count:,} photos"
    return [
        Row(
            what=f"{what}, sealed, against `sha256sum` and `exiftool`",
            ours=ours.shown,
            cpu=ours.cpu_shown,
            peer=theirs.shown,
            ratio=ours.seconds / theirs.seconds,
            goal=1,
        ),
        Row(what=f"{what}: memory", ours=f"{ours.memory:.0f} MiB", ratio=ours.memory, goal=300, unit="MiB"),
        Row(
            what=f"check of {count:,} photos, {_COPIES} of {_COPIES} copies found and no other, against their intake",
            ours=checked.shown,
            cpu=checked.cpu_shown,
            peer=ours.shown,
            ratio=checked.seconds / ours.seconds,
            goal=1,
        ),
        Row(
            what=f"check of {count:,} photos: memory",
            ours=f"{checked.memory:.0f} MiB",
            ratio=checked.memory,
            goal=300,
            unit="MiB",
        ),
    ]


def _make(folder: Path, count: int) -> None:
    """Write photos of patches of grey, another one for each number, with EXIF; the last ones are copies."""
    folder.mkdir()
    for number in range(count):
        copied = number >= count - _COPIES
        chance = random.Random(number - count + _COPIES if copied else number)  # noqa: S311 - patches, not keys
        picture = Image.frombytes("L", (16, 12), chance.randbytes(16 * 12)).resize((320, 240), Image.Resampling.BICUBIC)
        exif, out = Image.Exif(), io.BytesIO()
        exif[0x010F], exif[0x0110] = "Canon", f"EOS {number % 7}"
        exif.get_ifd(0x8769)[0x9003] = f"2026:11:{1 + number % 28:02d} 10:{number % 60:02d}:00"
        picture.resize((160, 120) if copied else picture.size).convert("RGB").save(out, "JPEG", quality=85, exif=exif)
        (folder / f"IMG_{number:05d}.jpg").write_bytes(out.getvalue())
