"""Which sources are installed: our own, and those that other packages add."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from capture.doctor.finding import Finding, fault, ok
from capture.extractors import ENTRY_POINTS, EXTRACTORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capture.doctor.setup import Setup

_FAILS_WITH = (ImportError, AttributeError, TypeError, ValueError, NameError, SyntaxError, OSError, RuntimeError)
"""What the loading of a stranger's module usually ends in; anything else is a traceback in its own name."""


def check_sources(_: Setup) -> Iterator[Finding]:
    """Yield the names of the sources; one that cannot be loaded keeps every capture from beginning."""
    names = [source.name for source in EXTRACTORS]
    broken = False
    for entry in entry_points(group=ENTRY_POINTS):
        package = entry.dist.name if entry.dist else entry.value
        try:
            source = entry.load()()
            names.append(f"{source.name} (of {package})")
        except _FAILS_WITH as error:
            broken = True
            hint = f"update or remove {package}: no capture can begin with it"
            yield fault("sources", f"{entry.name} of {package} cannot be loaded: {error}", hint)
    if not broken:
        yield ok("sources", ", ".join(names))
