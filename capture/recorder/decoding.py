"""Undoing a content coding, so that what came compressed can be read; bounded, because a bomb is small on the wire."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from capture.errors import CaptureError
from hashing.errors import BadCoding, UnknownCoding
from hashing.files.storage import read_error
from hashing.warc.content_coding import PIECE, unpacked, unpacked_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LARGEST = 32 << 20
"""Bytes of a page that are read for what it says; a larger one is kept all the same."""


class NotDecoded(CaptureError):
    """A body could not be decoded, or is larger than what is read."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A body without its content coding, and whether the coded data ends before its own end."""

    data: bytes
    cut: bool


def decoded(path: Path, coding: str, largest: int = LARGEST) -> Decoded:
    """Return a stored body without its content coding. Raises NotDecoded, Unreadable."""
    plain, cuts = bytearray(), list[bool]()
    for piece in _decoded(path, coding, lambda: cuts.append(True)):
        plain += piece
        if len(plain) > largest:
            raise NotDecoded(f"larger than {largest >> 20} MiB when decoded: not read further")
    return Decoded(bytes(plain), bool(cuts))


def read_decoded(path: Path, coding: str, largest: int = LARGEST) -> bytes:
    """Return the same without a word on whether it is cut. Raises NotDecoded, Unreadable."""
    return decoded(path, coding, largest).data


def decoded_sha256(path: Path, coding: str) -> str:
    """Return the SHA-256 in hexadecimal of a stored body without its content coding. Raises NotDecoded, Unreadable."""
    digest = hashlib.sha256()
    for piece in _decoded(path, coding):
        digest.update(piece)
    return digest.hexdigest()


def decoded_sample(sample: bytes, coding: str) -> bytes:
    """Return what the first bytes of a coded body begin with when decoded; the bytes as they are where nothing does."""
    return unpacked_sample(sample, coding)


def _decoded(path: Path, coding: str, cut: Callable[[], None] = lambda: None) -> Iterator[bytes]:
    """Yield a body a piece at a time; what follows the end of the coded data is no part of it, and is not read."""
    try:
        with path.open("rb") as file:
            yield from unpacked(iter(lambda: file.read(PIECE), b""), coding, cut)
    except OSError as error:
        raise read_error(path, error) from error
    except UnknownCoding as error:
        raise NotDecoded(f"{error}, which goldenhour does not decode") from error
    except BadCoding as error:
        raise NotDecoded(str(error)) from error
