"""requests, loaded without what guesses the encoding of a text: the recorder keeps bytes, and has nothing guessed.

The two libraries that guess take a third of the time that it takes to load. requests does without them, with a warning.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _absent(*names: str) -> Iterator[None]:
    """Have modules that are not loaded yet be taken for missing."""
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # what the import system takes for: there is no such module
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        for name in hidden:
            del sys.modules[name]


with _absent("chardet", "charset_normalizer"):
    import requests  # noqa: F401 - loaded for those who use it
