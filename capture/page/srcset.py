"""The srcset attribute, by the HTML Standard's algorithm (4.8.4.3.10 "parsing a srcset attribute")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_BEFORE = re.compile(r"[\t\n\f\r ,]*+")
_URL = re.compile(r"[^\t\n\f\r ]++")
_DESCRIPTORS = re.compile(r"(?:\([^)]*+\)?|[^,(])*+")
_WIDTH = re.compile(r"[0-9]{1,9}w")
_HEIGHT = re.compile(r"[0-9]{1,9}h")
_DENSITY = re.compile(r"[0-9]{0,9}(?:\.[0-9]{1,9})?(?:[eE][+-]?[0-9]{1,2})?x")


_MOST = 1000
_LONGEST_DESCRIPTORS = 1000


class Sized(NamedTuple):
    """One candidate: its address as written, and its width in pixels or its pixel density."""

    url: str
    width: int = 0
    density: float = 1.0


def parse_srcset(value: str) -> Iterator[Sized]:
    """Yield the first 1,000 candidates of a srcset; as in browsers, one with a faulty descriptor is left out."""
    position = 0
    for _ in range(_MOST):
        url = _URL.match(value, _end(_BEFORE, value, position))
        if url is None:
            return
        position = url.end()
        if url[0].endswith(","):
            yield Sized(url[0].rstrip(","))
            continue
        end = _end(_DESCRIPTORS, value, position)
        if end - position <= _LONGEST_DESCRIPTORS and (sized := _sized(url[0], value[position:end].split())):
            yield sized
        position = end


def _end(pattern: re.Pattern[str], value: str, position: int) -> int:
    match = pattern.match(value, position)
    return match.end() if match else position


def _sized(url: str, descriptors: list[str]) -> Sized | None:
    width, density, height = 0, 0.0, 0
    for descriptor in descriptors:
        if not width and not density and _WIDTH.fullmatch(descriptor):
            width = int(descriptor[:-1])
            known = width > 0
        elif not width and not density and not height and len(descriptor) > 1 and _DENSITY.fullmatch(descriptor):
            density = float(descriptor[:-1])
            known = density > 0
        else:
            known = not height and not density and bool(_HEIGHT.fullmatch(descriptor))
            height = 1
        if not known:
            return None
    if height and not width:
        return None
    return Sized(url, width, density or 1.0)
