"""A path as it is typed: a hint that names one is pasted into a shell."""

from __future__ import annotations

import shlex
from pathlib import Path


def as_typed(path: Path | str) -> str:
    """Return a path as a shell takes it for one word, and no command for an option."""
    text = str(path)
    return shlex.quote(f"./{text}" if text.startswith("-") else text)
