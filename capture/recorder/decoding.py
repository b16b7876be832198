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
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

LARGEST = 32 << 20
"""Bytes of a page that are read for what it says; a larger one is kept all the same."""


class NotDecoded(CaptureError):
    """A body could not be decoded, or is larger than what is read."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A body without its content coding, and whether the coded data ends before its own end."""

    data: bytes
    cut: bool


def read_decoded(path: Path, coding: str, largest: int = LARGEST) -> bytes:
    """Return a stored body without its content coding. Raises NotDecoded, Unreadable."""
    return _joined(_decoded(path, coding), largest)


def decoded_body(file: BinaryIO, coding: str, largest: int = LARGEST) -> bytes:
    """Return what a file holds without its content coding. Raises NotDecoded."""
    return _joined(decoded_pieces(file, coding), largest)


def decoded_or_cut(file: BinaryIO, coding: str, largest: int = LARGEST) -> Decoded:
    """Return the same, with a word on whether it is cut. Raises NotDecoded."""
    cuts = list[bool]()
    data = _joined(decoded_pieces(file, coding, lambda: cuts.append(True)), largest)
    return Decoded(data, bool(cuts))


def decoded_pieces(file: BinaryIO, coding: str, cut: Callable[[], None] = lambda: None) -> Iterator[bytes]:
    """Yield what a file holds without its content coding, a piece at a time. Raises NotDecoded."""
    file.seek(0)
    try:
        yield from unpacked(iter(lambda: file.read(PIECE), b""), coding, cut)
    except OSError as error:
        raise NotDecoded(f"the disk could not be read: {error.strerror}") from error
    except UnknownCoding as error:
        raise NotDecoded(f"{error}, which goldenhour does not decode") from error
    except BadCoding as error:
        raise NotDecoded(str(error)) from error


def decoded_sha256(path: Path, coding: str) -> str:
    """Return the SHA-256 in hexadecimal of a stored body without its content coding. Raises NotDecoded, Unreadable."""
    digest = hashlib.sha256()
    for piece in _decoded(path, coding):
        digest.update(piece)
    return digest.hexdigest()


def decoded_sample(sample: bytes, coding: str) -> bytes:
    """Return what the first bytes of a coded body begin with when decoded; the bytes as they are where nothing does."""
    return unpacked_sample(sample, coding)


def _joined(pieces: Iterable[bytes], largest: int) -> bytes:
    """Return pieces as one. Raises NotDecoded where they are larger than what is read."""
    plain = bytearray()
    for piece in pieces:
        plain += piece
        if len(plain) > largest:
            raise NotDecoded(f"larger than {largest >> 20} MiB when decoded: not read further")
    return bytes(plain)


def _decoded(path: Path, coding: str) -> Iterator[bytes]:
    """Yield a body a piece at a time; what follows the end of the coded data is no part of it, and is not read."""
    try:
        with path.open("rb") as file:
            yield from unpacked(iter(lambda: file.read(PIECE), b""), coding)
    except OSError as error:
        raise read_error(path, error) from error
    except UnknownCoding as error:
        raise NotDecoded(f"{error}, which goldenhour does not decode") from error
    except BadCoding as error:
        raise NotDecoded(str(error)) from error
