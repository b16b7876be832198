"""Canonical JSON (RFC 8785): one way only to write a record, so that its hash means something."""

from __future__ import annotations

from typing import Any

import msgspec
import rfc8785

from hashing.errors import BadFormat

_sorted = msgspec.json.Encoder(order="sorted")
# RFC 8785, section 3.2.2.3, by way of ECMAScript: beyond it, two integers have one form.
_LARGEST = (1 << 53) - 1


def canonical_json(record: msgspec.Struct) -> bytes:
    """Write a record as one line of canonical JSON, without a newline.

    Raises BadFormat for what JSON cannot carry exactly (NaN, integers over 2^53, lone surrogates).
    """
    plain = msgspec.to_builtins(record)
    try:
        # rfc8785 is exact, and slow: it writes only what msgspec writes otherwise.
        return _sorted.encode(_numbers_written(plain))
    except (_OtherNames, TypeError):  # which says that a name is no text at all
        return _exactly(plain)
    except UnicodeEncodeError as error:
        raise _not_written(error) from error


class _OtherNames(Exception):
    """A name is not ASCII: such names are sorted by UTF-16, as no encoder but rfc8785 does."""


def _numbers_written(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Replace fractions by what rfc8785 writes. Raises _OtherNames, and BadFormat for what JSON cannot carry."""
    kind = type(value)
    if kind is dict:
        if not "".join(value).isascii():
            raise _OtherNames
        return {name: each if type(each) is str else _numbers_written(each) for name, each in value.items()}
    if kind is list or kind is tuple:
        return [_numbers_written(each) for each in value]
    if kind is float or (kind is int and not -_LARGEST <= value <= _LARGEST):
        return msgspec.Raw(_exactly(value))
    return value


def _exactly(value: Any) -> bytes:  # noqa: ANN401 - any JSON
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise _not_written(error) from error


def _not_written(error: Exception) -> BadFormat:
    return BadFormat(f"a record cannot be written as canonical JSON: {error}")
