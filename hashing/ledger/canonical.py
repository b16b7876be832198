"""Canonical JSON (RFC 8785): one way only to write a record, so that its hash means something."""

from __future__ import annotations

from typing import Any

import msgspec
import rfc8785

from hashing.errors import BadFormat

_sorted = msgspec.json.Encoder(order="sorted")
_LARGEST = (1 << 53) - 1


def canonical_json(record: msgspec.Struct) -> bytes:
    """Write a record as one line of canonical JSON, without a newline.

    Raises BadFormat for what JSON cannot carry exactly (NaN, integers over 2^53, lone surrogates).
    """
    plain = msgspec.to_builtins(record)
    try:
        # rfc8785 is exact, and slow: it writes only what msgspec writes otherwise.
        return _sorted.encode(_numbers_written(plain)) if _has_plain_names(plain) else rfc8785.dumps(plain)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise BadFormat(f"a record cannot be written as canonical JSON: {error}") from error


def _has_plain_names(value: object) -> bool:
    """Say whether all names are ASCII: others are sorted by UTF-16, as no encoder but rfc8785 does."""
    if isinstance(value, dict):
        plain = all(isinstance(name, str) and name.isascii() for name in value)
        return plain and all(map(_has_plain_names, value.values()))
    return all(map(_has_plain_names, value)) if isinstance(value, list | tuple) else True


def _numbers_written(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Replace fractions, and what JSON cannot carry, by what rfc8785 writes. Raises CanonicalizationError."""
    if isinstance(value, dict):
        return {name: _numbers_written(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_numbers_written(each) for each in value]
    if isinstance(value, float) or (isinstance(value, int) and not -_LARGEST <= value <= _LARGEST):
        return msgspec.Raw(rfc8785.dumps(value))
    return value
