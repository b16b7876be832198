"""Sizes as people type and read them: `256M`, `1G`, `500K`; 1.5 GiB."""

from __future__ import annotations

import re

from capture.errors import BadSettings

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SIZE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)\s*([kmgt]?)(?:i?b)?", re.ASCII | re.IGNORECASE)


def size(text: str, option: str) -> int:
    """Return the bytes of a size such as `256M`, in binary units. Raises BadSettings, which names the option."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise BadSettings(f"{option} {text}: not a size", hint="use a number with K, M, G or T, such as 256M")
    return int(float(match[1]) * _UNITS[match[2].lower()])


def human_size(count: float) -> str:
    """Write a number of bytes for people."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":  # noqa: PLR2004 - binary units
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError("the last unit takes any number")
