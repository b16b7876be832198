"""How soon a command answers: help, verify of the demo bundle, the demo page captured, sealed and verified."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.measure import GOLDENHOUR, in_turn, run
from benchmarks.table import Row

if TYPE_CHECKING:
    from pathlib import Path

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


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Measure as a user types it: a new process each time, beside an interpreter that only imports click."""
    from validation.demo import DemoScene

    bundle, key = folder / "demo" / "bundle", folder / "demo" / "demo-key.pem"
    subprocess.run([*GOLDENHOUR, "demo", folder / "demo"], check=True, capture_output=True)
    verify = " ".join(GOLDENHOUR)
    with DemoScene() as scene:
        job = (
            f"{sys.executable} -c '{_DEMO_PAGE}' {scene.url} {folder}/case-$$ {key} && {verify} verify {folder}/case-$$"
        )
        best = in_turn(
            {
                "click": lambda _: run([sys.executable, "-c", "import click"]),
                "help": lambda _: run([*GOLDENHOUR, "--help"]),
                "verify": lambda _: run([*GOLDENHOUR, "verify", bundle]),
                "page": lambda _: run(["sh", "-c", job]),
            },
            rounds=3 if quick else 5,
        )
    click = best["click"]
    peer = f"`python -c 'import click'` {click.shown}"
    named = (
        ("`--help`", "help", 1.5),
        ("verify of the demo bundle", "verify", 3),
        ("demo page captured, sealed, verified", "page", 8),
    )
    return [
        Row(
            what=what,
            ours=best[name].shown,
            cpu=best[name].cpu_shown,
            peer=peer,
            ratio=best[name].seconds / click.seconds,
            goal=goal,
        )
        for what, name, goal in named
    ]
