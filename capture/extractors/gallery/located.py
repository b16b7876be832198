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
# Members by which sites call a post.
_NAMES = frozenset(
    {b"id", b"id_str", b"idstr", b"rest_id", b"pk", b"uri", b"code", b"shortcode", b"no", b"pageid", b"deviationid"}
)
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*+)"|([{}\[\],:])|(-?[0-9]++)', re.DOTALL)
_SCRIPT = re.compile(rb"<script\b[^>]*>\s*+(?=[{\[])(.*?)</script>", re.DOTALL | re.IGNORECASE)
_ARRAY = re.compile(r"\[\]")
LONGEST_NAME, _LONGEST_PATH = 300, 1000


class NamedObject(msgspec.Struct, frozen=True):
    """An object, by its name; offsets count the bytes of the answer without its content coding."""

    name: str
    start: int
    end: int
    path: str = ""  # By which members it is reached, such as `/data/children[]/data`.


class _Open(NamedTuple):
    """An object or array that has begun."""

    start: int
    names: list[bytes]
    is_object: bool
    path: str


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
        for opened, ends in _containers(body, start, end):
            for each in opened.names:
                name = _plain(each)
                known = found.get(name)
                if (known is None or ends - opened.start > known.end - known.start) and len(found) < _MOST:
                    found[name] = NamedObject(name, opened.start, ends, opened.path)
    return found


def names_at(file: BinaryIO, coding: str, paths_json: bytes) -> tuple[list[str], str]:
    """Return the names of the objects at these paths, a JSON list, and one array above them that is an object here.

    An answer in which posts stood there before has another form by that. Run this in the sandbox.
    """
    try:
        body = decoded_body(file, coding, _LARGEST)
    except NotDecoded:
        return [], ""
    paths = msgspec.json.decode(paths_json, type=list[str])
    wanted = frozenset(paths)
    arrays = {path[: found.start()] for path in paths for found in _ARRAY.finditer(path)}
    names, changed = list[str](), ""
    for start, end in _texts(body):
        for opened, _ in _containers(body, start, end):
            if opened.path in wanted and len(names) < _MOST:
                names += map(_plain, opened.names)
            elif opened.path in arrays and opened.is_object:
                changed = opened.path or "/"
    return names, changed


def part_of(file: BinaryIO, coding: str, start: int, end: int) -> bytes:
    """Return the bytes of one object."""
    return decoded_body(file, coding, _LARGEST)[start:end]


def _texts(body: bytes) -> Iterator[tuple[int, int]]:
    if body.lstrip()[:1] in {b"{", b"["}:
        yield 0, len(body)
        return
    for script in _SCRIPT.finditer(body):
        yield script.span(1)


def _containers(body: bytes, start: int, end: int) -> Iterator[tuple[_Open, int]]:
    """Yield each object and array, and where it ends."""
    stack, key, last = list[_Open](), b"", b""
    for token in _TOKEN.finditer(body, start, end):
        sign = token[2]
        if sign is None:
            last = token[1] if token[1] is not None else token[3]
            if key in _NAMES and stack and stack[-1].is_object and len(last) < LONGEST_NAME:
                stack[-1].names.append(last)
                key = b""
        elif sign == b":":
            key = last
        elif sign == b",":
            key = b""
        elif sign in b"{[":
            stack.append(_Open(token.start(), [], sign == b"{", _path(stack, key)))
            key = b""
        elif stack:
            opened, key = stack.pop(), b""
            yield opened, token.end()


def _path(stack: list[_Open], key: bytes) -> str:
    if not stack:
        return ""
    above = stack[-1]
    if len(above.path) > _LONGEST_PATH:  # nested deeper than any site's lists
        return above.path
    return f"{above.path}/{_plain(key[:LONGEST_NAME])}" if above.is_object else f"{above.path}[]"


def _plain(name: bytes) -> str:
    if b"\\" not in name:
        return name.decode("utf-8", "replace")
    try:
        return str(json.loads(b'"' + name + b'"')).encode("utf-8", "replace").decode()
    except ValueError:
        return ""
