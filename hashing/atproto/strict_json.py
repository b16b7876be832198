"""JSON from the network, read so that it means one thing only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hashing.atproto.errors import Malformed

if TYPE_CHECKING:
    from typing import NoReturn


def read_json(data: bytes, what: str, *, largest: int) -> object:
    """Read JSON (RFC 8259) of at most `largest` bytes.

    Raises Malformed for anything else, and for a name that stands twice in an object, which every reader takes
    differently.
    """
    if len(data) > largest:
        raise Malformed(f"{what}: {len(data)} bytes of JSON are more than {largest}")
    try:
        return json.loads(data.decode(), object_pairs_hook=_object, parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise Malformed(f"{what}: not JSON: not valid UTF-8") from error
    except RecursionError as error:
        raise Malformed(f"{what}: JSON that is nested too deep") from error
    except ValueError as error:  # from the parser, from int() for thousands of digits, from the two below
        raise Malformed(f"{what}: not JSON: {error}") from error


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return fields


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")
