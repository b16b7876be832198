"""Numbers of bytes as people read them."""

from __future__ import annotations

_STEP = 1024
_UNITS = ("KiB", "MiB", "GiB", "TiB")


def human_size(count: int) -> str:
    """Write a number of bytes with a binary unit: `812 B`, `1.2 MiB`."""
    if count < _STEP:
        return f"{count} B"
    value, unit = count / _STEP, 0
    # 1,023.96 KiB would be written as 1024.0 KiB.
    while round(value, 1) >= _STEP and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    return f"{value:.1f} {_UNITS[unit]}"
