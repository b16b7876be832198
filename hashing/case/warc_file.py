"""The exchange files of one capture: records are appended, and a file that has grown large is followed by another."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hashing.case.events import WarcClosed
from hashing.files.digest import new_hash
from hashing.files.storage import create, read_error, storing, sync_folder, write_all
from hashing.times import timestamp
from hashing.warc.record import check_records

if TYPE_CHECKING:
    from pathlib import Path

    from hashing.times import Clock

LARGEST = 1 << 30
"""Bytes after which the next record goes into a new file: 1 GiB, as the WARC guidelines advise."""


def warc_name(number: int) -> str:
    """Return the name of the capture's exchange file with this number."""
    return f"exchanges-{number:05d}.warc.gz"


class WarcFile:
    """Where a capture's records go. Not safe for several threads: one writes."""

    def __init__(self, folder: Path, largest: int = LARGEST) -> None:
        self._folder = folder
        self._largest = largest
        self._names = sorted(path.name for path in folder.glob("exchanges-*.warc.gz"))
        self._descriptor = -1
        self._length = 0

    @property
    def name(self) -> str:
        """The file into which the next record goes."""
        if self._descriptor < 0 or self._length >= self._largest:
            return warc_name(len(self._names) + 1)
        return self._names[-1]

    def append(self, record: bytes) -> tuple[str, int]:
        """Add a record; return the file's name and the record's offset. Call `sync` before speaking of it.

        A record that does not fit on the disk leaves no half of itself behind. Raises StorageFull, Unwritable.
        """
        if self._descriptor < 0 or self._length >= self._largest:
            self._begin_next()
        offset = self._length
        try:
            with storing(self._folder / self._names[-1]):
                write_all(self._descriptor, record)
        except BaseException:
            os.ftruncate(self._descriptor, offset)
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            raise
        self._length += len(record)
        return self._names[-1], offset

    def sync(self) -> None:
        """Wait until every record is on disk."""
        if self._descriptor >= 0:
            with storing(self._folder / self._names[-1]):
                os.fsync(self._descriptor)

    def cut(self, name: str, length: int) -> int:
        """Cut a file back to `length` bytes, the end of its last announced record; return how many went."""
        path = self._folder / name
        with storing(path):
            size = path.stat().st_size
            if size > length:
                os.truncate(path, length)
        return max(size - length, 0)

    def finish(self, clock: Clock) -> list[WarcClosed]:
        """Close the files, make them read-only, and read each back: its hash, and every record in it.

        Raises BadFormat where what is on disk is not what was written.
        """
        self.sync()
        self.close()
        return [self._closed(name, clock) for name in self._names]

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _begin_next(self) -> None:
        self.sync()
        self.close()
        name = warc_name(len(self._names) + 1)
        self._descriptor = create(self._folder / name)
        self._names.append(name)
        self._length = 0
        sync_folder(self._folder)

    def _closed(self, name: str, clock: Clock) -> WarcClosed:
        path = self._folder / name
        try:
            path.chmod(0o400)
            with path.open("rb") as file:
                digest = new_hash()
                while piece := file.read(1 << 20):
                    digest.update(piece)
                file.seek(0)
                records = check_records(file)
        except OSError as error:
            raise read_error(path, error) from error
        moment = timestamp(clock())
        return WarcClosed(time=moment, path=name, size=digest.size, sha256=digest.hexdigest(), records=records)
