"""A zip of goldenhour's, to be verified without unpacking it."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from exports.errors import NotCheckable
from exports.format.lookup import Lookup
from exports.format.section import FileSection
from exports.format.tree import FILE, WACZ_MARKS, FileReading, T, demand_inside, refusal
from exports.format.zip_form import ZipEntry, read_entries
from hashing.files.digest import new_hash
from hashing.printable import printable

_PIECE = 1 << 20
# Files and bytes that a thread is handed at once: handing over costs more than hashing a small file.
_BATCH_FILES = 200
_PLACED = struct.Struct("<QLQ")  # Of an entry: size, CRC and offset.
_MOST_TOPS = 100  # Names at the top that are looked at: a WACZ has five.
_BATCH_BYTES = 8 << 20
_OF_MACOS = b"__MACOSX/"


class ZipTree:
    """A zip that holds everything in one top folder, or a WACZ, which has none. Nothing is unpacked to disk.

    `top` is the name of that folder, or "". Raises NotCheckable, also for a zip in another form than goldenhour's.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise NotCheckable(f"{path}: {refusal(error)}") from error
        try:
            self._entries = Lookup[str, bytes](str)
            self.top = self._read_entries()
        except NotCheckable as error:
            # Archive Utility packs anew, with folders and attributes of its own: the officer needs to hear that it was
            # this, not that the evidence is damaged.
            by_macos = self._is_by_macos()
            self._file.close()
            raise NotCheckable(f"{path}: {by_macos or error}", hint=error.hint) from error
        except OSError as error:
            self._file.close()
            raise NotCheckable(f"{path}: {refusal(error)}") from error

    def _is_by_macos(self) -> str:
        """Say that macOS packed the zip, where the list of files at its end shows so; "" where it does not."""
        try:
            self._file.seek(0)
            is_zip = self._file.read(2) == b"PK"
            self._file.seek(max(self._file.seek(0, os.SEEK_END) - _PIECE, 0))
            found = is_zip and _OF_MACOS in self._file.read(_PIECE)
        except OSError:
            return ""
        return "macOS has packed it anew and put __MACOSX beside the bundle" if found else ""

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def kinds(self) -> Lookup[str, str]:
        """Return every path that is not a folder, with what it is."""
        kinds = Lookup[str, str](str)
        for name in self._entries:
            kinds[name[len(self._prefix) :]] = FILE
        return kinds

    def empty_folders(self) -> Collection[str]:
        """Return nothing: goldenhour writes no entry for a folder."""
        return ()

    def open(self, name: str) -> BinaryIO:
        """Open a file. Raises NotCheckable."""
        return io.BufferedReader(self._section(self._entry(name)), _PIECE >> 4)

    def begin(self, wanted: Callable[[str], bool]) -> None:
        """Begin nothing: what is in a zip is read by threads alone."""

    def beside(self, work: Callable[[], T], kind: type[T], size: int) -> Callable[[], T]:  # noqa: ARG002 - as of a folder
        """Do the work at once, as all but hashing."""
        result = work()
        return lambda: result

    def size(self, name: str) -> int:
        """Return how many bytes a file has. Raises NotCheckable."""
        return self._entry(name).size

    def hash(self, progress: Callable[[int], None]) -> Iterator[FileReading]:
        """Hash all files in the order of their names, several at a time."""
        workers = min(os.cpu_count() or 1, 8)
        waiting: deque[Future[list[FileReading]]] = deque()
        with ThreadPoolExecutor(workers) as pool:
            for batch in self._batches():
                waiting.append(pool.submit(self._read_batch, batch))
                # Results are taken in order, and no more is begun than is soon taken.
                if len(waiting) > 2 * workers:
                    yield from _with_progress(waiting.popleft().result(), progress)
            while waiting:
                yield from _with_progress(waiting.popleft().result(), progress)

    def _batches(self) -> Iterator[list[tuple[str, ZipEntry]]]:
        batch, held = list[tuple[str, ZipEntry]](), 0
        for name, placed in self._entries.pairs():
            entry = ZipEntry(name, *_PLACED.unpack(placed))
            batch.append((name[len(self._prefix) :], entry))
            held += entry.size
            if len(batch) == _BATCH_FILES or held > _BATCH_BYTES:
                yield batch
                batch, held = [], 0
        if batch:
            yield batch

    def _read_batch(self, entries: Sequence[tuple[str, ZipEntry]]) -> list[FileReading]:
        buffer = bytearray(_PIECE)
        return [self._read(name, entry, memoryview(buffer)) for name, entry in entries]

    def _read(self, name: str, entry: ZipEntry, buffer: memoryview) -> FileReading:
        digest, crc = new_hash(), 0
        file = self._section(entry)
        try:
            while count := file.readinto(buffer):
                digest.update(buffer[:count])
                crc = zlib.crc32(buffer[:count], crc)
        except OSError as error:
            return FileReading(name, reason=refusal(error))
        fault = "" if crc == entry.crc else "the zip states another CRC of it, so that some programs do not unpack it"
        return FileReading(name, digest.hexdigest(), digest.size, fault=fault)

    def _section(self, entry: ZipEntry) -> FileSection:
        return FileSection(self._file.fileno(), entry.begin, entry.size)

    def _entry(self, name: str) -> ZipEntry:
        placed = self._entries.get(f"{self._prefix}{name}")
        if placed is None:
            raise NotCheckable(f"{printable(name)}: not in the zip")
        return ZipEntry(f"{self._prefix}{name}", *_PLACED.unpack(placed))

    @property
    def _prefix(self) -> str:
        return f"{self.top}/" if self.top else ""

    def _read_entries(self) -> str:
        """Take in the entries by their names; return the name of the top folder, "" of a WACZ. Raises NotCheckable."""
        tops, count, beside = set[str](), 0, False
        for entry in read_entries(self._file):
            demand_inside(f"{entry.name}." if entry.name.endswith("/") else entry.name)  # a folder is no file
            # A few names of top folders say enough: with two it is no bundle already.
            top, slash, _ = entry.name.partition("/")
            tops |= {top} if len(tops) < _MOST_TOPS else set()
            beside, count = beside or not slash, count + 1
            self._entries[entry.name] = _PLACED.pack(entry.size, entry.crc, entry.offset)
        flat = bool(tops & WACZ_MARKS)
        if not flat and (len(tops) != 1 or beside):
            raise NotCheckable("not a bundle: everything in it would be in one folder")
        # Two entries of one name: which of them counts is for each program to choose, so the one verified need not be
        # the one seen.
        if len(self._entries) != count:
            raise NotCheckable("a zip that holds two files of one name")
        return "" if flat else next(iter(tops))


def _with_progress(reads: Sequence[FileReading], progress: Callable[[int], None]) -> Iterator[FileReading]:
    for read in reads:
        progress(read.size)
        yield read
