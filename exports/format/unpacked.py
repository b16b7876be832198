"""Undoing the content coding of an item that is checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exports.errors import NotCheckable
from hashing.errors import BadCoding, UnknownCoding
from hashing.warc import content_coding


def unpacked(pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """Yield a body without its content coding, and take no piece behind its end. Raises NotCheckable."""
    try:
        yield from content_coding.unpacked(pieces, coding)
    except UnknownCoding as error:
        raise NotCheckable(f"{error}: what is in it was not checked") from error
    except BadCoding as error:
        raise NotCheckable(str(error)) from error
