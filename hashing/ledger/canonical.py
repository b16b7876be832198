"""Canonical JSON (RFC 8785): one way only to write a record, so that its hash means something."""

from __future__ import annotations

import msgspec
import rfc8785

from hashing.errors import BadFormat


def canonical_json(record: msgspec.Struct) -> bytes:
    """Write a record as one line of canonical JSON, without a newline.

    Raises BadFormat for what JSON cannot carry exactly (NaN, integers over 2^53, lone surrogates).
    """
    try:
        return rfc8785.dumps(msgspec.to_builtins(record))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise BadFormat(f"a record cannot be written as canonical JSON: {error}") from error
