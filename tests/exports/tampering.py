"""What somebody does to evidence who ought not to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def rewrite(path: Path, data: bytes) -> None:
    """Change a read-only file, or add one."""
    if path.exists():
        path.chmod(0o600)
    path.write_bytes(data)
