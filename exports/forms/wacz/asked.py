"""What a request asked beside its address: by it an index tells two answers of one address apart.

https://specs.webrecorder.net/request-body-canonicalization/latest/, in the reading of ReplayWeb.page, which looks for
what a page posts by it.
"""

from __future__ import annotations

import base64
import math
import re
from urllib.parse import quote_plus

import msgspec

_MOST = 8 << 20  # Bytes of a request that are read; a page that posts more uploads something.
_LONGEST = 4096
_HEAD = re.compile(rb"\A([A-Z]{1,20}) (?:[^\r\n]*\r?\n)+?\r?\n", re.DOTALL)
_TYPE = re.compile(rb"\ncontent-type:[ \t]*([^\r\n]*)", re.IGNORECASE)
_PART = re.compile(r'name="([^"]+)"\r\n\r\n(.*)', re.IGNORECASE)


class RequestBlock:
    """The block of a request record, told piece by piece with `update`."""

    def __init__(self) -> None:
        self._block = bytearray()

    def update(self, piece: bytes) -> None:
        """Take the next bytes."""
        self._block += piece[: _MOST - len(self._block)]

    def asked(self) -> tuple[str, str]:
        """Return the method and the body as a query; "" twice where an address alone is asked for."""
        block = bytes(self._block)
        head = _HEAD.match(block)
        if head is None or head[1] == b"GET":
            return "", ""
        found = _TYPE.search(head[0])
        return head[1].decode(), body_query(found[1].decode("latin-1").strip() if found else "", block[head.end() :])


def body_query(content_type: str, body: bytes) -> str:
    """Return a body as a query. What cannot be read as what its type says is an empty one."""
    kind, _, more = content_type.partition(";")
    kind = kind.strip().lower()
    if kind == "application/x-www-form-urlencoded":
        query = body.decode("utf-8", "replace")
    elif kind in {"application/json", "text/plain"}:
        query = _of_json(body)
    elif kind == "multipart/form-data":
        query = _of_form(more.partition("boundary=")[2].strip(), body)
    else:
        query = "__wb_post_data=" + base64.b64encode(body).decode()
    return query[:_LONGEST]


def _of_json(body: bytes) -> str:
    """Return every value in a document by its own name, without those that it stands in."""
    values: dict[str, str] = {}
    times: dict[str, int] = {}
    try:
        waiting = [("", msgspec.json.decode(body))]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += reversed([*value.items()])
        elif isinstance(value, list):
            waiting += [(name, each) for each in reversed(value)]
        elif text := _text(value):
            if name in values:
                times[name] = times.get(name, 1) + 1
                name = f"{name}.{times[name]}_"
            values[name] = text
    return _query(values)


def _text(value: object) -> str:
    """Return a value as JavaScript writes it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float) and math.isfinite(value) and value == int(value) and abs(value) < 1e21:  # noqa: PLR2004
        return str(int(value))  # ECMA-262, Number::toString
    return str(value)


def _of_form(boundary: str, body: bytes) -> str:
    values: dict[str, str] = {}
    for part in body.decode("utf-8", "replace").split(boundary) if boundary else ():
        if found := _PART.search(part.strip("-").strip()):
            values[found[1]] = found[2]
    return _query(values)


def _query(values: dict[str, str]) -> str:
    """Write a query as the URL Standard has it (application/x-www-form-urlencoded serializing)."""
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in values.items())


def _quoted(text: str) -> str:
    return quote_plus(text, safe="*", errors="replace").replace("~", "%7E")
