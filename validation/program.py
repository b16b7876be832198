"""Which program was validated: the hash of every file of it."""

from __future__ import annotations

from pathlib import Path

from hashing.files.digest import Digest

_PACKAGES = ("capture", "commands", "exports", "hashing", "validation")


def program_files() -> dict[str, str]:
    """Return the SHA-256 of each file of goldenhour as it is installed here, by its path below the installation."""
    home = Path(__file__).parents[1]
    found = [home / "cli.py", *(path for name in _PACKAGES for path in (home / name).rglob("*"))]
    kept = sorted(path for path in found if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(home).as_posix(): Digest.of_bytes(path.read_bytes()).hex for path in kept}
