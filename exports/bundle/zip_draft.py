"""A bundle written as a zip file: nothing compressed again, one folder at the top, ZIP64 where it is needed."""

from __future__ import annotations

import os
import stat
import zipfile
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from exports.bundle.draft import WORKERS, batches
from exports.bundle.uninterrupted import uninterrupted
from exports.format.source import SourceReader
from hashing.files.digest import new_hash
from hashing.files.storage import create, settle, storing, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from exports.bundle.draft import ByteProgress
    from exports.format.source import Fault, SourceFile

_HELD = 4 << 20
"""Bytes up to which a file is read and hashed ahead of its turn; a larger one is streamed."""
_AHEAD = WORKERS + 2
_UNIX = 3
_EARLIEST = 1980


class ZipDraft:
    """A zip file in the making; its entries stand in the folder `top`, if any, and bear the time `moment`.

    Raises WouldOverwrite, Unwritable where it cannot be begun.
    """

    def __init__(self, path: Path, top: str, moment: datetime) -> None:
        self.path = path
        self.sha256: dict[str, str] = {}
        self.sizes: dict[str, int] = {}
        self._top = top
        self._moment = moment
        self._file = os.fdopen(create(path), "w+b")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_STORED)

    def copy(self, sources: Sequence[SourceFile], progress: ByteProgress) -> list[Fault]:
        """Copy files in; return every one that is not as recorded. Raises Unreadable, StorageFull, Unwritable."""
        faults: dict[str, Fault] = {}
        pool = ThreadPoolExecutor(WORKERS)
        try:
            for reader, data in _read_ahead(pool, sources):
                self._write(
                    reader.source.name, reader.source.size, reader.chunks() if data is None else [data], progress
                )
                self.sha256[reader.source.name] = reader.source.sha256
                if reader.fault is not None:
                    faults[reader.fault.path] = reader.fault
        finally:
            with uninterrupted():
                pool.shutdown(cancel_futures=True)
        return [faults[path] for path in sorted(faults)]

    def add(self, name: str, pieces: Iterable[bytes], most: int | None = None) -> None:
        """Write one file from its pieces; `most` is a number of bytes that it will not exceed, where one is known.

        Raises StorageFull, Unwritable.
        """
        digest, info = new_hash(), self._info(name)
        info.file_size = most or 0  # by this `zipfile` judges whether the head of the file has to be that of a ZIP64
        with storing(self.path), self._zip.open(info, "w", force_zip64=most is None) as entry:
            for piece in pieces:
                digest.update(piece)
                entry.write(piece)
        self.sha256[name], self.sizes[name] = digest.hexdigest(), digest.size

    def finish(self) -> None:
        """Write the zip's directory and wait until all is on disk. Raises StorageFull, Unwritable."""
        with storing(self.path):
            self._zip.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def place(self, final: Path) -> None:
        """Give the bundle its own name. Raises WouldOverwrite where it is taken meanwhile."""
        settle(self.path, final)
        sync_folder(final.parent)

    def discard(self) -> None:
        """Remove whatever was written; does no harm after `place`."""
        with suppress(OSError, ValueError):
            self._zip.fp = None  # so that no directory is written for what is thrown away
            self._file.close()
        self.path.unlink(missing_ok=True)

    def _write(
        self, name: str, size: int, pieces: Iterable[bytes | bytearray | memoryview], progress: ByteProgress
    ) -> None:
        info = self._info(name)
        info.file_size = size
        with storing(self.path), self._zip.open(info, "w") as entry:
            for piece in pieces:
                entry.write(piece)
                progress.add(len(piece))
        self.sizes[name] = size

    def _info(self, name: str) -> zipfile.ZipInfo:
        moment = self._moment
        date = (max(moment.year, _EARLIEST), moment.month, moment.day, moment.hour, moment.minute, moment.second)
        info = zipfile.ZipInfo(f"{self._top}/{name}" if self._top else name, date)
        info.create_system = _UNIX
        info.external_attr = (stat.S_IFREG | 0o400) << 16
        return info


def _read_ahead(
    pool: ThreadPoolExecutor, sources: Sequence[SourceFile]
) -> Iterator[tuple[SourceReader, bytes | bytearray | None]]:
    """Yield each file in order, small ones read already; never more than a few batches are held."""
    waiting: deque[Future[list[tuple[SourceReader, bytes | bytearray | None]]]] = deque()
    for batch in batches(sources):
        waiting.append(pool.submit(_read_batch, batch))
        if len(waiting) > _AHEAD:
            yield from waiting.popleft().result()
    while waiting:
        yield from waiting.popleft().result()


def _read_batch(batch: list[SourceFile]) -> list[tuple[SourceReader, bytes | bytearray | None]]:
    readers = [SourceReader(source) for source in batch]
    return [(reader, _held(reader) if reader.source.size <= _HELD else None) for reader in readers]


def _held(reader: SourceReader) -> bytearray:
    data = bytearray()
    for piece in reader.chunks():
        data += piece
    return data
