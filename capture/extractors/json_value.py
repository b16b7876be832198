"""Values out of JSON that anyone may have made: of the type that was hoped for, clean and bounded, or nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from capture.page.times import parse_time
from hashing.times import moment_of

Json = Mapping[str, object]

LARGEST_COUNT = (1 << 53) - 1  # The largest integer that canonical JSON carries (RFC 8785).
LONGEST_URL = 8192  # Characters of an address; the recorder fetches no longer one.

# What stands in no text: control characters but tab and line feed, and halves of surrogate pairs, which JSON can hold
# and UTF-8 cannot.
_UNCLEAN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_NOT_IN_URL = re.compile(r"[\x00-\x20\x7f-\x9f\ud800-\udfff]")
# RFC 3339 with its zone: a time without one is never read as UTC.
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)


def text(value: object, longest: int = 1000) -> str:
    """Return a string without control characters and unpaired surrogates, at most so long; "" for anything else."""
    return _UNCLEAN.sub("\N{REPLACEMENT CHARACTER}", value[:longest]) if isinstance(value, str) else ""


def line(value: object, longest: int = 1000) -> str:
    """Return a string as `text` does, on one line."""
    return " ".join(text(value, longest).split())


def as_sent(value: object) -> str:
    """Return a value as it was sent, for a message about what could not be read: a string in quotes, a bare number."""
    if isinstance(value, str):
        return repr(line(value, 100))
    return str(value)[:100] if isinstance(value, int | float) else f"of the type {type(value).__name__}"


def name_of(value: object) -> str:
    """Return what a server calls something: an opaque string, or a number on servers that count."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(value, 500).strip()


def count(value: object) -> int | None:
    """Return a count, within what canonical JSON carries, or None where there is none."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return min(max(value, 0), LARGEST_COUNT)


def mapping(value: object) -> Json:
    """Return an object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def sequence(value: object, most: int) -> list[object]:
    """Return an array, at most so many of it; an empty one for anything else."""
    return value[:most] if isinstance(value, list) else []


def web_url(value: object) -> str:
    """Return an http or https address that can be fetched; "" for anything else."""
    if not isinstance(value, str) or len(value) > LONGEST_URL or _NOT_IN_URL.search(value):
        return ""
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return ""
    return value if parts.scheme in {"http", "https"} and host else ""


def time(value: object) -> str:
    """Return a time with its zone in RFC 3339, as it is claimed; "" where there is none."""
    written = text(value, 64).strip()
    if _RFC_3339.fullmatch(written) and moment_of(written) is not None:
        return written
    parsed = parse_time(written)
    return parsed.iso if parsed.iso is not None and parsed.has_zone else ""
