"""The Link field: where a list goes on (RFC 8288)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit, urlunsplit

from capture.extractors.json_value import web_url

# Linear on any input: a quoted text that does not end goes on to the end, and nothing is gone back over.
_PART = re.compile(r'<[^<>]*+>|"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[;,=]|[^\s;,="<>]+')
_LONGEST = 65_536


def next_page(field: str, url: str) -> str:
    """Return the address that the field of an answer from `url` names as the next page; "" where it names none."""
    for target, relations in _links(field[:_LONGEST]):
        if target and "next" in relations:
            try:
                return _as_reached(web_url(urljoin(url, target)), url)
            except ValueError:
                return ""
    return ""


def _as_reached(following: str, url: str) -> str:
    """Return an address with the scheme by which its host was reached.

    A server behind a proxy may not know that it is spoken to by https, and names itself by http.
    """
    there, here = urlsplit(following), urlsplit(url)
    return following if there.netloc != here.netloc else urlunsplit(there._replace(scheme=here.scheme))


def _links(field: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each link's target and its relations, of which the first `rel` alone counts (section 3.3)."""
    target, relations, name = "", "", ""
    last = ","
    for match in _PART.finditer(field):
        part = match[0]
        if part[0] == "<" and last == ",":
            target, relations, name = part[1:-1].strip(), "", ""
        elif part == ",":
            yield target, relations.lower().split()
            target = relations = name = ""
        elif last == ";":
            name = part.lower()
        elif last == "=" and name == "rel" and not relations:
            relations = re.sub(r"\\(.)", r"\1", part[1:-1]) if part[0] == '"' else part
        last = part if part in ";,=" else ""
    yield target, relations.lower().split()
