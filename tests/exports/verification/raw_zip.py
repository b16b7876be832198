"""Zips written field by field, as somebody writes them who wants readers to disagree (PKWARE APPNOTE 4.3)."""

from __future__ import annotations

import stat
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(slots=True)
class Raw:
    """One file, and whatever its two headers state; without more, as goldenhour states it.

    What begins with `local_` stands in the header before the file, where it is not None; the rest in the directory.
    """

    name: bytes
    data: bytes
    made: int = 0x0314
    version: int = 20
    flags: int = 0x800
    method: int = 0
    time: int = 0
    date: int = 0x21
    crc: int | None = None
    packed: bytes | None = None
    size: int | None = None
    extra: bytes = b""
    comment: bytes = b""
    internal: int = 0
    mode: int = (stat.S_IFREG | 0o400) << 16
    behind: bytes = b""
    local_name: bytes | None = None
    local_version: int | None = None
    local_flags: int | None = None
    local_method: int | None = None
    local_time: int | None = None
    local_date: int | None = None
    local_crc: int | None = None
    local_size: int | None = None
    local_packed_size: int | None = None
    local_extra: bytes = b""

    def local(self) -> bytes:
        """Write the local header, the file and what is to stand behind it."""
        name = self.name if self.local_name is None else self.local_name
        packed = self.data if self.packed is None else self.packed
        fields = (
            _either(self.local_version, self.version),
            _either(self.local_flags, self.flags),
            _either(self.local_method, self.method),
            _either(self.local_time, self.time),
            _either(self.local_date, self.date),
            _either(self.local_crc, self._crc()),
            _either(self.local_packed_size, len(packed)),
            _either(self.local_size, _either(self.size, len(self.data))),
        )
        head = struct.pack("<4s5H3L2H", b"PK\x03\x04", *fields, len(name), len(self.local_extra))
        return head + name + self.local_extra + packed + self.behind

    def central(self, offset: int) -> bytes:
        """Write the entry in the central directory."""
        packed = self.data if self.packed is None else self.packed
        sizes = (len(packed), _either(self.size, len(self.data)), len(self.name), len(self.extra), len(self.comment))
        fields = (self.made, self.version, self.flags, self.method, self.time, self.date, self._crc(), *sizes)
        head = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *fields, 0, self.internal, self.mode, offset)
        return head + self.name + self.extra + self.comment

    def _crc(self) -> int:
        return crc32(self.data) if self.crc is None else self.crc


def _either(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


def write_raw(entries: Iterable[Raw], *, before: bytes = b"", comment: bytes = b"", behind: bytes = b"") -> bytes:
    """Write a zip of these files; what stands before and behind it is a part of no zip."""
    out, directory, count = bytearray(before), bytearray(), 0
    for entry in entries:
        directory += entry.central(len(out))
        out += entry.local()
        count += 1
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(out), len(comment))
    return bytes(out + directory) + end + comment + behind


def raw_entries(files: Mapping[str, bytes]) -> list[Raw]:
    """Return files as goldenhour writes them, to be changed."""
    return [Raw(name.encode(), data) for name, data in files.items()]


def unicode_path(of: bytes, shown: bytes) -> bytes:
    """Return Info-ZIP's extra field that gives another name to a file (id 0x7075)."""
    data = struct.pack("<BL", 1, crc32(of)) + shown
    return struct.pack("<HH", 0x7075, len(data)) + data
