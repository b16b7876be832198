"""Times as pages write them. A time without a zone stays without one: it is never taken for UTC."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

# ISO 8601 and RFC 3339 as far as the HTML Standard's date and time strings (2.3.5) and schema.org use them.
_ISO = re.compile(
    r"""
    (?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})
    (?:
      (?:[Tt]|[ ]+) (?P<hour>[0-9]{2}|[0-9](?=:)) :? (?P<minute>[0-9]{2})
      (?: :? (?P<second>[0-9]{2}) (?:[.,] (?P<fraction>[0-9]{1,12}))? )?
      [ ]* (?P<zone>Z|z|UTC|GMT|[+-][0-9]{1,2}:?(?:[0-9]{2})?)?
    )?
    """,
    re.VERBOSE,
)
_CLOCK = r"(?P<hour>[0-9]{1,2}) : (?P<minute>[0-9]{1,2}) (?: : (?P<second>[0-9]{1,2}) )?"
_WORDED_ZONE = r"(?:[ ]* (?P<zone>(?:GMT|UTC)?[+-][0-9]{1,2}(?::?[0-9]{2})?|GMT|UT|UTC|Z|[ECMP][SD]T))?"
# RFC 5322 with the zones whose offset it defines; the abbreviation of any other zone can mean several. Servers and
# feeds write it in the manner of RFC 850 (dashes), with whole names of days and months, or with GMT before an offset.
_MAIL = re.compile(
    rf"""
    (?:[a-z]{{2,9}}\.?(?:[ ]*,[ ]*|[ ]+))?
    (?P<day>[0-9]{{1,2}}) [ -]+ (?P<month>[a-z]{{3,9}})\.? [ -]+ (?P<year>[0-9]{{4}}|[0-9]{{2}})
    (?:,?[ ]+ {_CLOCK} {_WORDED_ZONE} )?
    """,
    re.VERBOSE | re.IGNORECASE,
)
# The month first: asctime of C, which names no zone, and what Java, JavaScript and people make of it.
_MONTH, _YEAR_LAST = (
    r"(?:[a-z]{3,9},?[ ])? (?P<month>[a-z]{3,9})\.?[ ] (?P<day>[0-9]{1,2}),?[ ]",
    r"[ ](?P<year>[0-9]{4})",
)
_MONTH_FIRST = (
    re.compile(rf"{_MONTH} {_CLOCK} {_WORDED_ZONE} {_YEAR_LAST}", re.VERBOSE | re.IGNORECASE),
    re.compile(rf"{_MONTH} (?P<year>[0-9]{{4}}) ,?[ ] {_CLOCK} {_WORDED_ZONE}", re.VERBOSE | re.IGNORECASE),
)
_COMMENT = re.compile(r" ?\([^()]{0,60}\)\Z")  # What may stand behind a time (RFC 5322, section 3.2.2).
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
# The zones that RFC 5322, section 4.3, gives a meaning; any other word says nothing.
_HOURS = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
_CENTURY = 50  # Years of two digits are those of RFC 5322, section 4.3: up to 49 they are of this century.
_ENDS_IN_ZONE = re.compile(
    r"[0-9] ?(?:[AaPp]\.?[Mm]\.?)? ?(?:[A-Z]{1,5}|[+-][0-9]{2}:?[0-9]{2})$"
    r"|:[0-9.]+ ?(?:GMT|UTC)?[+-][0-9]{1,2}(?::?[0-9]{2})?$"
)
_ENDS_IN_HALF_OF_DAY = re.compile(r"[0-9] ?[AP]M$")


class ParsedTime(NamedTuple):
    """A time in ISO 8601, or None where it could not be read; and whether its zone is written."""

    iso: str | None
    has_zone: bool


def parse_time(written: str) -> ParsedTime:
    """Read a time as a page writes it. A date alone stays a date; nothing is added that is not written."""
    text = _COMMENT.sub("", " ".join(written.replace("\N{MINUS SIGN}", "-").split()))
    # The whole text must be a time. Anything else is kept as it is written, and only its having a zone is told.
    if match := _ISO.fullmatch(text):
        with suppress(ValueError):
            return _from_iso(match)
    for form in (_MAIL, *_MONTH_FIRST):
        if match := form.fullmatch(text):
            with suppress(ValueError):
                return _from_words(match.groupdict())
    zone = bool(_ENDS_IN_ZONE.search(text)) and not _ENDS_IN_HALF_OF_DAY.search(text)
    return ParsedTime(None, zone)


def _from_iso(match: re.Match[str]) -> ParsedTime:
    """Check the fields against the calendar. Raises ValueError."""
    # Built from its parts, since `fromisoformat` takes forms that are no claim of a time (week dates) and refuses some
    # that pages use (one digit of an hour, UTC as a word).
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


def _from_words(fields: Mapping[str, str | None]) -> ParsedTime:
    """Check the fields against the calendar; a zone of -0000 says that none is known. Raises ValueError."""
    month = (fields["month"] or "").lower()
    year, day = int(fields["year"] or 0), int(fields["day"] or 0)
    if len(fields["year"] or "") == 2:  # noqa: PLR2004 - digits
        year += 2000 if year < _CENTURY else 1900
    number = next((at for at, name in enumerate(_MONTHS, 1) if name.startswith(month)), 0)
    if fields["hour"] is None:
        return ParsedTime(datetime(year, number, day, tzinfo=UTC).date().isoformat(), has_zone=False)
    hour, minute, second = (int(fields[name] or 0) for name in ("hour", "minute", "second"))
    moment = datetime(year, number, day, hour, minute, second, tzinfo=_named_zone(fields.get("zone")))
    return ParsedTime(moment.isoformat(), has_zone=moment.tzinfo is not None)


def _named_zone(written: str | None) -> timezone | None:
    name = (written or "-0000").upper().replace(":", "")
    if name in _HOURS:
        return timezone(timedelta(hours=_HOURS[name]))
    offset = name.removeprefix("GMT").removeprefix("UTC")
    return None if offset == "-0000" else _zone(offset or "Z")


def _zone(written: str | None) -> timezone | None:
    """Return the zone that is written. Raises ValueError for an offset of a day or more."""
    if written is None:
        return None
    if not written.startswith(("+", "-")):
        return UTC
    digits = written[1:].replace(":", "")
    hours, minutes = (digits, "0") if len(digits) <= 2 else (digits[:-2], digits[-2:])  # noqa: PLR2004 - hours alone
    if int(minutes) >= 60:  # noqa: PLR2004 - minutes of an hour
        raise ValueError(written)
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if written[0] == "-" else offset)
