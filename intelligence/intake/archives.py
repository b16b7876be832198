"""Reading archives: zip, tar, and what is compressed alone. Run this in the sandbox."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import IO, BinaryIO

from hashing.case.facts import Fact
from hashing.times import time_text
from intelligence.intake.pieces import MOST_MEMBERS, PIECE, Budget, HeldFile, PastBounds, Piece, in_pieces, plain

# What the libraries raise for archives that are none, or are cut off.
_BROKEN = (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error, lzma.LZMAError, struct.error)
# How to open each form, by what it begins with.
_COMPRESSED: dict[bytes, Callable[[BinaryIO], io.BufferedIOBase | IO[bytes]]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ": lzma.LZMAFile,
}
_LONGEST_BEGINNING = max(map(len, _COMPRESSED))
# APPNOTE 4.4.4: bit 0 of the flags.
_ENCRYPTED = 1
_END, _END_64 = b"PK\5\6", b"PK\6\6"
# APPNOTE 4.3.16: the end record has 22 bytes and a comment of at most 65,535.
_LONGEST_END = (1 << 16) + 22


def zip_pieces(file: BinaryIO, size: int) -> Iterator[Piece]:
    """Yield what a zip holds, in the order of its list. Passwords are not asked for."""
    try:
        # Asked of the end record before zipfile reads the list: it builds an object for each entry, in memory.
        if (listed := _entries(file, size)) > MOST_MEMBERS:
            raise PastBounds(f"it lists {listed:,} files, more than {MOST_MEMBERS:,}: none is taken out of it")
        with zipfile.ZipFile(file) as archive:
            budget = Budget(size)
            for entry in archive.infolist():
                budget.member()
                yield from _zip_member(archive, entry, budget)
    except PastBounds as error:
        yield Piece(failed=str(error))
    except (zipfile.BadZipFile, *_BROKEN) as error:
        yield Piece(failed=f"not a zip that can be read to its end: {plain(str(error))[:200]}")


def _entries(file: BinaryIO, size: int) -> int:
    """Return how many files the end of a zip says that it lists, before a list of any length is read."""
    file.seek(max(size - _LONGEST_END, 0))
    end = file.read(_LONGEST_END)
    place, place_64 = end.rfind(_END), end.rfind(_END_64)
    file.seek(0)
    if place_64 >= 0 and len(end) >= place_64 + 40:
        return int.from_bytes(end[place_64 + 32 : place_64 + 40], "little")
    return int.from_bytes(end[place + 10 : place + 12], "little") if place >= 0 else 0


def _zip_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget) -> Iterator[Piece]:
    name, mode = plain(entry.filename), entry.external_attr >> 16
    if entry.is_dir():
        return
    if stat.S_ISLNK(mode):
        yield Piece(skipped="a link, which is not followed", name=name)
        return
    if entry.flag_bits & _ENCRYPTED:
        yield Piece(failed="encrypted: without its password it cannot be read; the archive is kept whole", name=name)
        return
    # A zip's times are those of the clock on the wall of whoever packed it (MS-DOS form): no zone is made up.
    year, month, day, hour, minute, second = entry.date_time
    time = f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}, zone not stated"
    try:
        with archive.open(entry) as opened:
            yield from in_pieces(HeldFile(name=name, facts=_file_facts(name, time, "zip")), _read(opened, budget))
    except (zipfile.BadZipFile, *_BROKEN) as error:
        yield Piece(failed=f"cannot be read to its end: {plain(str(error))[:200]}", name=name)


def tar_pieces(file: BinaryIO, size: int, name: str) -> Iterator[Piece]:
    """Yield what a tar holds, compressed or not, in its order; of another compressed file the one that it is."""
    budget, empty = Budget(size), True
    try:
        # As a stream: entries in their order, each once, without an index that a hostile archive could make endless. It
        # is compressed or not, as its bytes tell.
        with tarfile.open(fileobj=file, mode="r|*", errors="surrogateescape") as archive:
            for entry in archive:
                empty = False
                budget.member()
                yield from _tar_member(archive, entry, budget)
                archive.members = []  # type: ignore[attr-defined]  # else it remembers each; typeshed does not know it
    except PastBounds as error:
        yield Piece(failed=str(error))
    except (tarfile.TarError, *_BROKEN) as error:
        # What is compressed and holds no tar is one compressed file.
        if isinstance(error, tarfile.ReadError) and file.seekable():
            file.seek(0)
            yield from _compressed(file, name, budget)
            return
        yield Piece(failed=f"not a tar that can be read to its end: {plain(str(error))[:200]}")
        return
    if empty:  # as is a disk's image, which begins with zeros
        file.seek(0)
        packed = file.read(_LONGEST_BEGINNING).startswith(tuple(_COMPRESSED))
        file.seek(0)
        yield from _compressed(file, name, budget) if packed else ()


def _tar_member(archive: tarfile.TarFile, entry: tarfile.TarInfo, budget: Budget) -> Iterator[Piece]:
    name = plain(entry.name)
    if entry.isdir():
        return
    if entry.issym() or entry.islnk():
        yield Piece(skipped=f"a link to {plain(entry.linkname)[:200]!r}, which is not followed", name=name)
        return
    opened = archive.extractfile(entry) if entry.isfile() else None
    if opened is None:
        yield Piece(skipped="a device or a pipe, and no file", name=name)
        return
    try:
        time = time_text(datetime.fromtimestamp(entry.mtime, UTC))
    except (ValueError, OverflowError, OSError):
        time = ""
    yield from in_pieces(HeldFile(name=name, facts=_file_facts(name, time, "tar")), _read(opened, budget))


def _compressed(file: BinaryIO, name: str, budget: Budget) -> Iterator[Piece]:
    """Yield the one file that a compressed file is."""
    head = file.read(6)
    file.seek(0)
    form = next((each for beginning, each in _COMPRESSED.items() if head.startswith(beginning)), None)
    if form is None:
        yield Piece(failed="not a tar that can be read")
        return
    inner = name.rpartition("/")[2].rpartition(".")[0] or "unpacked"
    try:
        with form(file) as opened:
            yield from in_pieces(HeldFile(name=inner), _read(opened, budget))
    except PastBounds as error:
        yield Piece(failed=str(error))
    except _BROKEN as error:
        yield Piece(failed=f"cannot be read to its end: {plain(str(error))[:200]}", name=inner)


def _read(opened: io.BufferedIOBase | IO[bytes], budget: Budget) -> Iterator[bytes]:
    while data := opened.read(PIECE):
        yield budget.charge(data)


def _file_facts(name: str, time: str, form: str) -> tuple[Fact, ...]:
    """Return what an archive claims of a file: its time, and whether its name leads out of the archive."""
    facts = [Fact("file time", time, form)] if time else []
    if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or name[1:2] == ":":
        facts.append(Fact("name leads out of the archive", name, form))
    return tuple(facts)
