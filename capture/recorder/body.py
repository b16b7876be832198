"""Reading a body: once, in pieces, each hashed and written as it comes."""

from __future__ import annotations

import hashlib
import os
import queue
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from capture.errors import NotFetched
from hashing.errors import StorageFull
from hashing.files.storage import storage_error, write_all

if TYPE_CHECKING:
    from capture.recorder.exchange import ArrivedResponse, OpenExchange
    from capture.recorder.incoming import Incoming

_PIECE = 1 << 20
_SAMPLE = 4096
_LARGE = 4 << 20
"""From here on a second thread hashes and writes while this one waits for the server: half as fast again."""
_SETTLE = 32 << 20


@dataclass(frozen=True, slots=True)
class BodyRead:
    """What was read of a body. `cut` says why it is not whole; `again` whether another attempt may get more."""

    size: int
    sha256: str
    sample: bytes
    cut: str = ""
    again: bool = False
    disk_full: str = ""
    """What the disk said, where it has no room for more."""


def read_body(exchange: OpenExchange, response: ArrivedResponse) -> BodyRead:
    """Read a response's body to its end, or to where it is cut, into the exchange's file. Raises Unwritable.

    Whatever arrived is kept, hashed and counted, however the reading ended.
    """
    declared = response.framing.length
    file = _BodyFile(exchange.incoming, exchange.incoming.open_body())
    cut, again = "", False
    try:
        cut = _copy(response, file, exchange.shared.settings.largest, declared)
    except NotFetched as error:
        cut, again = str(error), error.again
    finally:
        file.finish()
        try:
            exchange.incoming.close_body()
        except StorageFull as error:
            file.problem = error
    if isinstance(file.problem, StorageFull):
        reason = file.problem.reason
        return BodyRead(file.size, file.sha256(), file.sample, f"{reason} after {file.size} bytes", False, reason)
    if file.problem is not None:
        raise file.problem
    if not cut and declared is not None and file.size < declared:
        cut, again = f"the connection ended after {file.size} of {declared} bytes", True
    return BodyRead(file.size, file.sha256(), file.sample, cut, again)


def _copy(response: ArrivedResponse, file: _BodyFile, largest: int, declared: int | None) -> str:
    """Hand every piece to the file; return why there is an end before the end, or ""."""
    taken = 0
    length = min(_PIECE, max(declared or _PIECE, 1))
    buffer = memoryview(bytearray(length))
    while file.problem is None and (count := response.read_piece(buffer)):
        taken += count
        buffer = file.take(buffer, count)
        if taken >= largest:
            return f"longer than the limit of {largest} bytes"
    return ""


class _BodyFile:
    """Hashes and writes pieces in their order; from a certain size on in a thread of its own.

    `size`, `sha256()` and `sample` speak of the bytes that are in the file. `problem` is why there can be no more.
    """

    def __init__(self, incoming: Incoming, descriptor: int) -> None:
        self.size = 0
        self.sample = b""
        self.problem: BaseException | None = None
        self._incoming = incoming
        self._descriptor = descriptor
        self._digest = hashlib.sha256()
        self._full: queue.SimpleQueue[tuple[memoryview, int] | None] = queue.SimpleQueue()
        self._free: queue.SimpleQueue[memoryview] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def take(self, buffer: memoryview, count: int) -> memoryview:
        """Take the first `count` bytes of a buffer; return a buffer that may be filled next."""
        if self._thread is None and self.size < _LARGE:
            self._store(buffer[:count])
            return buffer
        if self._thread is None:
            self._free.put(memoryview(bytearray(_PIECE)))
            self._free.put(memoryview(bytearray(_PIECE)))
            self._thread = threading.Thread(target=self._run, name="body", daemon=True)
            self._thread.start()
        self._full.put((buffer, count))
        return self._free.get()

    def finish(self) -> None:
        """Wait until every piece that was taken is hashed and written."""
        if self._thread is not None:
            self._full.put(None)
            self._thread.join()

    def sha256(self) -> str:
        """Return the digest of what is in the file, in hexadecimal."""
        return self._digest.hexdigest()

    def _run(self) -> None:
        while (taken := self._full.get()) is not None:
            buffer, count = taken
            try:
                self._store(buffer[:count])
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that fetches
                self.problem = error
            self._free.put(buffer)

    def _store(self, piece: memoryview) -> None:
        if self.problem is not None:
            return
        digest = self._digest.copy()
        digest.update(piece)
        written = self._write(piece, digest)
        if written == len(piece):
            self._digest = digest
        else:
            self._digest.update(piece[:written])
            with suppress(OSError):
                self._incoming.mark(self.size + written, self._digest.hexdigest())
        if (self.size + written) // _SETTLE > self.size // _SETTLE and hasattr(os, "posix_fadvise"):
            # Have the system begin to write to the disk now: the wait for it at the end is then short.
            os.posix_fadvise(self._descriptor, 0, self.size, os.POSIX_FADV_DONTNEED)
        self.size += written
        if len(self.sample) < _SAMPLE:
            self.sample += bytes(piece[: min(written, _SAMPLE - len(self.sample))])

    def _write(self, piece: memoryview, digest: hashlib._Hash) -> int:
        """Write a piece; return how much of it is in the file, which is less only where the disk refuses.

        `digest` is that of the file with the piece: stated first, so that no byte of ours is without it.
        """
        try:
            self._incoming.mark(self.size + len(piece), digest.hexdigest())
            write_all(self._descriptor, piece)
        except OSError as error:
            self.problem = storage_error(self._incoming.body, error)
            return os.lseek(self._descriptor, 0, os.SEEK_CUR) - self.size
        return len(piece)
