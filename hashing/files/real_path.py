"""Where a path leads: `Path.resolve` raises RuntimeError for links in a circle, up to Python 3.12."""

from __future__ import annotations

import os
from pathlib import Path


def real_path(path: Path) -> Path:
    """Return an absolute path without links as far as they lead somewhere; it need not be there."""
    return Path(os.path.realpath(path))
