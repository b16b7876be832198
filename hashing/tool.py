"""The name and version under which this tool signs what it did."""

from __future__ import annotations

import re
from functools import cache


@cache
def tool() -> str:
    """Return `goldenhour <version>`, as installed."""
    from importlib.metadata import PackageNotFoundError

    try:
        return f"goldenhour {installed('goldenhour')}"
    except PackageNotFoundError:
        return "goldenhour (run from a source tree)"


def installed(name: str) -> str:
    """Return the version of an installed distribution. Raises PackageNotFoundError."""
    from importlib.metadata import distribution

    # Read off the head: to have all of the metadata parsed, descriptions and all, takes ten times as long.
    found = distribution(name)
    head = (found.read_text("METADATA") or "").partition("\n\n")[0]
    stated = re.search(r"^Version: *(\S+)$", head, re.MULTILINE)
    return stated[1] if stated else found.version
