"""The name and version under which this tool signs what it did."""

from __future__ import annotations

from functools import cache


@cache
def tool() -> str:
    """Return `goldenhour <version>`, as installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"goldenhour {version('goldenhour')}"
    except PackageNotFoundError:
        return "goldenhour (run from a source tree)"
