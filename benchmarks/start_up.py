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
# As `goldenhour demo` does it: the picture whose server lies is asked for once, not three times with pauses between.
_DEMO_PAGE = """
import sys; from pathlib import Path
from capture.request.options import CaptureOptions; from capture.recorder.settings import NetworkSettings
from capture.run.run import capture; from hashing.case.case import Case
from hashing.ledger.keys import load_signing_key
key = load_signing_key(Path(sys.argv[3]))
options = CaptureOptions(officer="B", initials="B", network=NetworkSettings(allow_private=True, attempts=1))
case = Case.open_or_create(Path(sys.argv[2]), key=key, officer="B")
assert capture(sys.argv[1], case, options, key=key).status == "partial"
"""


def rows(folder: Path, *, quick: bool) -> list[Row]:  # noqa: ARG001 - it is quick already
    """Measure as a user types it: a new process each time. The limit is a time, so the ratio is in seconds."""
    from validation.demo import DemoScene

    command = [sys.executable, "-m", "cli"]
    subprocess.run([*command, "demo", str(folder / "demo")], check=True, capture_output=True)
    bare = _best([sys.executable, "-c", "pass"])
    peer = f"bare Python {bare:.2f} s"
    key = str(folder / "demo" / "demo-key.pem")
    with DemoScene() as scene:
        job = f"{sys.executable} -c '{_DEMO_PAGE}' {scene.url} {folder}/case-$$ {key}"
        page = _best(["sh", "-c", f"{job} && {' '.join(command)} verify {folder}/case-$$"])
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
