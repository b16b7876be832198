"""Which addresses yt-dlp knows by name, told without importing its 1,800 extractors.

Its own table of them (`lazy_extractors.py`) holds each extractor's pattern as a literal. Only those are compiled that
share the beginning or the end of the host's name: 30 ms for the first question, then one or two for most hosts.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

_TABLE = "extractor/lazy_extractors.py"
# Of the table, read as text: the name of a class, and the literal of its pattern.
_PATTERN = re.compile(r"^class (\w+)IE\(|^    _VALID_URL = (.+)$", re.MULTILINE)
_UNNAMED = frozenset({"Generic"})
# Labels that are no owner's below a country's domain: `bbc.co.uk` is bbc.
_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "go", "gov", "ne", "net", "or", "org"})
_LONGEST = 500
_MOST_PARTS = 16
# Letters at the beginning or the end of a name that a pattern must share: it may write `tube8` as `(?:tube|x)8`.
_ENDS = 4


def is_known_by_name(url: str) -> bool:
    """Say whether one of yt-dlp's extractors is made for this address. It may err, to both sides, in rare cases.

    Where this yt-dlp has no table, the answer is yes: yt-dlp itself is then asked.
    """
    name = _owner(url)
    if not name:
        return False
    url = _reduced(url)
    table = _table()
    if table is None:
        return True
    return any(re.match(pattern, url) for literal in _candidates(name, table) for pattern in _patterns(literal))


def _reduced(url: str) -> str:
    """Return the beginning of an address, with as many parts as any video's has.

    Some of these patterns go back over slashes, ampersands or semicolons in time that doubles with each of them: an
    address with fifty, in a frame of any page, would hold this process for hours.
    """
    url = url[:_LONGEST]
    for separator in "/&;":
        url = separator.join(url.split(separator, _MOST_PARTS)[:_MOST_PARTS])
    return url


def _owner(url: str) -> str:
    """Return the label of a host that names whose it is, or "" for a bare name or an IP address."""
    try:
        labels = (urlsplit(url).hostname or "").lower().split(".")
    except ValueError:
        return ""
    if len(labels) < 2 or labels[-1].isdigit():  # noqa: PLR2004 - a label and a top-level domain
        return ""
    of_country = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL  # noqa: PLR2004 - ISO 3166
    return labels[-3] if of_country else labels[-2]


@cache
def _table() -> tuple[tuple[str, str], ...] | None:
    """Return each extractor's pattern as it is written, and its plain letters."""
    package = find_spec("yt_dlp")
    places = package.submodule_search_locations if package is not None else None
    try:
        text = Path(places[0], _TABLE).read_text("utf-8") if places else ""
    except OSError:
        return None
    rows, extractor = [], ""
    for match in _PATTERN.finditer(text):
        if match[1]:
            extractor = match[1]
        elif extractor not in _UNNAMED:
            rows.append((match[2], match[2].lower().replace("\\", "")))
    return tuple(rows) or None


def _candidates(name: str, table: tuple[tuple[str, str], ...]) -> list[str]:
    if len(name) < _ENDS:
        word = re.compile(rf"\b{re.escape(name)}\b")
        return [literal for literal, letters in table if word.search(letters)]
    first, last = name[:_ENDS], name[-_ENDS:]
    return [literal for literal, letters in table if first in letters or last in letters]


@cache
def _patterns(literal: str) -> tuple[re.Pattern[str], ...]:
    value = ast.literal_eval(literal)
    return tuple(map(re.compile, (value,) if isinstance(value, str) else value or ()))
