"""The exchange files of one capture: records are appended, and a file that has grown large is followed by another."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from hashing.case.events import WarcClosed
from hashing.errors import BadFormat, NotAsSigned
from hashing.files import inside
from hashing.files.digest import Hasher, new_hash
from hashing.files.storage import (
    OWNER_READS,
    create,
    read_error,
    reading,
    removed_on_failure,
    storing,
    sync_file,
    sync_folder,
    write_all,
)
from hashing.ledger.marks import Grown
from hashing.times import Clock, time_text
from hashing.warc.record import check_records

LARGEST = 1 << 30  # Bytes after which the next record goes into a new file: 1 GiB, as the WARC guidelines advise.
_PIECE = 1 << 20


def warc_name(number: int) -> str:
    """Return the name of the capture's exchange file with this number."""
    return f"exchanges-{number:05d}.warc.gz"


def is_warc_name(name: str) -> bool:
    """Say whether an exchange file may have this name."""
    number = name.removeprefix("exchanges-").removesuffix(".warc.gz")
    return number.isascii() and number.isdigit() and name == warc_name(int(number))


class WarcFile:
    """Where a capture's records go. Not safe for several threads: one writes.

    `root` is the case's folder; `grown` says what a process that died had written, by name.
    """

    def __init__(
        self,
        folder: Path,
        largest: int = LARGEST,
        *,
        root: Path | None = None,
        grown: Mapping[str, Grown] | None = None,
    ) -> None:
        self._folder = folder
        self._root = root
        self._largest = largest
        self._grown = dict(grown or {})
        # Records in each file; -1 where a process that died wrote some of them.
        self._counts = dict.fromkeys(self._grown, -1)
        self._current = ""
        self._descriptor = -1
        self._digest: Hasher | None = None

    @property
    def name(self) -> str:
        """The file into which the next record goes."""
        return self._current if self._has_room() else warc_name(len(self._grown) + 1)

    def grown(self) -> dict[str, Grown]:
        """Return how far each file was written, and the digest of that."""
        if self._digest is not None:
            self._grown[self._current] = Grown(size=self._digest.size, sha256=self._digest.hexdigest())
        return dict(self._grown)

    def append(self, record: bytes) -> tuple[str, int]:
        """Add a record; return the file's name and the record's offset. Call `sync` before speaking of it.

        A record that does not fit on the disk leaves no half of itself behind. Raises StorageFull, Unwritable.
        """
        if not self._has_room() or self._digest is None:
            self._digest = self._begin_next()
        # The offset is what was written, not where the file ends: a failed write is cut back to it.
        offset = self._digest.size
        try:
            with storing(self._folder / self._current):
                write_all(self._descriptor, record)
        except BaseException:
            os.ftruncate(self._descriptor, offset)
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            raise
        self._digest.update(record)
        self._counts[self._current] += 1
        return self._current, offset

    def sync(self) -> None:
        """Wait until every record is on disk."""
        if self._descriptor >= 0:
            with storing(self._folder / self._current):
                os.fsync(self._descriptor)

    def cut_back(self) -> list[str]:
        """Cut what a process that died has left back to what it had stated; return a sentence for each change.

        A file that was never stated goes whole. What is cut off belongs to exchanges that no line speaks of, and they
        are written anew. Raises NotAsSigned where what was stated is not there any more, Unreadable, Unwritable.
        """
        changes = []
        for name in filter(is_warc_name, inside.names(self._folder, self._root)):
            if name in self._grown:
                cut = self._cut(name, self._grown[name])
            else:
                with storing(self._folder / name):
                    cut = inside.size(self._folder / name, self._root)
                    inside.unlink(self._folder / name, self._root)
            if cut:
                changes.append(f"{name}: {cut} bytes that no line speaks of were cut off and written anew")
        for name in self._grown:
            if not inside.is_file(self._folder / name, self._root):
                raise NotAsSigned(f"{self._folder / name}: missing, and exchanges were recorded in it")
        return changes

    def finish(self, clock: Clock) -> list[WarcClosed]:
        """Close the files, make them read-only and lasting, and read each back: it has the hash of what was written.

        Of a file that a process that died has begun, every record is read. Raises BadFormat where what is on disk is
        not what was written.
        """
        self.close()
        return [self._closed(name, self._grown[name], clock) for name in sorted(self._grown)]

    def close(self) -> None:
        """Let go of the file."""
        self._grown = self.grown()
        self._digest, self._current = None, ""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _has_room(self) -> bool:
        return self._digest is not None and self._digest.size < self._largest

    def _begin_next(self) -> Hasher:
        # The full file is on disk before the next one has a name: a reader that meets the second relies on the first.
        self.sync()
        self.close()
        name = warc_name(len(self._grown) + 1)
        descriptor = create(self._folder / name, root=self._root)
        try:
            with removed_on_failure(self._folder / name, self._root):
                sync_folder(self._folder, root=self._root)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor, self._current, self._counts[name] = descriptor, name, 0
        return new_hash()

    def _cut(self, name: str, stated: Grown) -> int:
        path = self._folder / name
        with storing(path):
            descriptor = inside.open_file(path, os.O_RDONLY, self._root, alone=True)
        with reading(path), open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor
            digest, left = new_hash(), stated.size
            while left and (piece := file.read(min(left, _PIECE))):
                digest.update(piece)
                left -= len(piece)
            size = os.fstat(file.fileno()).st_size
        # Whatever stands before the cut must be what was stated: cutting an altered file would seal the alteration.
        if (digest.size, digest.hexdigest()) != (stated.size, stated.sha256):
            raise NotAsSigned(f"{path}: altered: not the exchanges that were recorded in it")
        if size > stated.size:
            # Read-only already where the process died while it closed the files.
            with storing(path):
                inside.set_mode(path, 0o600, self._root)
                writing = inside.open_file(path, os.O_WRONLY, self._root, alone=True)
                try:
                    os.ftruncate(writing, stated.size)
                finally:
                    os.close(writing)
        return size - stated.size

    def _closed(self, name: str, grown: Grown, clock: Clock) -> WarcClosed:
        path = self._folder / name
        sync_file(path, root=self._root)  # what a recovery has cut off does not come back either
        try:
            inside.set_mode(path, OWNER_READS, self._root)
            with open(inside.open_file(path, root=self._root), "rb") as file:  # noqa: PTH123 - a descriptor
                digest = new_hash()
                # Read back from the disk, not believed from memory: this is the last moment at which a failing disk can
                # be noticed before the seal.
                while piece := file.read(_PIECE):
                    digest.update(piece)
                file.seek(0)
                records = check_records(file) if self._counts[name] < 0 else self._counts[name]
        except OSError as error:
            raise read_error(path, error) from error
        if (digest.size, digest.hexdigest()) != (grown.size, grown.sha256):
            raise BadFormat(f"{path}: what is on disk is not what was written: the disk may be failing")
        moment = time_text(clock())
        return WarcClosed(time=moment, path=name, size=digest.size, sha256=digest.hexdigest(), records=records)
