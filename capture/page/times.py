"""Times as pages write them. A time without a zone stays without one: it is never taken for UTC."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import NamedTuple

# ISO 8601 and RFC 3339 as far as the HTML Standard's date and time strings (2.3.5) and schema.org use them.
_ISO = re.compile(
    r"""
    (?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})
    (?:
      (?:[Tt]|[ ]+) (?P<hour>[0-9]{2}) :? (?P<minute>[0-9]{2})
      (?: :? (?P<second>[0-9]{2}) (?:[.,] (?P<fraction>[0-9]{1,12}))? )?
      [ ]* (?P<zone>Z|z|UTC|GMT|[+-][0-9]{2}:?(?:[0-9]{2})?)?
    )?
    """,
    re.VERBOSE,
)
# RFC 5322 with the zones whose offset it defines; the abbreviation of any other zone can mean several.
_MAIL = re.compile(
    r"(?:[A-Za-z]{3,9}(?:, *| +))?(?P<date>[0-9]{1,2} +[A-Za-z]{3} +(?:[0-9]{4}|[0-9]{2}))"
    r" +(?P<hour>[0-9]{1,2})(?P<rest>:[0-9]{2}(?::[0-9]{2})?)"
    r"(?: *(?P<zone>GMT|UT|UTC|Z|E[SD]T|C[SD]T|M[SD]T|P[SD]T|[+-][0-9]{2}:?[0-9]{2}))?",
)
_ENDS_IN_ZONE = re.compile(r"[0-9] ?(?:[AaPp]\.?[Mm]\.?)? ?(?:[A-Z]{1,5}|[+-][0-9]{2}:?[0-9]{2})$")
_ENDS_IN_HALF_OF_DAY = re.compile(r"[0-9] ?[AP]M$")


class ParsedTime(NamedTuple):
    """A time in ISO 8601, or None where it could not be read; and whether its zone is written."""

    iso: str | None
    has_zone: bool


def parse_time(written: str) -> ParsedTime:
    """Read a time as a page writes it. A date alone stays a date; nothing is added that is not written."""
    text = " ".join(written.split())
    if match := _ISO.fullmatch(text):
        with suppress(ValueError):
            return _from_iso(match)
    if mail := _MAIL.fullmatch(text):
        # -0000 and a time without a zone both come back naive, which is what RFC 5322 means by them.
        # Years of two digits are those of RFC 5322, section 4.3: up to 49 they are of this century.
        with suppress(ValueError, OverflowError):
            zone_as_defined = (mail["zone"] or "").replace(":", "")
            parsed = parsedate_to_datetime(f"{mail['date']} {mail['hour']:0>2}{mail['rest']} {zone_as_defined}".strip())
            return ParsedTime(parsed.isoformat(), parsed.tzinfo is not None)
    zone = bool(_ENDS_IN_ZONE.search(text)) and not _ENDS_IN_HALF_OF_DAY.search(text)
    return ParsedTime(None, zone)


def _from_iso(match: re.Match[str]) -> ParsedTime:
    """Check the fields against the calendar. Raises ValueError."""
    digits = match["date"].replace("-", "")
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    if match["hour"] is None:
        return ParsedTime(datetime(year, month, day, tzinfo=UTC).date().isoformat(), has_zone=False)
    moment = datetime(
        year,
        month,
        day,
        int(match["hour"]),
        int(match["minute"]),
        int(match["second"] or 0),
        int((match["fraction"] or "0")[:6].ljust(6, "0")),
        tzinfo=_zone(match["zone"]),
    )
    return ParsedTime(moment.isoformat(), has_zone=moment.tzinfo is not None)


def _zone(written: str | None) -> timezone | None:
    """Return the zone that is written. Raises ValueError for an offset of a day or more."""
    if written is None:
        return None
    if not written.startswith(("+", "-")):
        return UTC
    digits = written[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-offset if written[0] == "-" else offset)
