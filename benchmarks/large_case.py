"""A case that has grown large, beside one of a tenth of its size: what an item costs must not grow with the case."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.capture import signing_key
from benchmarks.measure import GOLDENHOUR, run
from benchmarks.serving import SceneProcess
from benchmarks.table import Row

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.measure import Cost

_GROWTH = 1.3
_MOST_MEMORY = 300


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Grow a case capture by capture, and measure at a tenth of the size and at the end."""
    captures, photos = (5, 40) if quick else (10, 400)
    key = str(signing_key(folder))
    case = folder / "case"
    costs: dict[str, list[Cost]] = {}
    with SceneProcess("benchmarks.large_case", str(photos)) as url:
        scene = [
            f"{url}/gallery.html",
            "--case",
            str(case),
            "--allow-private",
            "--media",
            "photos",
            "--initials",
            "MP",
            "--officer",
            "Bench",
        ]
        for number in range(1, captures + 1):
            took = run([*GOLDENHOUR, "capture", *scene, "--key", key, "-q"])
            if number in {max(captures // 10, 1), captures}:
                costs.setdefault(f"capture {photos:,} more items", []).append(took)
                for what, cost in _uses(folder, number, key).items():
                    costs.setdefault(what, []).append(cost)
    items = captures * photos
    return [row for what, measured in costs.items() for row in _rows(what, measured, captures, items)]


def _uses(folder: Path, number: int, key: str) -> dict[str, Cost]:
    case, bundle = str(folder / "case"), str(folder / f"bundle-{number}")
    return {
        "`custody add`": run([*GOLDENHOUR, "custody", "add", case, "MP/1", "--event", "opened", "--key", key]),
        "`show --json`": run([*GOLDENHOUR, "show", case, "--json"]),
        "`verify` of the case": run([*GOLDENHOUR, "verify", case, "-q"]),
        "`export`": run([*GOLDENHOUR, "export", case, "--output", bundle, "--key", key, "-q"]),
        "`verify` of the bundle": run([*GOLDENHOUR, "verify", bundle, "-q"]),
    }


def _rows(what: str, measured: list[Cost], times: int, items: int) -> list[Row]:
    """Return growth and memory."""
    first, last, name = measured[0], measured[-1], f"{what}, in a case of {items:,} items"
    # Capturing and adding a line do the same work in a case of any size; all else reads the whole case.
    flat = first.seconds * (1 if what.startswith(("capture", "`custody")) else min(times, 10))
    return [
        Row(
            what=name,
            ours=last.shown,
            cpu=last.cpu_shown,
            peer=f"flat, from a tenth of it: {flat:.2f} s",
            ratio=last.seconds / flat,
            goal=_GROWTH,
        ),
        Row(what=f"{name}: memory", ours=f"{last.memory:.0f} MiB", ratio=last.memory, goal=_MOST_MEMORY, unit="MiB"),
    ]


def _serve(photos: int) -> None:
    from tests.servers import SceneServer

    names = [f"{number}.gif" for number in range(photos)]
    page = b"<!doctype html><title>t</title>" + b"".join(b'<img src="/%s">' % name.encode() for name in names)
    # The smallest GIF, with a comment that makes each another file.
    gif = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff!\xfe\x0a%010d\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
    files = {f"/{name}": gif % number for number, name in enumerate(names)}
    with SceneServer({"/gallery.html": page, **files}, keep=0) as server:
        print(server.url(""), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
