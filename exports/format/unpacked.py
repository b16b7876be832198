"""Undoing the content coding of an item that is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exports.errors import NotCheckable
from hashing.errors import BadCoding, UnknownCoding
from hashing.warc import content_coding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def unpacked(pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """Yield a body without its content coding, and take no piece behind its end. Raises NotCheckable."""
    try:
        yield from content_coding.unpacked(pieces, coding)
    except UnknownCoding as error:
        raise NotCheckable(f"{error}: what is in it was not checked") from error
    except BadCoding as error:
        raise NotCheckable(str(error)) from error
