"""A bundle written as a zip file, in the one form that `exports.format.zip_form` describes."""

from __future__ import annotations

import os
import zlib
from array import array
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

from exports.bundle.draft import WORKERS, ByteProgress, ahead, batches
from exports.bundle.uninterrupted import uninterrupted
from exports.format.kept import Picked, Spool
from exports.format.lookup import Lookup
from exports.format.sealed_file import CHUNK, Fault, SealedFile, SealedFileReader, SealedFiles
from exports.format.zip_form import ZipEntry, end_records
from hashing.files.digest import new_hash
from hashing.files.storage import create, settle_for_good, storing, write_all

_HELD = 4 << 20  # Bytes up to which a file is read and hashed ahead of its turn; a larger one is streamed.
_AT_ONCE = 1000  # Entries of the zip's directory that are written together.


class ZipDraft:
    """A zip file in the making; its entries stand in the folder `top`, if any.

    Raises WouldOverwrite, Unwritable where it cannot be begun.
    """

    def __init__(self, path: Path, top: str) -> None:
        self.path = path
        self.sha256: Lookup[str, str] = Lookup(str)
        self.sizes: Lookup[str, int] = Lookup(str)
        self._prefix = f"{top}/" if top else ""
        self._entries: Spool[bytes] = Spool(bytes)
        self._places = array("Q")  # Where each entry of the zip's directory stands among these.
        self._end = 0
        self._descriptor = create(path)

    def copy(self, files: SealedFiles, progress: ByteProgress) -> list[Fault]:
        """Copy files in; return every one that is not as recorded. Raises Unreadable, StorageFull, Unwritable."""
        faults: dict[str, Fault] = {}
        pool = ThreadPoolExecutor(WORKERS)
        try:
            for reader, data in chain.from_iterable(ahead(pool, _read_batch, batches(files))):
                name = reader.file.name
                pieces = reader.chunks() if data is None else [data]
                self.sizes[name] = self._append(name, _counted(pieces, progress), reader.file.size)
                self.sha256[name] = reader.file.sha256
                if reader.fault is not None:
                    faults[reader.fault.path] = reader.fault
        finally:
            with uninterrupted():
                pool.shutdown(cancel_futures=True)
        return [faults[path] for path in sorted(faults)]

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write one file from its pieces. Raises StorageFull, Unwritable."""
        digest = new_hash()

        def _hashed() -> Iterator[bytes]:
            for piece in pieces:
                digest.update(piece)
                yield piece

        self.sizes[name] = self._append(name, _hashed())
        self.sha256[name] = digest.hexdigest()

    def finish(self) -> None:
        """Write the zip's directory and wait until all is on disk. Raises StorageFull, Unwritable."""
        begin, count = self._end, len(self._places)
        with storing(self.path):
            os.lseek(self._descriptor, begin, os.SEEK_SET)
            for start in range(0, count, _AT_ONCE):
                data = b"".join(Picked(self._entries, self._places[start : start + _AT_ONCE]))
                write_all(self._descriptor, data)
                self._end += len(data)
            write_all(self._descriptor, end_records(count, self._end - begin, begin))
            os.fsync(self._descriptor)
        self._close()

    def place(self, final: Path) -> None:
        """Give the bundle its own name. Raises WouldOverwrite where it is taken meanwhile."""
        settle_for_good(self.path, final)

    def discard(self) -> None:
        """Remove whatever was written; does no harm after `place`."""
        self._close()
        self.path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _append(self, name: str, pieces: Iterable[bytes | bytearray | memoryview], foreseen: int = 0) -> int:
        """Write a file behind the others; return its size. Its header, which states size and CRC, is written last."""
        whole, size, crc = f"{self._prefix}{name}", 0, 0
        begin = ZipEntry(whole, foreseen, 0, self._end).begin
        with storing(self.path):
            os.lseek(self._descriptor, begin, os.SEEK_SET)
        for piece in pieces:
            with storing(self.path):
                write_all(self._descriptor, piece)
            crc = zlib.crc32(piece, crc)
            size += len(piece)
        entry = ZipEntry(whole, size, crc, self._end)
        with storing(self.path):
            if entry.begin > begin:  # only a file beyond 4 GiB of which that was not foreseen
                _move_up(self._descriptor, begin, size, entry.begin - begin)
            os.lseek(self._descriptor, self._end, os.SEEK_SET)
            write_all(self._descriptor, entry.local())
        self._places.append(self._entries.add(entry.central()))
        self._end = entry.begin + size
        return size


def _counted(
    pieces: Iterable[bytes | bytearray | memoryview], progress: ByteProgress
) -> Iterator[bytes | bytearray | memoryview]:
    for piece in pieces:
        yield piece
        progress.add(len(piece))


def _move_up(descriptor: int, begin: int, size: int, by: int) -> None:
    """Move `size` bytes from `begin` on further up, the last of them first. Raises OSError."""
    while size:
        count = min(size, CHUNK)
        size -= count
        piece = os.pread(descriptor, count, begin + size)
        os.lseek(descriptor, begin + size + by, os.SEEK_SET)
        write_all(descriptor, piece)


def _read_batch(batch: list[SealedFile]) -> list[tuple[SealedFileReader, bytes | bytearray | None]]:
    readers = [SealedFileReader(file) for file in batch]
    return [(reader, _held(reader) if reader.file.size <= _HELD else None) for reader in readers]


def _held(reader: SealedFileReader) -> bytearray:
    data = bytearray()
    for piece in reader.chunks():
        data += piece
    return data
