"""Records as JSON (https://atproto.com/specs/data-model#json-representation), the form in which servers answer them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from hashing.atproto.cid import Cid
from hashing.atproto.dag_cbor import DEEPEST, TooDeep, Value, decode, without_deep_parts


@dataclass(frozen=True, slots=True)
class RecordAsJson:
    """What a record's block says, as JSON."""

    value: Any
    # Whether all of it was read; if not, null stands for whatever is nested deeper than `dag_cbor.DEEPEST`.
    whole: bool


def read_record(block: bytes) -> RecordAsJson:
    """Read a record's block, of whatever depth. Raises Malformed for bytes that are not DAG-CBOR.

    An author may nest a field as deep as they like: the other fields are read all the same.
    """
    try:
        return RecordAsJson(_as_json(decode(block)), whole=True)
    except TooDeep:
        return RecordAsJson(_as_json(decode(without_deep_parts(block, DEEPEST))), whole=False)


def record_as_json(block: bytes) -> Any:  # noqa: ANN401 (JSON of any shape; typed as the standard library's json does)
    """Read a record's block and return what `com.atproto.repo.getRecord` serves as its `value`, as `read_record` does.

    Links become `{"$link": …}`, bytes `{"$bytes": …}` in base64 without padding; a server may pad, and the order of
    fields is free. Two blocks can look alike in JSON (a link, and a map that mimics one): what counts is the block's
    CID. Raises Malformed for bytes that are not DAG-CBOR.
    """
    return read_record(block).value


def _as_json(value: Value) -> object:
    match value:
        case Cid():
            return {"$link": str(value)}
        case bytes():
            return {"$bytes": base64.b64encode(value).decode().rstrip("=")}
        case list():
            return [_as_json(item) for item in value]
        case dict():
            return {name: _as_json(field) for name, field in value.items()}
        case _:
            return value
