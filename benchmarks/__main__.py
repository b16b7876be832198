"""Run every benchmark and write docs/benchmarks.md: `python -m benchmarks [--quick]`."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    batch,
    capture,
    hashing,
    hashtag,
    install,
    large_case,
    many_items,
    report,
    social,
    start_up,
    verification,
    wacz,
)
from benchmarks.table import markdown

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"

_PARTS = (
    start_up,
    install,
    capture,
    batch,
    hashtag,
    social,
    verification,
    many_items,
    report,
    wacz,
    large_case,
    hashing,
)

_HEAD = """# Benchmarks

Each figure is a ratio to a peer or to a limit taken in the same run, best of three. Made anew by `make bench`.

"""


def main(*, quick: bool) -> None:
    """Measure everything; print the table, and keep it unless the run was a quick one."""
    rows = []
    with tempfile.TemporaryDirectory(dir=".", prefix="bench-") as name:
        folder = Path(name).resolve()
        parts = (
            start_up,
            install,
            capture,
            batch,
            hashtag,
            social,
            verification,
            many_items,
            report,
            large_case,
            hashing,
        )
        for part in parts:
            own = folder / part.__name__.rpartition(".")[2]
            own.mkdir()
            measured = part.rows(own, quick=quick)
            print("\n".join(markdown(measured).splitlines()[2:]), flush=True)
            rows += measured
    python, day = platform.python_version(), f"{datetime.now(UTC):%Y-%m-%d}"
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {python}, {day}"
    text = f"{_HEAD}{machine}.\n\n{markdown(rows)}"
    print(text)
    if not quick:
        notes = PAGE.read_text().partition("\n## ") if PAGE.exists() else ("", "", "")
        PAGE.write_text(text + (f"\n## {notes[2]}" if notes[1] else ""))


if __name__ == "__main__":
    main(quick="--quick" in sys.argv)
