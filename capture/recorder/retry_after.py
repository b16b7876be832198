"""The Retry-After field: how long a server wants to be left alone (RFC 9110 section 10.2.3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST = 100
_SECONDS = re.compile(r"\"?([0-9]{1,10}(?:\.[0-9]{1,6})?)[0-9]*(?: ?s(?:ec(?:ond)?s?)?)?\"?(?:\s*,.*)?", re.ASCII)
_SINCE_1970 = 1_000_000_000  # A pause of thirty years is none: the moment is meant.


def retry_after(value: str, now: datetime) -> float | None:
    """Return the seconds to wait, from a number of seconds or an HTTP date; None where the field says nothing.

    Some servers write a fraction, a unit, the field twice, or seconds since 1970.
    """
    value = value.strip()
    if seconds := _SECONDS.fullmatch(value[:_LONGEST]):
        number = float(seconds[1])
        return max(number - now.timestamp(), 0.0) if number >= _SINCE_1970 else number
    moment = mail_date(value)
    return max((moment - now).total_seconds(), 0.0) if moment is not None else None


def mail_date(value: str) -> datetime | None:
    """Read a date in any of the forms that mail and old servers use; None where it is none."""
    try:
        moment = parsedate_to_datetime(value[:_LONGEST])
    except (ValueError, TypeError, OverflowError, IndexError):
        return None  # what the standard library makes of a hostile date
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
