"""A fresh install: how large, and how many distributions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.table import Row

_OWN = {"pip", "setuptools"}


def rows(folder: Path, *, quick: bool) -> list[Row]:  # noqa: ARG001 - there is only one way
    """Install into a new virtual environment and count."""
    environment = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    python = environment / "bin" / "python"
    before = _megabytes(environment)
    root = Path(__file__).parents[1]
    subprocess.run([python, "-m", "pip", "install", "-q", str(root)], check=True, capture_output=True)
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze"], check=True, capture_output=True, text=True
    )
    names = {line.partition("==")[0] for line in listed.stdout.splitlines()} - _OWN
    size = _megabytes(environment) - before
    return [
        Row("a fresh install: size", f"{size:.0f} MB", "", size, 100, at_least=False, unit="MB"),
        Row("a fresh install: distributions", str(len(names)), "", len(names), 35, at_least=False, unit=""),
    ]


def _megabytes(folder: Path) -> float:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_symlink()) / 1e6
