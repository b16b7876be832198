"""Reading a body: once, in pieces, each hashed and written as it comes."""

from __future__ import annotations

import hashlib
import http.client
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from capture.errors import NotFetched
from hashing.errors import StorageFull
from hashing.storage import storage_error, write_all

if TYPE_CHECKING:
    from capture.recorder.exchange import OpenExchange
    from capture.recorder.wire import RecordingResponse

_PIECE = 1 << 20
_SAMPLE = 4096


@dataclass(frozen=True, slots=True)
class BodyRead:
    """What was read of a body. `cut` says why it is not whole; `again` whether another attempt may get more."""

    size: int
    sha256: str
    sample: bytes
    cut: str = ""
    again: bool = False
    disk_full: bool = False


def read_body(exchange: OpenExchange, response: RecordingResponse) -> BodyRead:
    """Read a response's body to its end, or to where it is cut, into the exchange's file. Raises Unwritable.

    Whatever arrived is kept, hashed and counted, however the reading ended.
    """
    settings = exchange.around.settings
    declared = response.length if not response.chunked else None
    descriptor = exchange.incoming.open_body()
    digest, size, sample = hashlib.sha256(), 0, b""
    buffer = memoryview(bytearray(min(_PIECE, max(declared or _PIECE, 1))))
    cut, again, full = "", False, False
    try:
        while not cut and (count := _read_piece(response, buffer)):
            piece = buffer[:count]
            written = _write(exchange, descriptor, piece)
            digest.update(piece[:written])
            size += written
            if len(sample) < _SAMPLE:
                sample += bytes(piece[: min(written, _SAMPLE - len(sample))])
            if written < count:
                cut, full = f"the disk is full after {size} bytes", True
            elif size >= settings.largest:
                cut = f"longer than the limit of {settings.largest} bytes"
    except NotFetched as error:
        cut, again = str(error), error.again
    except (http.client.HTTPException, ValueError) as error:
        cut, again = _framing(error), True
    finally:
        try:
            exchange.incoming.close_body()
        except StorageFull:
            cut, full = f"the disk is full after {size} bytes", True
    if not cut and declared is not None and size < declared:
        cut, again = f"the connection ended after {size} of {declared} bytes", True
    return BodyRead(size, digest.hexdigest(), sample, cut, again, full)


def _read_piece(response: RecordingResponse, buffer: memoryview) -> int:
    """Read what one wait for the server brings, and not more: what came before a failure must not be lost."""
    if response.isclosed():
        return 0
    if not response.chunked:
        return response.readinto(buffer)
    piece = response.read1(len(buffer))
    buffer[: len(piece)] = piece
    return len(piece)


def _write(exchange: OpenExchange, descriptor: int, piece: memoryview) -> int:
    """Write a piece; return how much of it is in the file, which is less only where the disk is full."""
    before = os.lseek(descriptor, 0, os.SEEK_CUR)
    try:
        write_all(descriptor, piece)
    except OSError as error:
        problem = storage_error(exchange.incoming.body, error)
        if not isinstance(problem, StorageFull):
            raise problem from error
        return os.lseek(descriptor, 0, os.SEEK_CUR) - before
    return len(piece)


def _framing(error: Exception) -> str:
    if isinstance(error, http.client.IncompleteRead):
        return "the connection ended inside a chunked body"
    return "the server's chunked coding is not valid"
