"""Run the benchmarks: `python -m benchmarks [--quick]`. A whole run is kept, and docs/benchmarks.md is made of all."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    batch,
    capture,
    fleet,
    hashing,
    hashtag,
    install,
    intake,
    large_case,
    proofs,
    receive,
    rendered,
    report,
    sites,
    social,
    start_up,
    store,
    verification,
    wacz,
)
from benchmarks.table import Run, compared, detailed, earlier_runs, keep

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
PARTS = (
    start_up,
    install,
    capture,
    batch,
    fleet,
    hashtag,
    social,
    verification,
    intake,
    proofs,
    rendered,
    report,
    sites,
    wacz,
    store,
    large_case,
    hashing,
    receive,
)
_WHOLE_ALONE = (fleet, intake, rendered, store, large_case)
"""What needs a database, a browser, a store or very many items: a quick run, of two minutes, has no time for it."""

_NOTES = "\n## What stands in the way"

_HEAD = """# Benchmarks

Each figure is a ratio to a peer or to a limit that was measured in turn with ours, in the same run; only memory and
sizes are absolute. Commands run as a user types them. `make bench` measures all and adds a column; `make bench-quick`
measures less, nothing that needs a database, a browser, a store or very many items, and keeps nothing. A dash: not
measured, or not in this way.

"""


def main(*, quick: bool) -> None:
    """Measure everything; print the table, and keep it unless the run was a quick one."""
    rows, begun = [], time.perf_counter()
    with tempfile.TemporaryDirectory(dir=".", prefix="bench-") as name:
        for part in (part for part in PARTS if not (quick and part in _WHOLE_ALONE)):
            own = Path(name).resolve() / part.__name__.rpartition(".")[2]
            own.mkdir()
            started = time.perf_counter()
            measured = part.rows(own, quick=quick)
            print("\n".join(detailed(measured).splitlines()[2:]), flush=True)
            print(f"{part.__name__}: {time.perf_counter() - started:.0f} s", flush=True)
            shutil.rmtree(own)  # the next ones need the room, and its pages in memory
            rows += measured
    day, machine = f"{datetime.now(UTC):%Y-%m-%d}", f"{os.cpu_count()} cores, {platform.machine()}"
    minutes = (time.perf_counter() - begun) / 60
    machine = f"{machine}, Python {platform.python_version()}"
    print(f"{machine}, {day}, {minutes:.0f} minutes")
    if quick:
        return
    keep(Run(date=day, machine=machine, ratios={row.what: round(row.ratio, 4) for row in rows}))
    notes = PAGE.read_text("utf-8").partition(_NOTES)
    text = f"{_HEAD}## Ratios by date\n\n{compared(rows, earlier_runs())}\n## The last run\n\n{machine}, {day}.\n\n"
    PAGE.write_text(text + detailed(rows) + notes[1] + notes[2], "utf-8")


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what a user installs is compiled once, and not at each start
    main(quick="--quick" in sys.argv)
