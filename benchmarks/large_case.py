"""A case that has grown large, beside one of a tenth of its size: what an item costs must not grow with the case.

`python -m benchmarks.large_case --items 1000000 --folder DIR` measures a case of any size by itself, made with the
case's own code and without a network, in a folder that is there and has room (6 KiB an item); it removes the case.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.capture import signing_key
from benchmarks.measure import GOLDENHOUR, Cost, run
from benchmarks.serving import SceneProcess
from benchmarks.table import Row, detailed

_GROWTH = 1.3
_MOST_MEMORY = 300
_SMALL = 2 << 10
_TENTHS = 10
_AT_ONCE = 2_000
"""Lines of a ledger that are written with one sync."""
_MOST_EXPORTED = 100_000
"""Items of which a bundle is made as well: of a million, its report alone takes the better part of an hour."""


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Grow a case capture by capture, and measure at a tenth of the size and at the end."""
    return [*_captured(folder, quick=quick), *made_rows(folder / "made", 2_000 if quick else 20_000)]


def made_rows(folder: Path, items: int) -> list[Row]:
    """Make a case of ten captures of very small items; measure when it has the first, and when it has all."""
    folder.mkdir(parents=True, exist_ok=True)
    case, key = str(folder / "OP-ALDER"), str(folder / "key" / "signing-key.pem")
    costs: dict[str, list[Cost]] = {}
    for number in range(1, _TENTHS + 1):
        # In a process of its own, as each command: this one's memory is that of all that it has ever measured.
        took = run([sys.executable, "-m", "benchmarks.large_case", "--add", str(items // _TENTHS), str(folder)])
        if number in {1, _TENTHS}:
            costs.setdefault(f"capture {items // _TENTHS:,} more", []).append(took)
            uses = {"`show`": ["show", case], "`verify` of the case": ["verify", case, "-q"]}
            if items <= _MOST_EXPORTED:
                bundle = str(folder / f"bundle-{number}")
                uses["`export`"] = ["export", case, "--output", bundle, "--key", key, "-q"]
                uses["`verify` of the bundle"] = ["verify", bundle, "-q"]
            for what, words in uses.items():
                costs.setdefault(what, []).append(run([*GOLDENHOUR, *words]))
    return [
        row for what, measured in costs.items() for row in _rows(what, measured, _TENTHS, items, "very small items")
    ]


def _add_capture(folder: Path, items: int) -> None:
    from tests.exports.small_case import Thing, make_case

    capture = make_case(folder).begin()
    for number in range(items):
        capture.add(Thing(f"{number}.jpg", os.urandom(_SMALL)))
        if len(capture.events) >= _AT_ONCE:
            capture.folder.append(capture.events)
            capture.events.clear()
    capture.seal()


def _captured(folder: Path, *, quick: bool) -> list[Row]:
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


def _rows(what: str, measured: list[Cost], times: int, items: int, kind: str = "items") -> list[Row]:
    """Return growth and memory."""
    first, last, name = measured[0], measured[-1], f"{what}, in a case of {items:,} {kind}"
    # Capturing and adding a line do the same work in a case of any size; all else reads the whole case.
    flat = first.seconds * (1 if what.startswith(("capture", "`custody", "`show`")) else min(times, 10))
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


def _main() -> None:
    if sys.argv[1:2] == ["--add"]:
        _add_capture(Path(sys.argv[3]), int(sys.argv[2]))
        return
    if sys.argv[1:2] != ["--items"]:
        _serve(int(sys.argv[1]))
        return
    _, items, _, folder = sys.argv[1:]
    with tempfile.TemporaryDirectory(dir=folder, prefix="bench-") as name:
        print(detailed(made_rows(Path(name), int(items))))


if __name__ == "__main__":
    _main()
