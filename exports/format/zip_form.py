"""The one form of zip that goldenhour writes and reads (PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5).

1. For each file a local header, and then the file's bytes as they are (method 0: stored).
2. For each file, in the same order, its entry in the central directory.
3. The record that ends a zip; before it the two records of ZIP64, where a number is too large for it.

Nothing stands between these, before or behind them. Whatever else a header can hold (time, mode, flags, comment, extra
field) has one fixed value, so that all bytes but the files' own follow from the names, sizes, CRCs and the order of the
files. A reader that works them out again, and finds the same bytes, knows that every program unpacks the same files.
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from exports.errors import NotCheckable
from exports.format.budget import NameBudget
from hashing.printable import printable

# APPNOTE 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (end), 4.3.14 and 4.3.15 (ZIP64 end and its locator),
# 4.5.3 (ZIP64 extra field).
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_SIZES64 = struct.Struct("<2H2Q")
_FULL = 0xFFFFFFFF  # In a field of four bytes: the number stands in the ZIP64 extra field, or in the ZIP64 end record.
_FULL_COUNT = 0xFFFF
_ZIP64 = 1  # The id of the ZIP64 extra field.
# APPNOTE 4.4.3: 2.0 unpacks folders and plain files, 4.5 ZIP64. 4.4.2: the upper byte 3 is Unix, so that modes count.
_VERSION, _VERSION64 = 20, 45
_UNIX = 3 << 8
# APPNOTE 4.4.4, bit 11: the name is UTF-8; without it every program guesses another encoding.
_UTF8 = 1 << 11
# 1980-01-01 00:00:00, where the time of a zip begins: nothing is stated that nobody signed.
_TIME, _DATE = 0, 1 << 5 | 1
_MODE = (stat.S_IFREG | 0o400) << 16
# Bytes. APPNOTE allows 65,535; the longest path of a system has 4,096.
_LONGEST_NAME = 1 << 12
_MOST_ENTRIES = 20_000_000
_HINT = "ask for the zip as goldenhour wrote it; or unpack it with another program, and verify the folder"


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """A file in a zip: its whole name, its size in bytes, its CRC-32, and the offset of its local header."""

    name: str
    size: int
    crc: int
    offset: int

    def local(self) -> bytes:
        """Write the local header."""
        name, full = self.name.encode(), self.size >= _FULL
        size = _FULL if full else self.size
        extra = _SIZES64.pack(_ZIP64, 16, self.size, self.size) if full else b""
        common = (self._version(), _UTF8, 0, _TIME, _DATE, self.crc, size, size, len(name), len(extra))
        return _LOCAL.pack(b"PK\x03\x04", *common) + name + extra

    def central(self) -> bytes:
        """Write the entry in the central directory."""
        name, full, far = self.name.encode(), self.size >= _FULL, self.offset >= _FULL
        size = _FULL if full else self.size
        numbers = [*([self.size, self.size] if full else []), *([self.offset] if far else [])]
        extra = struct.pack(f"<2H{len(numbers)}Q", _ZIP64, 8 * len(numbers), *numbers) if numbers else b""
        version = self._version()
        common = (version, _UTF8, 0, _TIME, _DATE, self.crc, size, size, len(name), len(extra), 0, 0, 0, _MODE)
        return _CENTRAL.pack(b"PK\x01\x02", _UNIX | version, *common, min(self.offset, _FULL)) + name + extra

    @property
    def begin(self) -> int:
        """The offset of the file's first byte."""
        return self.offset + len(self.local())

    def _version(self) -> int:
        return _VERSION64 if max(self.size, self.offset) >= _FULL else _VERSION


def end_records(count: int, size: int, offset: int) -> bytes:
    """Write what ends a zip whose central directory has `count` entries in `size` bytes at `offset`."""
    small = min(count, _FULL_COUNT)
    end = _END.pack(b"PK\x05\x06", 0, 0, small, small, min(size, _FULL), min(offset, _FULL), 0)
    if count < _FULL_COUNT and max(size, offset) < _FULL:
        return end
    rest = _END64.size - 12
    end64 = _END64.pack(b"PK\x06\x06", rest, _UNIX | _VERSION64, _VERSION64, 0, 0, count, count, size, offset)
    return end64 + _LOCATOR.pack(b"PK\x06\x07", 0, offset + size, 1) + end


def read_entries(file: BinaryIO) -> Iterator[ZipEntry]:
    """Yield the files of a zip that is in this form to the last byte, in their order. Their names may be any text.

    It is known to be in this form when all were taken.

    Raises NotCheckable for every other zip, and for what is none; OSError.
    """
    length = file.seek(0, os.SEEK_END)
    # 1. The end: the record must be, byte for byte, the one that follows from the numbers in it, and nothing may stand
    # behind it. Programs search for it from behind, and one that finds another one unpacks other files.
    count, size, begin = _directory(file, length)
    if begin + size > length or count > min(_MOST_ENTRIES, size // _CENTRAL.size):
        raise NotCheckable("a zip whose end is damaged", hint=_HINT)
    file.seek(begin + size)
    if file.read(length - begin - size) != end_records(count, size, begin):
        raise _foreign("its end")
    # 2. The central directory: the files one after the other without a gap, the first at offset 0. A gap could hold a
    # file that only some programs see.
    file.seek(begin)
    offset, left, budget = 0, size, NameBudget()
    for _ in range(count):
        entry, taken = _entry(file, left)
        left -= taken
        if entry.offset != offset:
            raise _foreign(f"{printable(entry.name, 200)} stands in another place")
        offset = entry.begin + entry.size
        budget.charge(entry.name)
        # Its local header: some programs unpack by these, some by the directory, so both must say the same.
        header = entry.local()
        if os.pread(file.fileno(), len(header), entry.offset) != header:
            raise _foreign(f"the header of {printable(entry.name, 200)}")
        yield entry
    if left or offset != begin:
        raise _foreign("its list of files")


def _directory(file: BinaryIO, length: int) -> tuple[int, int, int]:
    """Return number of entries, size and offset of the central directory. Raises NotCheckable."""
    # A comment may stand behind the end record; ours have none, so it is looked for at one place only.
    tail = _tail(file, length, _END.size)
    if not tail.startswith(b"PK\x05\x06"):
        file.seek(0)
        if file.read(2) != b"PK":
            raise NotCheckable("not a case, a capture or a bundle")
        end = _tail(file, length, _END.size + 0xFFFF)
        if b"PK\x05\x06" in end:
            raise _foreign("its end")
        raise NotCheckable(
            "a zip whose end is missing or damaged", hint="copy it anew: it may have arrived in part only"
        )
    _, _, _, _, count, size, offset, _ = _END.unpack(tail)
    tail = _tail(file, length, _END64.size + _LOCATOR.size + _END.size)
    # APPNOTE 4.4.1.4: a field that is full sends the reader to the ZIP64 record.
    if _FULL in {size, offset} or count == _FULL_COUNT:
        if not tail.startswith(b"PK\x06\x06"):
            raise _foreign("its end")
        *_, count, size, offset = _END64.unpack(tail[: _END64.size])
    return count, size, offset


def _tail(file: BinaryIO, length: int, count: int) -> bytes:
    file.seek(max(length - count, 0))
    return file.read(count)


def _entry(file: BinaryIO, left: int) -> tuple[ZipEntry, int]:
    """Read an entry of the central directory; return it, and how many bytes it takes. Raises NotCheckable."""
    # 1. The fixed part tells how long the rest is; nothing is read beyond the list, whatever it tells.
    fixed = file.read(min(_CENTRAL.size, left))
    if len(fixed) < _CENTRAL.size:
        raise _foreign("its list of files")
    *_, crc, _, size, name_length, extra_length, _, _, _, _, offset = _CENTRAL.unpack(fixed)
    if name_length > _LONGEST_NAME or extra_length > _SIZES64.size + 8 or name_length + extra_length > left:
        raise _foreign("its list of files")
    raw, extra = file.read(name_length), file.read(extra_length)
    name = raw.decode("utf-8", "backslashreplace")
    # 2. ZIP64 (APPNOTE.TXT, section 4.5.3): size, packed size and offset, each only where its field holds 0xFFFFFFFF,
    # in this order.
    numbers = [number for (number,) in struct.iter_unpack("<Q", extra[4:])] if len(extra) % 8 == 4 else []  # noqa: PLR2004 - a header of 4 bytes, then numbers of 8
    try:
        if size == _FULL:
            size, _ = numbers.pop(0), numbers.pop(0)
        if offset == _FULL:
            offset = numbers.pop(0)
    except IndexError:
        raise _foreign(f"the entry of {printable(name, 200)}") from None
    entry = ZipEntry(name, size, crc, offset)
    # 3. Written anew it must be the same bytes: no second spelling of an entry is let in, by which two programs could
    # read two different files out of one zip.
    if entry.central() != fixed + raw + extra:
        raise _foreign(f"the entry of {printable(name, 200)}")
    return entry, len(fixed) + len(raw) + len(extra)


def _foreign(what: str) -> NotCheckable:
    return NotCheckable(f"not a zip in the form that goldenhour writes ({what})", hint=_HINT)
