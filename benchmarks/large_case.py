"""A case that has grown large, beside one of a tenth of its size: what an item costs must not grow with the case."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.capture import signing_key
from benchmarks.serving import SceneProcess
from benchmarks.table import Row

if TYPE_CHECKING:
    from pathlib import Path

_MOST_MEMORY = 300 << 20
_GROWTH = 1.3
_RECOVERY = 60


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took: seconds, and its largest memory in bytes."""

    seconds: float
    memory: int


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Grow a case capture by capture, and measure at a tenth of the size and at the end."""
    captures, photos = (10, 100) if quick else (20, 5000)
    key = str(signing_key(folder))
    case = folder / "case"
    costs: dict[str, list[Cost]] = {}
    with SceneProcess("benchmarks.large_case", str(photos)) as url:
        scene = [f"{url}/gallery.html", "--case", str(case), "--allow-private", "--media", "photos", "--initials", "MP"]
        for number in range(1, captures + 1):
            took = _run(["capture", *scene, "--key", key, "-q"])
            if number in {max(captures // 10, 1), captures}:
                costs.setdefault(f"capture {photos:,} more items", []).append(took)
                for what, cost in _uses(folder, number, key).items():
                    costs.setdefault(what, []).append(cost)
        costs["a capture killed (SIGKILL), finished off by `show`"] = [_recovery(scene, case, key)]
    return [row for what, measured in costs.items() for row in _rows(what, measured, captures, captures * photos)]


def _uses(folder: Path, number: int, key: str) -> dict[str, Cost]:
    case, bundle = str(folder / "case"), str(folder / f"bundle-{number}")
    return {
        "`custody add`": _run(["custody", "add", case, "MP/1", "--event", "opened", "--key", key]),
        "`show --json`": _run(["show", case, "--json", "--key", key]),
        "`verify` of the case": _run(["verify", case, "-q"]),
        "`export`": _run(["export", case, "--output", bundle, "--key", key, "-q"]),
        "`verify` of the bundle": _run(["verify", bundle, "-q"]),
    }


def _rows(what: str, measured: list[Cost], times: int, items: int) -> list[Row]:
    """Return growth and memory; what is done once has no growth to show."""
    first, last, case = measured[0], measured[-1], f"in a case of {items:,} items"
    ours = f"{last.seconds:.1f} s"
    if len(measured) > 1:
        # Capturing and adding a line do the same work in a case of any size; all else reads the whole case.
        flat = first.seconds * (1 if what.startswith(("capture", "`custody")) else min(times, 10))
        grown = last.seconds / flat
        took = Row(f"{what}, {case}", ours, f"flat, from a tenth of it: {flat:.1f} s", grown, _GROWTH, at_least=False)
    else:
        took = Row(f"{what}, {case}", ours, f"{_RECOVERY} s", last.seconds / _RECOVERY, 1, at_least=False)
    memory = last.memory / _MOST_MEMORY
    return [took, Row(f"{what}, {case}: memory", _mib(last.memory), _mib(_MOST_MEMORY), memory, 1, at_least=False)]


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"


def _recovery(scene: list[str], case: Path, key: str) -> Cost:
    """Kill a capture when it has some hundred items, and measure the command that finishes it off."""
    command = [sys.executable, "-m", "cli", "capture", *scene, "--key", key, "-q"]
    known = set((case / "captures").iterdir())
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        time.sleep(0.01)
        new = set((case / "captures").iterdir()) - known
        if any(len(list((capture / "items").glob("*"))) > 50 for capture in new if (capture / "items").exists()):
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    return _run(["show", str(case), "--json", "--key", key])


def _run(words: list[str]) -> Cost:
    """Run a command; only its own memory is counted."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "cli", *words], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, words
    return Cost(time.perf_counter() - began, usage.ru_maxrss * 1024)


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
