"""A ledger's time as people read it."""

from __future__ import annotations

import re

_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?Z", re.ASCII)


def second(time: str) -> str:
    """Write a time such as `2026-11-24 10:15:02 UTC`; one that is not of a ledger's form stays as it is."""
    match = _TIME.fullmatch(time)
    return f"{match[1]} {match[2]} UTC" if match else time
