"""JSON from the network, read so that it means one thing only, and the same on every computer."""

from __future__ import annotations

import json
import re
from typing import NoReturn

from hashing.atproto.errors import Malformed

DEEPEST = 100
"""Arrays and objects within each other. Python's own bound differs from version to version and with the caller, and
what one computer judged when it captured another must judge alike when it verifies."""
_MOST_DIGITS = 100  # Of an integer; Python's own bound is a setting of the process.

# Linear on any input: a string that does not end goes on to the end, and nothing is gone back over.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


def read_json(data: bytes, what: str, *, largest: int) -> object:
    """Read JSON (RFC 8259) of at most `largest` bytes, nested no deeper than DEEPEST.

    Raises Malformed for anything else, and for a name that stands twice in an object, which every reader takes
    differently.
    """
    if len(data) > largest:
        raise Malformed(f"{what}: {len(data)} bytes of JSON are more than {largest}")
    _check_depth(data, what)
    try:
        return json.loads(data.decode(), object_pairs_hook=_object, parse_constant=_refuse, parse_int=_integer)
    except UnicodeDecodeError as error:
        raise Malformed(f"{what}: not JSON: not valid UTF-8") from error
    except ValueError as error:  # from the parser, or from the three below
        raise Malformed(f"{what}: not JSON: {error}") from error


def _check_depth(data: bytes, what: str) -> None:
    depth = 0
    # Counted before decoding, with strings skipped whole: a decoder would use its stack first and complain after.
    for token in _TOKEN.finditer(data):
        if token[0] in (b"[", b"{"):
            depth += 1
            if depth > DEEPEST:
                raise Malformed(f"{what}: JSON that is nested deeper than {DEEPEST}")
        elif token[0] in (b"]", b"}"):
            depth -= 1


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return fields


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"an integer of more than {_MOST_DIGITS} digits")
    return int(digits)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")
