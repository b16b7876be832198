"""goldenhour's folders among the user's own: for data, for settings, and for what can be removed at any time."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def data_folder() -> Path:
    """Return the folder for what must stay."""
    return _folder("data", "XDG_DATA_HOME", ".local/share")


def config_folder() -> Path:
    """Return the folder for settings and keys."""
    return _folder("config", "XDG_CONFIG_HOME", ".config")


def cache_folder() -> Path:
    """Return the folder for what is made again where it is gone."""
    return _folder("cache", "XDG_CACHE_HOME", ".cache")


def _folder(kind: str, variable: str, otherwise: str) -> Path:
    # By the XDG base directory specification, as platformdirs has it: to load that costs a short command a twentieth.
    if sys.platform == "linux":
        given = Path(os.environ.get(variable, ""))
        return (given if given.is_absolute() else Path.home() / otherwise) / "goldenhour"
    import platformdirs

    return Path(getattr(platformdirs, f"user_{kind}_path")("goldenhour", appauthor=False))
