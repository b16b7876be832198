"""The name and version under which this tool signs what it did."""

from __future__ import annotations

import re
import shlex
import sys
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


def installs(*libraries: str) -> str:
    """Return the command that installs libraries where this very goldenhour runs.

    They are named themselves: an extra of goldenhour's would be looked for on an index of packages, under a name that
    anybody could take there.
    """
    return f"{shlex.quote(sys.executable)} -m pip install {' '.join(map(shlex.quote, libraries))}"
