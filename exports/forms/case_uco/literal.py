"""Values that have a type of XML Schema: written only where they are valid, for one that is not spoils the document."""

from __future__ import annotations

import math
import re
from datetime import datetime
from decimal import Decimal

# XML Schema, part 2, section 3.3.7 (dateTime): offsets reach to 14:00.
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
)

Literal = dict[str, str]  # A value with its type.


def date_time(text: str) -> Literal | None:
    """Return a time as xsd:dateTime (XML Schema part 2, section 3.3.7); None where the text is not one.

    A time without a zone stays without one. A leap second is no xsd:dateTime.
    """
    if not _DATE_TIME.fullmatch(text):
        return None
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return None
    return {"@type": "xsd:dateTime", "@value": text}


def decimal(value: object) -> Literal | None:
    """Return a number as xsd:decimal, which has no exponent; None where the value is not a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return {"@type": "xsd:decimal", "@value": f"{Decimal(str(value)):f}"}


def hex_binary(digest: str) -> Literal:
    """Return a digest, given in hexadecimal, as xsd:hexBinary."""
    return {"@type": "xsd:hexBinary", "@value": digest}
