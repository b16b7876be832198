"""How soon a command answers: help, verify of the demo bundle, the demo page captured, sealed and verified."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.table import Row

if TYPE_CHECKING:
    from pathlib import Path

_ROUNDS = 5


def rows(folder: Path, *, quick: bool) -> list[Row]:  # noqa: ARG001 - it is quick already
    """Measure as a user types it: a new process each time. The limit is a time, so the ratio is in seconds."""
    from capture.demo import DemoScene

    command = [sys.executable, "-m", "cli"]
    subprocess.run([*command, "demo", str(folder / "demo")], check=True, capture_output=True)
    bare = _best([sys.executable, "-c", "pass"])
    peer = f"bare Python {bare:.2f} s"
    key = str(folder / "demo" / "demo-key.pem")
    with DemoScene() as scene:
        job = f"{' '.join(command)} capture {scene.url} --case {folder}/case-$$ --key {key} --allow-private -q"
        whole = ["sh", "-c", f"{job}; test $? = 3 && {' '.join(command)} verify {folder}/case-$$"]
        page = _best(whole)
    helped, verified = _best([*command, "--help"]), _best([*command, "verify", str(folder / "demo" / "bundle")])
    return [
        Row("`goldenhour --help`", f"{helped:.2f} s", peer, helped, 0.15, at_least=False, unit="s"),
        Row(
            "`goldenhour verify` of the demo bundle", f"{verified:.2f} s", peer, verified, 0.4, at_least=False, unit="s"
        ),
        Row("the demo page captured, sealed and verified", f"{page:.2f} s", peer, page, 1.0, at_least=False, unit="s"),
    ]


def _best(command: list[str]) -> float:
    times = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - begun)
    return min(times)
