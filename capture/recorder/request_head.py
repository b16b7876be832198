"""The head of a request, and the address in the form in which it is asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# RFC 9110, sections 5.1 and 5.5: a name is a token, and a value holds no line break and nothing beyond Latin-1.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_TARGET = re.compile(r"[!-~]+")
_NOT_OF_VALUE = re.compile("[\r\n\0\u0100-\U0010ffff]")
_NORMAL = re.compile(
    r"https?://[a-z0-9][a-z0-9.-]*(?::[1-9][0-9]{0,4})?"
    # No segment begins with a dot, and a percent sign stands for what can stand in no other way.
    r"(?:/(?!\.)(?:[\w~!$&'()*+,;=:@.-]|%(?:[0189A-F][0-9A-F]|2[0-9A-CF]|3[A-F]|[46]0|5[B-E]|7[B-DF]))*)+"
    r"(?:\?(?:[\w~!$&'()*+,;=:@./?-]|%(?:[0189A-F][0-9A-F]|2[0-9A-CF]|3[A-F]|[46]0|5[B-E]|7[B-DF]))*)?",
    re.ASCII,
)


def normal_address(url: str) -> str:
    """Return a web address as it is asked for: in ASCII, without `..`, with percent signs where they belong.

    Raises ValueError for what is no address.
    """
    if _NORMAL.fullmatch(url):  # nearly every one: what brings others to this form takes long to load
        return url
    from requests import PreparedRequest

    prepared = PreparedRequest()
    prepared.prepare_url(url, None)
    return prepared.url or ""


def request_head(method: str, target: str, fields: Iterable[tuple[str, str]]) -> bytes:
    """Return the head of a request. Raises ValueError for what no request can hold."""
    if not (_TOKEN.fullmatch(method) and _TARGET.fullmatch(target)):
        raise ValueError(f"no method or target: {method!r} {target!r}")
    lines = [f"{method} {target} HTTP/1.1"]
    for name, value in fields:
        if not _TOKEN.fullmatch(name) or _NOT_OF_VALUE.search(value):
            raise ValueError(f"no header field: {name!r}")
        lines.append(f"{name}: {value}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
