"""Where in a stored answer each object stands that the site calls by a name of its own. Run this in the sandbox.

gallery-dl hands on what it made of an answer, and not where it found it. So the answer is gone through once, token by
token, and of each object that has a name among its own members it is kept where it begins and ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import msgspec

from capture.recorder.decoding import NotDecoded, decoded_body

_LARGEST = 32 << 20
_MOST = 50_000
_NAMES = frozenset(
    {b"id", b"id_str", b"idstr", b"rest_id", b"pk", b"uri", b"code", b"shortcode", b"no", b"pageid", b"deviationid"}
)
"""Members by which sites call a post."""
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*+)"|([{}\[\],:])|(-?[0-9]++)', re.DOTALL)
_SCRIPT = re.compile(rb"<script\b[^>]*>\s*+(?=[{\[])(.*?)</script>", re.DOTALL | re.IGNORECASE)
_LONGEST_NAME = 300


class NamedObject(msgspec.Struct, frozen=True):
    """An object, by its name; offsets count the bytes of the answer without its content coding."""

    name: str
    start: int
    end: int


class _Open(NamedTuple):
    """An object or array that has begun."""

    start: int
    names: list[bytes]
    is_object: bool


def objects_in(file: BinaryIO, coding: str) -> list[NamedObject]:
    """Return the largest object of each name in an answer, JSON or a page with JSON in its scripts."""
    try:
        return list(named_objects(decoded_body(file, coding, _LARGEST)).values())
    except NotDecoded:
        return []


def named_objects(body: bytes) -> dict[str, NamedObject]:
    """Return the largest object of each name, by that name."""
    found: dict[str, NamedObject] = {}
    for start, end in _texts(body):
        for name, begins, ends in _objects(body, start, end):
            known = found.get(name)
            if (known is None or ends - begins > known.end - known.start) and len(found) < _MOST:
                found[name] = NamedObject(name, begins, ends)
    return found


def part_of(file: BinaryIO, coding: str, start: int, end: int) -> bytes:
    """Return the bytes of one object."""
    return decoded_body(file, coding, _LARGEST)[start:end]


def _texts(body: bytes) -> Iterator[tuple[int, int]]:
    if body.lstrip()[:1] in {b"{", b"["}:
        yield 0, len(body)
        return
    for script in _SCRIPT.finditer(body):
        yield script.span(1)


def _objects(body: bytes, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Yield each object that has a name, where it begins and ends."""
    stack, key, last = list[_Open](), b"", b""
    for token in _TOKEN.finditer(body, start, end):
        sign = token[2]
        if sign is None:
            last = token[1] if token[1] is not None else token[3]
            if key in _NAMES and stack and stack[-1].is_object and len(last) < _LONGEST_NAME:
                stack[-1].names.append(last)
                key = b""
        elif sign == b":":
            key = last
        elif sign == b",":
            key = b""
        elif sign in b"{[":
            stack.append(_Open(token.start(), [], sign == b"{"))
            key = b""
        elif stack:
            opened, key = stack.pop(), b""
            for name in opened.names:
                yield _plain(name), opened.start, token.end()


def _plain(name: bytes) -> str:
    if b"\\" not in name:
        return name.decode("utf-8", "replace")
    try:
        return str(json.loads(b'"' + name + b'"')).encode("utf-8", "replace").decode()
    except ValueError:
        return ""
