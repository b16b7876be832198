"""A fresh install: how large, and how many distributions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.table import Row

_OWN = {"pip", "setuptools"}


def rows(folder: Path, *, quick: bool) -> list[Row]:
    """Install into a new virtual environment and count; left out of a quick run."""
    if quick:
        return []
    environment = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    before = _megabytes(environment)
    root = Path(__file__).parents[1]
    subprocess.run([python, "-m", "pip", "install", "-q", root], check=True, capture_output=True)
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze"], check=True, capture_output=True, text=True
    )
    names = {line.partition("==")[0] for line in listed.stdout.splitlines()} - _OWN
    size = _megabytes(environment) - before
    return [
        Row(what="install: size", ours=f"{size:.0f} MB", ratio=size, goal=100, unit="MB"),
        Row(what="install: distributions", ours=str(len(names)), ratio=len(names), goal=35, unit=""),
    ]


def _megabytes(folder: Path) -> float:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_symlink()) / 1e6
