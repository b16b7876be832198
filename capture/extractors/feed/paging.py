"""Where a feed goes on that does not say so itself, by the software that made it."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_WORDPRESS = re.compile(r"https?://(?:www\.)?wordpress\.(?:org|com)/", re.IGNORECASE)
"""How its feeds begin the address that they name as their generator."""
_PAGED = "paged"
_MOST = 10_000


def offered_page(software: str, url: str) -> str:
    """Return the address of the page behind that of a feed; "" where the software is not known to have pages.

    WordPress answers `paged=2` with what its feed shows no more of, and 404 behind the last page.
    """
    if not _WORDPRESS.match(software.strip()):
        return ""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    written = next((value for name, value in query if name == _PAGED), "1")
    if not (written.isascii() and written.isdigit()) or int(written[:9]) >= _MOST:
        return ""
    query = [(name, value) for name, value in query if name != _PAGED]
    return urlunsplit(parts._replace(query=urlencode([*query, (_PAGED, int(written) + 1)]), fragment=""))
