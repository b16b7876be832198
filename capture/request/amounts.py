"""Amounts as people type them: spans `90s`, `2h`; moments `2026-11-24T10:15Z`, `2026-11-24`; sizes `256M`, `1G`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from capture.errors import BadSettings

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SPAN = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)\s*([smhd])", re.ASCII | re.IGNORECASE)

_BYTES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
# 1M, 1MB and 1MiB are the same here: whoever limits a disk means powers of two.
_SIZE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)\s*([kmgt]?)(?:i?b)?", re.ASCII | re.IGNORECASE)


def span(text: str, option: str) -> float:
    """Return the seconds of a span such as `2h`. Raises BadSettings, which names the option."""
    match = _SPAN.fullmatch(text.strip())
    seconds = float(match[1]) * _SECONDS[match[2].lower()] if match else 0.0
    if not seconds:
        raise BadSettings(f"{option} {text}: not a span of time", hint="use a number with s, m, h or d, such as 10m")
    return seconds


def moment(text: str, option: str, now: datetime) -> datetime:
    """Return a moment in UTC: a span counts back from `now`; a time without a zone is the computer's own.

    Raises BadSettings, which names the option.
    """
    try:
        if _SPAN.fullmatch(text.strip()):
            return now - timedelta(seconds=span(text, option))
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadSettings(
            f"{option} {text}: not a moment", hint="use a span back from now (2h) or a time such as 2026-11-24T10:15Z"
        ) from error


def size(text: str, option: str) -> int:
    """Return the bytes of a size such as `256M`, in binary units. Raises BadSettings, which names the option."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise BadSettings(f"{option} {text}: not a size", hint="use a number with K, M, G or T, such as 256M")
    return int(float(match[1]) * _BYTES[match[2].lower()])
