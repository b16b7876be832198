"""Times as the ledger writes them: UTC, milliseconds, the zone always written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]  # Gives the present time with its zone; passed in, so that a test can set it.


def system_clock() -> datetime:
    """Return the computer's own time, in UTC."""
    return datetime.now(UTC)


def time_text(moment: datetime) -> str:
    """Write a moment as `2026-11-24T10:15:02.123Z` (RFC 3339)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def compact(moment: datetime) -> str:
    """Write a moment as `20261124T101502Z` (ISO 8601 basic), for file names."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def moment_of(written: str) -> datetime | None:
    """Return the moment of a time with its zone; None for any other."""
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
