"""Reading a body: once, in pieces, each hashed and written as it comes."""

from __future__ import annotations

import hashlib
import os
import queue
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from capture.errors import NotFetched
from hashing.errors import StorageFull
from hashing.files.storage import storage_error, write_all

if TYPE_CHECKING:
    from capture.recorder.exchange import ArrivedResponse, OpenExchange
    from capture.recorder.incoming import Incoming

_PIECE = 1 << 20
_SAMPLE = 4096
_LARGE = 4 << 20  # From here on one thread hashes and one writes while a third waits for the server: twice as fast.
_BUFFERS = 4  # One for each of the three, and one on its way.
# Bytes: written out while the body still comes, so that the sync at its end does not wait for all of it.
_SETTLE = 32 << 20


class BodyRead(msgspec.Struct, frozen=True):
    """What was read of a body. `cut` says why it is not whole; `again` whether another attempt may get more."""

    size: int
    sha256: str
    sample: bytes
    cut: str = ""
    again: bool = False
    disk_full: str = ""  # What the disk said, where it has no room for more.


def read_body(exchange: OpenExchange, response: ArrivedResponse) -> BodyRead:
    """Read a response's body to its end, or to where it is cut, into the exchange's file. Raises Unwritable.

    Whatever arrived is kept, hashed and counted, however the reading ended.
    """
    declared = response.framing.length
    file = BodyFile(exchange.incoming, exchange.incoming.open_body())
    # 1. Copy until the end, the limit, or a fault of the connection. 2. Whatever came is on disk and hashed, also then.
    # 3. A full disk is no fault of the server's, any other of the disk ends the capture. 4. A body that is shorter than
    # announced is cut, and may be tried again.
    cut, again = "", False
    try:
        cut = _copy(response, file, exchange.shared.settings.max_size, declared)
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


def _copy(response: ArrivedResponse, file: BodyFile, max_size: int, declared: int | None) -> str:
    """Hand every piece to the file; return why there is an end before the end, or ""."""
    taken = filled = 0
    buffer = memoryview(bytearray(min(_PIECE, max(declared or _PIECE, 1))))
    try:
        while file.problem is None and (count := response.read_piece(buffer[filled:])):
            taken += count
            filled += count
            # Small reads are gathered: hashing and writing cost a call each, and TLS gives at most 16 KiB at a time.
            if filled == len(buffer) or file.takes_more:
                buffer, filled = file.take(buffer, filled), 0
            if taken >= max_size:
                return f"longer than the limit of {max_size} bytes"
    finally:
        if filled:
            file.take(buffer, filled)
    return ""


class BodyFile:
    """Hashes and writes pieces in their order; from a certain size on in threads of its own, one for each.

    `size`, `sha256()` and `sample` speak of the bytes that are in the file. `problem` is why there can be no more.
    """

    def __init__(self, incoming: Incoming, descriptor: int) -> None:
        self.size = 0
        self.sample = b""
        self.problem: BaseException | None = None
        self._incoming = incoming
        self._descriptor = descriptor
        self._hashed = hashlib.sha256()  # Of all that was taken.
        self._digest = self._hashed.copy()
        self._taken: queue.SimpleQueue[tuple[memoryview, int] | None] = queue.SimpleQueue()
        self._to_write: queue.SimpleQueue[tuple[memoryview, int, hashlib._Hash] | None] = queue.SimpleQueue()
        self._free: queue.SimpleQueue[memoryview] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    @property
    def takes_more(self) -> bool:
        """Whether a piece would be hashed at once. Where others wait for that, it may as well grow meanwhile."""
        return not self._threads or self._taken.empty()

    def take(self, buffer: memoryview, count: int) -> memoryview:
        """Take the first `count` bytes of a buffer; return a buffer that may be filled next."""
        # A small body is hashed and written by the thread that reads it; starting two threads for it would cost more.
        if not self._threads and self.size < _LARGE:
            piece = buffer[:count]
            self._store(piece, self._hash(piece))
            return buffer
        if not self._threads:
            for _ in range(_BUFFERS - 1):
                self._free.put(memoryview(bytearray(_PIECE)))
            for work in (self._hash_all, self._write_all):
                self._threads.append(threading.Thread(target=work, name="body", daemon=True))
                self._threads[-1].start()
        self._taken.put((buffer, count))
        return self._free.get()

    def store(self, piece: memoryview) -> None:
        """Hash and write a piece at once, in the caller's thread: for whoever takes none otherwise."""
        self._store(piece, self._hash(piece))

    def finish(self) -> None:
        """Wait until every piece that was taken is hashed and written."""
        if self._threads:
            self._taken.put(None)
        for thread in self._threads:
            thread.join()

    def sha256(self) -> str:
        """Return the digest of what is in the file, in hexadecimal."""
        return self._digest.hexdigest()

    def _hash_all(self) -> None:
        while (taken := self._taken.get()) is not None:
            buffer, count = taken
            try:
                self._to_write.put((buffer, count, self._hash(buffer[:count])))
            except BaseException as error:  # noqa: BLE001 - as below
                self.problem = error
                self._free.put(buffer)
        self._to_write.put(None)

    def _write_all(self) -> None:
        while (hashed := self._to_write.get()) is not None:
            buffer, count, digest = hashed
            try:
                self._store(buffer[:count], digest)
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that fetches
                self.problem = error
            self._free.put(buffer)

    def _hash(self, piece: memoryview) -> hashlib._Hash:
        """Return the digest of all pieces so far, with this one."""
        self._hashed.update(piece)
        return self._hashed.copy()

    def _store(self, piece: memoryview, digest: hashlib._Hash) -> None:
        """Write a piece; `digest` is that of the file with it."""
        if self.problem is not None:
            return
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
